"""Watches vectors arrive while the run goes on: which are new, whose they are, and how old their events were."""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from math import inf
from time import time
from typing import Final, NamedTuple

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from resonance_contracts.pb.resonance.v1.features_pb2 import VectorBatch
from resonance_contracts.topics import FEATURES_COMPUTED

SECOND_US: Final = 1_000_000
# Vectors of events that the gateway read longer ago than this are late.
FRESH_S: Final = 1.0


class Arrival(NamedTuple):
    """New vectors of one partition.

    Attributes:
        at: When they were read here, seconds since the epoch.
        worker: Which worker wrote them.
        age_s: Time since the gateway read the newest event that there are vectors of.
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
    """

    bootstrap: str
    partitions: int
    arrivals: dict[int, list[Arrival]] = field(default_factory=lambda: defaultdict(list))
    watermarks: dict[tuple[str, int], int] = field(default_factory=dict)
    new: int = 0
    _newest_us: dict[int, int] = field(default_factory=dict)
    _ordinals: dict[tuple[str, str], int] = field(default_factory=dict)

    async def follow(self) -> None:
        """Reads until cancelled."""
        consumer = AIOKafkaConsumer(bootstrap_servers=self.bootstrap, auto_offset_reset="earliest")
        await consumer.start()
        try:
            consumer.assign([TopicPartition(FEATURES_COMPUTED.name, p) for p in range(self.partitions)])
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
        batch, now = VectorBatch.FromString(value), time()
        place = (batch.stream, partition)
        self.watermarks[place] = max(batch.watermark_us, self.watermarks.get(place, 0))
        newest_us = self._newest_us.get(partition, 0)
        new = False
        for i, key in enumerate(batch.user_key):
            user = (batch.stream, key)
            if batch.ordinal[i] > self._ordinals.get(user, 0):
                self._ordinals[user] = batch.ordinal[i]
                newest_us = max(newest_us, batch.last_received_us[i])
                self.new += 1
                new = True
        self._newest_us[partition] = newest_us
        if new:
            worker = headers.get("ce_source", b"").decode().rsplit("/", 1)[-1]
            self.arrivals[partition].append(Arrival(now, worker, now - newest_us / SECOND_US))
