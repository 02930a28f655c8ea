"""What lies on the topics after a run, as plain values: events by user in the order of the log, vectors as written."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from aiokafka import AIOKafkaConsumer, TopicPartition

from resonance_contracts.features import WIDTH
from resonance_contracts.pb.resonance.v1.activity_pb2 import ActivityBatch
from resonance_contracts.pb.resonance.v1.features_pb2 import VectorBatch
from tests.support.topic_scan import Seen

UserKey = tuple[str, str]
"""Stream and pseudonym."""


class Event(NamedTuple):
    """One event as the gateway wrote it; times in microseconds since the epoch."""

    user: str
    source: str
    sequence: int
    kind: int
    time_us: int
    size: int
    channel: str
    address: str
    token: str
    error: bool
    received_us: int

    def same_as(self, other: Event) -> bool:
        """Whether it is the same but for when the gateway read it: a frame sent again is read again."""
        return self[:-1] == other[:-1]


class Batch(NamedTuple):
    """One record of activity."""

    stream: str
    origin: str
    watermark_us: int
    events: list[Event]


class Vector(NamedTuple):
    """One vector, with all that is said of it."""

    id: str
    user: UserKey
    ordinal: int
    start_us: int
    end_us: int
    values: tuple[float, ...]
    reason: int
    first_received_us: int
    last_received_us: int


@dataclass(slots=True)
class Activity:
    """All activity.

    Attributes:
        batches: Records by partition, in the order of the log.
        first: Every event by source and number, as it came first.
        repeats: How many events came again.
        different: Ids of events that came again with another content.
    """

    batches: dict[int, list[Batch]] = field(default_factory=lambda: defaultdict(list))
    first: dict[str, dict[int, Event]] = field(default_factory=lambda: defaultdict(dict))
    repeats: int = 0
    different: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, records: Iterable[Seen]) -> Activity:
        """From the records of the topic, in the order of each partition's log."""
        activity = cls()
        for record in records:
            batch = batch_of(record.value)
            activity.batches[record.partition].append(batch)
            for event in batch.events:
                activity._take(event)
        return activity

    @property
    def unique(self) -> int:
        """How many different events there are."""
        return sum(map(len, self.first.values()))

    def _take(self, event: Event) -> None:
        known = self.first[event.source].setdefault(event.sequence, event)
        if known is not event:
            self.repeats += 1
            if not event.same_as(known):
                self.different.append(f"{event.source} {event.sequence}")


@dataclass(slots=True)
class Vectors:
    """All vectors.

    Attributes:
        first: Every vector by id, as it came first.
        by_user: Vectors of each user, as they came first.
        repeats: How many vectors came again.
        different: Ids of vectors that came again with another content.
    """

    first: dict[str, Vector] = field(default_factory=dict)
    by_user: dict[UserKey, list[Vector]] = field(default_factory=lambda: defaultdict(list))
    repeats: int = 0
    different: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, values: Iterable[bytes]) -> Vectors:
        """From values of records in the order of each partition's log."""
        vectors = cls()
        for value in values:
            for vector in vectors_of(VectorBatch.FromString(value)):
                vectors._take(vector)
        return vectors

    def _take(self, vector: Vector) -> None:
        known = self.first.setdefault(vector.id, vector)
        if known is vector:
            self.by_user[vector.user].append(vector)
            return
        self.repeats += 1
        if known != vector:
            self.different.append(vector.id)


def batch_of(value: bytes) -> Batch:
    """A record of activity, its columns put together."""
    pb = ActivityBatch.FromString(value)
    n, names = len(pb.user), list(pb.strings)

    def numbers(column: Sequence[int]) -> Sequence[int]:
        return column if len(column) else [0] * n

    def texts(column: Sequence[int]) -> list[str]:
        return [names[i] for i in numbers(column)]

    rows = zip(
        texts(pb.user),
        texts(pb.source),
        numbers(pb.sequence),
        numbers(pb.kind),
        numbers(pb.time_us),
        numbers(pb.size),
        texts(pb.channel),
        texts(pb.address),
        texts(pb.token),
        [bool(error) for error in numbers(pb.error)],
        numbers(pb.received_us),
        strict=True,
    )
    return Batch(pb.stream, pb.origin, pb.watermark_us, [Event(*row) for row in rows])


def vectors_of(batch: VectorBatch) -> Iterator[Vector]:
    """The vectors of a record."""
    values = batch.values
    rows = zip(
        batch.vector_id,
        batch.user_key,
        batch.ordinal,
        batch.start_us,
        batch.end_us,
        batch.reason,
        batch.first_received_us,
        batch.last_received_us,
        strict=True,
    )
    for i, (id_, key, ordinal, start, end, reason, first, last) in enumerate(rows):
        row = tuple(values[i * WIDTH : (i + 1) * WIDTH])
        yield Vector(id_, (batch.stream, key), ordinal, start, end, row, reason, first, last)


async def dead_letters(topics: Iterable[str], bootstrap: str) -> list[str]:
    """Why records lie on topics of dead letters, which have one partition: a sentence for each record."""
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, fetch_max_wait_ms=10)
    await consumer.start()
    try:
        places = [TopicPartition(topic, 0) for topic in topics]
        consumer.assign(places)
        await consumer.seek_to_beginning(*places)
        missing, reasons = sum((await consumer.end_offsets(places)).values()), list[str]()
        while len(reasons) < missing:
            for tp, records in (await consumer.getmany(timeout_ms=500)).items():
                reasons += [f"{tp.topic}: {_reason(dict(record.headers))}" for record in records]
        return reasons
    finally:
        await consumer.stop()


def _reason(headers: dict[str, bytes]) -> str:
    return ", ".join(f"{k} {v.decode()}" for k, v in headers.items() if k.startswith(("dlq_", "ce_source", "ce_id")))
