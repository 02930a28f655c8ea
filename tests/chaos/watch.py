"""Watches vectors and predictions arrive while the run goes on: which are new, whose, and how old their events were."""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from math import inf
from time import time
from typing import ClassVar, Final, NamedTuple

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from resonance_contracts.pb.resonance.v1.detection_pb2 import PredictionBatch
from resonance_contracts.pb.resonance.v1.features_pb2 import VectorBatch
from resonance_contracts.topics import FEATURES_COMPUTED, PREDICTIONS_SCORED, Topic

SECOND_US: Final = 1_000_000
# Vectors of events that the gateway read longer ago than this are late.
FRESH_S: Final = 1.0


class Arrival(NamedTuple):
    """New vectors, or predictions, of one partition.

    Attributes:
        at: When they were read here, seconds since the epoch.
        worker: Which worker wrote them.
        age_s: Time since the gateway read the newest event that there are any of.
    """

    at: float
    worker: str
    age_s: float


@dataclass(slots=True)
class Watch:
    """Follows the vectors of all partitions.

    Attributes:
        arrivals: New vectors by partition, in order.
        watermarks: Newest watermark told, by stream and partition, microseconds since the epoch.
        new: How many were new.
        received_us: When the gateway read the newest event of each vector, by its id, microseconds since the epoch.
    """

    topic: ClassVar[Topic] = FEATURES_COMPUTED

    bootstrap: str
    partitions: int
    arrivals: dict[int, list[Arrival]] = field(default_factory=lambda: defaultdict(list))
    watermarks: dict[tuple[str, int], int] = field(default_factory=dict)
    new: int = 0
    received_us: dict[str, int] = field(default_factory=dict)
    _newest_us: dict[int, int] = field(default_factory=dict)
    _ordinals: dict[tuple[str, str], int] = field(default_factory=dict)

    async def follow(self) -> None:
        """Reads until cancelled."""
        consumer = AIOKafkaConsumer(bootstrap_servers=self.bootstrap, auto_offset_reset="earliest")
        await consumer.start()
        try:
            consumer.assign([TopicPartition(self.topic.name, p) for p in range(self.partitions)])
            while True:
                try:
                    batches = await consumer.getmany(timeout_ms=100, max_records=2000)
                except KafkaError:
                    await asyncio.sleep(0.1)
                    continue
                for tp, records in batches.items():
                    for record in records:
                        self._see(tp.partition, record.value, dict(record.headers))
        finally:
            await consumer.stop()

    def passed(self, stream: str, time_us: int) -> bool:
        """Whether every partition told a watermark of this stream that is at least this."""
        return all(self.watermarks.get((stream, p), 0) >= time_us for p in range(self.partitions))

    def owner(self, partition: int, at: float) -> str:
        """Which worker wrote the last new vectors of a partition before a time; "" for none."""
        return next((a.worker for a in reversed(self.arrivals[partition]) if a.at <= at), "")

    def owned(self) -> Counter[str]:
        """How many partitions each worker wrote last."""
        return Counter(self.owner(p, inf) for p in range(self.partitions))

    def silence_s(self, begin: float, end: float) -> float:
        """Longest time within this one in which one partition gave no new vectors."""
        return max((min(b.at, end) - max(a.at, begin) for a, b in self._pairs()), default=0.0)

    def late_until(self, begin: float, end: float) -> float | None:
        """When late vectors came for the last time within this time; None where none did."""
        late = (a.at for each in self.arrivals.values() for a in each if begin <= a.at < end and a.age_s > FRESH_S)
        return max(late, default=None)

    def first_after(self, partition: int, at: float) -> float | None:
        """When new vectors of a partition came first after a time."""
        return next((a.at for a in self.arrivals[partition] if a.at > at), None)

    def _pairs(self) -> Iterator[tuple[Arrival, Arrival]]:
        return (pair for each in self.arrivals.values() for pair in pairwise(each))

    def _see(self, partition: int, value: bytes, headers: dict[str, bytes]) -> None:
        batch = VectorBatch.FromString(value)
        place = (batch.stream, partition)
        self.watermarks[place] = max(batch.watermark_us, self.watermarks.get(place, 0))
        new = []
        for i, key in enumerate(batch.user_key):
            user = (batch.stream, key)
            if batch.ordinal[i] > self._ordinals.get(user, 0):
                self._ordinals[user] = batch.ordinal[i]
                self.received_us[batch.vector_id[i]] = batch.last_received_us[i]
                new.append(batch.last_received_us[i])
        self._note(partition, new, headers)

    def _note(self, partition: int, new: Sequence[int], headers: Mapping[str, bytes]) -> None:
        """Take in that there are new ones, of events that were read at these times."""
        if not new:
            return
        self.new += len(new)
        newest_us = self._newest_us[partition] = max(self._newest_us.get(partition, 0), *new)
        worker, now = headers.get("ce_source", b"").decode().rsplit("/", 1)[-1], time()
        self.arrivals[partition].append(Arrival(now, worker, now - newest_us / SECOND_US))


@dataclass(slots=True)
class PredictionWatch(Watch):
    """Follows the predictions of all partitions: one is new where its vector had none.

    Attributes:
        vectors: What watches the vectors.
    """

    topic: ClassVar[Topic] = PREDICTIONS_SCORED

    vectors: Watch = field(kw_only=True)
    _seen: set[str] = field(default_factory=set)

    def _see(self, partition: int, value: bytes, headers: dict[str, bytes]) -> None:
        new = [id_ for id_ in PredictionBatch.FromString(value).vector_id if id_ not in self._seen]
        self._seen.update(new)
        # A prediction may be seen before its vector.
        now_us = round(time() * SECOND_US)
        self._note(partition, [self.vectors.received_us.get(id_, now_us) for id_ in new], headers)
