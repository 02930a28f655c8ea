"""Vectors that flow through a predictor without a break, and its predictions as they come."""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count
from typing import Final

from aiokafka import AIOKafkaConsumer, TopicPartition

from resonance_contracts.features import CATALOGUE_VERSION, WIDTH
from resonance_contracts.pb.resonance.v1.detection_pb2 import PredictionBatch
from resonance_contracts.pb.resonance.v1.features_pb2 import VectorBatch
from resonance_contracts.shards import partition_of
from resonance_contracts.topics import FEATURES_COMPUTED, PREDICTIONS_SCORED, Service
from resonance_runtime.publisher import Publisher
from resonance_runtime.records import Outgoing
from resonance_runtime.settings import RuntimeSettings, load
from tests.support.ordinary_model import ordinary_vectors

PACE_S: Final = 0.05
USERS: Final = 5
"""Of each partition; each has one vector in a batch."""


@dataclass(slots=True)
class Flow:
    """What went in and what came out.

    Attributes:
        sent: Ids of vectors by partition, in order.
        scored: The same of those that were scored.
        versions: By partition, when the model's version changed: time of `time.monotonic`, and the version.
        longest_gap_s: Longest time between two batches of predictions, by partition.
    """

    sent: dict[int, list[str]] = field(default_factory=lambda: defaultdict(list))
    scored: dict[int, list[str]] = field(default_factory=lambda: defaultdict(list))
    versions: dict[int, list[tuple[float, str]]] = field(default_factory=lambda: defaultdict(list))
    longest_gap_s: dict[int, float] = field(default_factory=lambda: defaultdict(float))
    _came: dict[int, float] = field(default_factory=dict)

    def take(self, partition: int, batch: PredictionBatch) -> None:
        """Takes what came of one record of vectors."""
        now = time.monotonic()
        self.longest_gap_s[partition] = max(self.longest_gap_s[partition], now - self._came.get(partition, now))
        self._came[partition] = now
        self.scored[partition] += batch.vector_id
        changes, version = self.versions[partition], batch.scorer.model_version
        if not changes or changes[-1][1] != version:
            changes.append((now, version))

    @property
    def newest(self) -> set[str]:
        """The versions that scored the newest vectors of the partitions."""
        return {changes[-1][1] for changes in self.versions.values()}

    async def served(self, version: str, deadline_s: float = 60.0) -> float:
        """Waits until a version scores the vectors of every partition; returns since when, by `time.monotonic`."""
        async with asyncio.timeout(deadline_s):
            while self.newest != {version} or len(self.versions) < len(self.sent):
                await asyncio.sleep(0.002)
        return max(changes[-1][0] for changes in self.versions.values())

    async def complete(self, deadline_s: float = 30.0) -> None:
        """Waits until everything that was sent was scored."""
        async with asyncio.timeout(deadline_s):
            while self.scored != self.sent:
                await asyncio.sleep(0.01)


@asynccontextmanager
async def flowing(environment: Mapping[str, str], partitions: int) -> AsyncIterator[Flow]:
    """Lets vectors of ordinary people flow, twenty records a second to every partition, until the block is left."""
    flow = Flow()
    publisher = Publisher(Service.FEATURE_EXTRACTOR, load(RuntimeSettings, environment))
    consumer = AIOKafkaConsumer(bootstrap_servers=environment["RESONANCE_KAFKA_BOOTSTRAP"], fetch_max_wait_ms=10)
    await publisher.start()
    await consumer.start()
    places = [TopicPartition(PREDICTIONS_SCORED.name, partition) for partition in range(partitions)]
    consumer.assign(places)
    await consumer.seek_to_end(*places)
    stop = asyncio.Event()
    tasks = [asyncio.create_task(_write(flow, publisher, partitions, stop)), asyncio.create_task(_read(flow, consumer))]
    try:
        yield flow
        stop.set()
        await tasks[0]
        await flow.complete()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await consumer.stop()
        await publisher.stop()


async def _write(flow: Flow, publisher: Publisher, partitions: int, stop: asyncio.Event) -> None:
    users = {partition: list(_users(partition, partitions)) for partition in range(partitions)}
    values = ordinary_vectors(1000, seed=9)
    due = time.monotonic()
    for turn in count():
        if stop.is_set():
            return
        at_us = time.time_ns() // 1000
        for partition, keys in users.items():
            ids = [f"{key}-{turn}" for key in keys]
            rows = [values[(turn * USERS + i) % len(values)] for i in range(USERS)]
            batch = VectorBatch(
                stream="live",
                watermark_us=at_us,
                catalogue_version=CATALOGUE_VERSION,
                width=WIDTH,
                vector_id=ids,
                user_key=keys,
                ordinal=[turn + 1] * USERS,
                start_us=[at_us - 250_000] * USERS,
                end_us=[at_us] * USERS,
                values=[value for row in rows for value in row.tolist()],
                first_received_us=[at_us] * USERS,
                last_received_us=[at_us] * USERS,
            )
            record_id = f"flow-{partition}-{turn}"
            await publisher.send(Outgoing(FEATURES_COMPUTED, batch, record_id, at_us, partition=partition))
            flow.sent[partition] += ids
        due += PACE_S
        await asyncio.sleep(max(0.0, due - time.monotonic()))


async def _read(flow: Flow, consumer: AIOKafkaConsumer) -> None:
    while True:
        for place, records in (await consumer.getmany(timeout_ms=200)).items():
            for record in records:
                flow.take(place.partition, PredictionBatch.FromString(record.value))


def _users(partition: int, partitions: int) -> Iterator[str]:
    """Users who live in a partition."""
    names = (f"u_flow_{n}" for n in count())
    homes = (name for name in names if partition_of(name, partitions) == partition)
    return (next(homes) for _ in range(USERS))
