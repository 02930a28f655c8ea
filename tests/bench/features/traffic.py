"""The peers' events, as the gateway would have written them."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from resonance_contracts.shards import partition_of
from resonance_gateway.people.pseudonyms import Pseudonyms
from resonance_gateway.tracking.activity import LIVE_STREAM, Activity, Kind
from resonance_gateway.tracking.batching import columns

SECOND: Final = 1_000_000
START_US: Final = 1_700_000_000 * SECOND
BETWEEN_US: Final = 1000
ORIGIN: Final = "bench"


@dataclass(frozen=True, slots=True)
class Traffic:
    """What the peers' loader writes, message for message: the same users, sizes, channels, addresses, errors, times.

    Before the first message every user connects and logs in.

    Attributes:
        users: How many users there are.
        messages: How many messages they send, 1,000 a second of event time.
    """

    users: int
    messages: int

    def __iter__(self) -> Iterator[Activity]:
        pseudonyms = Pseudonyms("bench")
        people = [_Person.of(pseudonyms, number) for number in range(self.users)]
        addresses = [[pseudonyms.address(f"10.0.{net}.{host}") for host in range(256)] for net in range(4)]
        for number, person in enumerate(people):
            yield from person.session(START_US - self.users + number)
        # The same calls in the same order as the loader's, from the same seed.
        rng = random.Random(0)
        for i in range(self.messages):
            person = people[rng.randrange(self.users)]
            size, channel = rng.randrange(20, 2000), f"c{rng.randrange(8)}"
            address = addresses[rng.randrange(4)][rng.randrange(256)]
            yield person.message(START_US + i * BETWEEN_US, size, channel, address, rng.random() < 0.02)


@dataclass(slots=True)
class _Person:
    """A user with one connection and one token."""

    user_key: str
    connection: str
    token: str
    address: str
    sent: int = 0

    @classmethod
    def of(cls, pseudonyms: Pseudonyms, number: int) -> _Person:
        home = pseudonyms.address(f"10.1.{number // 256 % 256}.{number % 256}")
        token = pseudonyms.token(f"token{number}")
        return cls(pseudonyms.user(f"user{number}"), f"c_{number:024x}", token, home)

    def session(self, time_us: int) -> Iterator[Activity]:
        source = f"{self.connection}#session"
        for sequence, kind in enumerate((Kind.CONNECT, Kind.LOGIN), 1):
            yield Activity(
                self.user_key, source, sequence, time_us, kind, 0, "", self.address, self.token, False, time_us
            )

    def message(self, time_us: int, size: int, channel: str, address: str, error: bool) -> Activity:
        self.sent += 1
        return Activity(
            self.user_key, self.connection, self.sent, time_us, Kind.MESSAGE, size, channel, address, self.token,
            error, time_us,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Batch:
    """One record of activity.

    Attributes:
        partition: Partition it goes to.
        number: Position within the partition, from 0.
        messages: Messages in it; what opens sessions is not counted.
        watermark_us: Its watermark.
        value: The serialized ActivityBatch.
    """

    partition: int
    number: int
    messages: int
    watermark_us: int
    value: bytes

    @property
    def id(self) -> str:
        """CloudEvents id."""
        return f"bench-{self.partition}-{self.number}"


def batches(events: Iterable[Activity], partitions: int, size: int) -> Iterator[Batch]:
    """Cuts events into records of consecutive events of one partition.

    The last record of each partition is without events, a second later: it closes what users left open.

    Args:
        events: In the order of time.
        partitions: How many partitions there are.
        size: Events a record; the last ones have fewer.
    """
    cutter = _Cutter(partitions)
    places: dict[str, int] = {}
    waiting: list[list[Activity]] = [[] for _ in range(partitions)]
    last_us = 0
    for event in events:
        place = places.get(event.user_key)
        if place is None:
            place = places[event.user_key] = partition_of(event.user_key, partitions)
        waiting[place].append(event)
        last_us = event.time_us
        if len(waiting[place]) >= size:
            yield cutter.cut(place, waiting[place], last_us)
            waiting[place] = []
    for place, rest in enumerate(waiting):
        if rest:
            yield cutter.cut(place, rest, last_us)
        yield cutter.cut(place, [], last_us + SECOND)


class _Cutter:
    def __init__(self, partitions: int) -> None:
        self._numbers = [0] * partitions

    def cut(self, place: int, events: list[Activity], watermark_us: int) -> Batch:
        number, self._numbers[place] = self._numbers[place], self._numbers[place] + 1
        value = columns(ORIGIN, LIVE_STREAM, watermark_us, events).SerializeToString()
        return Batch(place, number, sum(e.kind == Kind.MESSAGE for e in events), watermark_us, value)
