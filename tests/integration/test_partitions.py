"""Partitions are added between two runs of the services, and nobody can tell from what they computed."""

from __future__ import annotations

import asyncio
import json
import random
import subprocess
import sys
import time
import urllib.error
import urllib.request
import uuid
from collections import defaultdict
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest

from resonance_contracts.pb.resonance.v1 import activity_pb2, detection_pb2, features_pb2
from resonance_contracts.shards import partition_of
from resonance_contracts.topics import (
    ACTIVITY_OBSERVED,
    ANOMALIES_DETECTED,
    FEATURES_COMPUTED,
    PREDICTIONS_SCORED,
    Service,
)
from resonance_feature_extractor.engine import PartitionEngine
from resonance_local.stack import Stack
from resonance_predictor.detection import PartitionDetector
from resonance_predictor.rules_file import RulesFile
from resonance_predictor.terms import Terms
from resonance_runtime.cluster import Cluster
from resonance_runtime.health import Health
from resonance_runtime.objects import STATE_BUCKET, ObjectStore
from resonance_runtime.places import Place
from resonance_runtime.publisher import Publisher
from resonance_runtime.records import Outgoing
from resonance_runtime.settings import ObjectStoreSettings, RuntimeSettings, load
from resonance_runtime.snapshots import SnapshotLog
from tests.support.addresses import external
from tests.support.topic_scan import Seen, scan

pytestmark = [
    pytest.mark.kafka,
    pytest.mark.skipif(external() is None, reason="needs the real Kafka and MinIO that `make test-kafka` starts"),
]

DEADLINE_S = 240
USERS = 300
SECOND = 1_000_000
START_US = 1_700_000_000 * SECOND
SLICE_US = 20 * SECOND
SLICES = 60
TROUBLE = range(15, 45)
GROUPS = ((Service.FEATURE_EXTRACTOR, ACTIVITY_OBSERVED.name), (Service.PREDICTOR, FEATURES_COMPUTED.name))


class Settings(RuntimeSettings, ObjectStoreSettings):
    """Where broker and store are."""


@dataclass
class Traffic:
    """What a few hundred people do in twenty minutes, as a gateway would tell it; some have trouble meanwhile."""

    stream: str = field(default_factory=lambda: f"replay:{uuid.uuid4().hex}")
    chance: random.Random = field(default_factory=lambda: random.Random(5))
    told: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    batches: list[activity_pb2.ActivityBatch] = field(default_factory=list)

    def slice(self, number: int, partitions: int) -> list[tuple[int, activity_pb2.ActivityBatch]]:
        """Everything of one slice of time, a batch for each partition; the watermark is its end."""
        begin_us = START_US + number * SLICE_US
        made = {p: self._batch(begin_us + SLICE_US) for p in range(partitions)}
        times = sorted(self.chance.sample(range(begin_us, begin_us + SLICE_US), 200))
        for time_us in times:
            user = min(int(self.chance.expovariate(8 / USERS)), USERS - 1)
            key = f"u_{user:026d}"
            trouble = number in TROUBLE and user % 5 == 0
            self._event(made[partition_of(key, partitions)], key, user, time_us, trouble)
        self.batches += made.values()
        return list(made.items())

    def whole(self) -> Iterator[bytes]:
        """All of it as for one partition: time passes once everything of a slice was told."""
        for batch in self.batches:
            told = activity_pb2.ActivityBatch()
            told.CopyFrom(batch)
            told.watermark_us -= SLICE_US
            yield told.SerializeToString()
        yield self._batch(self.batches[-1].watermark_us).SerializeToString()

    def _batch(self, watermark_us: int) -> activity_pb2.ActivityBatch:
        return activity_pb2.ActivityBatch(
            stream=self.stream,
            clock=activity_pb2.CLOCK_KIND_REPLAY,
            watermark_us=watermark_us,
            origin="gateway-1",
            strings=[""],
        )

    def _event(self, batch: activity_pb2.ActivityBatch, key: str, user: int, time_us: int, trouble: bool) -> None:
        self.told[key] += 1
        first = self.told[key] == 1
        batch.user.append(_string(batch, key))
        batch.source.append(_string(batch, f"c_{key}"))
        batch.sequence.append(self.told[key])
        batch.time_us.append(time_us)
        batch.kind.append(activity_pb2.ACTIVITY_KIND_LOGIN if first else activity_pb2.ACTIVITY_KIND_MESSAGE)
        batch.size.append(self.chance.randrange(20, 2000))
        batch.channel.append(_string(batch, f"room-{self.chance.randrange(8)}"))
        batch.address.append(_string(batch, f"a_{self.chance.randrange(3) * USERS + user}"))
        batch.token.append(_string(batch, f"t_{user}"))
        batch.error.append(self.chance.random() < (0.9 if trouble else 0.02))
        batch.received_us.append(time_us)


def _string(batch: activity_pb2.ActivityBatch, text: str) -> int:
    if text not in batch.strings:
        batch.strings.append(text)
    return list(batch.strings).index(text)


@dataclass
class Pipeline:
    """Feature-extractor and predictor on real parts, and a gateway's producer."""

    stack: Stack
    settings: Settings

    def start(self) -> None:
        for service in self.stack.services:
            self.stack.start_service(service)
        self.stack.wait_ready()

    def stop(self) -> None:
        for service in self.stack.services:
            self.stack.children[service].stop(30)
            assert self.stack.children[service].exit_status == 0, self.stack.children[service].last_words()

    def add(self, partitions: int) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "resonance_runtime.partitions", "--to", str(partitions)]
        environment = self.stack.environment
        return subprocess.run(command, env=environment, text=True, capture_output=True, timeout=DEADLINE_S, check=False)

    async def partitions(self) -> int:
        async with Cluster(self.settings) as cluster:
            return (await cluster.partitions([ACTIVITY_OBSERVED.name]))[ACTIVITY_OBSERVED.name]

    async def tell(self, traffic: Traffic, slices: Iterable[int]) -> None:
        partitions = await self.partitions()
        publisher = Publisher(Service.GATEWAY, self.settings)
        await publisher.start()
        try:
            for number in slices:
                for partition, batch in traffic.slice(number, partitions):
                    id_ = f"{traffic.stream}/{number}/{partition}"
                    await publisher.send(
                        Outgoing(ACTIVITY_OBSERVED, batch, id_, batch.watermark_us, partition=partition)
                    )
        finally:
            await publisher.stop()

    async def drained(self) -> None:
        """Returns when both groups committed everything that was written."""
        left, until = 1, time.monotonic() + DEADLINE_S
        async with Cluster(self.settings) as cluster:
            while left and time.monotonic() < until:
                await asyncio.sleep(0.1)
                left = await _left(cluster, await self.partitions())
        assert not left, "\n".join(self.stack.children[service].last_words() for service in self.stack.services)

    def unready(self, service: Service) -> str:
        """Why a service is not ready; "" when it is, or does not answer."""
        try:
            urllib.request.urlopen(f"{self.stack.url(service)}/readyz", timeout=5).close()  # noqa: S310  # loopback
        except urllib.error.HTTPError as answer:
            return " ".join(json.load(answer)["unready"].values())
        except OSError:
            return ""
        return ""


async def _left(cluster: Cluster, partitions: int) -> int:
    left = 0
    for group, topic in GROUPS:
        spans = await cluster.spans(group, topic, partitions)
        left += sum(span.end - (span.committed or 0) for span in spans)
    return left


@pytest.fixture
def pipeline() -> Iterator[Pipeline]:
    """Both services, ready, and none of the state that other tests left behind."""
    services = (Service.FEATURE_EXTRACTOR, Service.PREDICTOR)
    stack = Stack(
        lambda sentence: None, {"RESONANCE_SNAPSHOT_INTERVAL_S": "0.5"}, external=external(), services=services
    )
    try:
        stack.start()
        yield Pipeline(stack, load(Settings, stack.environment))
    finally:
        stack.stop()


@asynccontextmanager
async def store(pipeline: Pipeline) -> AsyncIterator[ObjectStore]:
    objects = ObjectStore(pipeline.settings)
    try:
        yield objects
    finally:
        await objects.stop()


async def forget_other_groups(pipeline: Pipeline) -> None:
    """Removes the state of groups that other tests made; partitions are added for all groups that have state."""
    async with store(pipeline) as objects:
        keys = await objects.list(STATE_BUCKET, "")
        await objects.delete(STATE_BUCKET, [key for key in keys if key.split("/")[0] not in set(Service)])


def vectors_of(values: Iterable[bytes]) -> list[tuple[Any, ...]]:
    """Vectors of batches: id, user, ordinal, start, end, and values."""
    found = []
    for batch in map(features_pb2.VectorBatch.FromString, values):
        rows = zip(batch.vector_id, batch.user_key, batch.ordinal, batch.start_us, batch.end_us, strict=True)
        for i, row in enumerate(rows):
            found.append((*row, tuple(batch.values[i * batch.width : (i + 1) * batch.width])))
    return found


def scores_of(batches: Iterable[detection_pb2.PredictionBatch]) -> list[tuple[str, str, int]]:
    """What was said of each vector: id, user, and severity."""
    return [row for batch in batches for row in zip(batch.vector_id, batch.user_key, batch.severity, strict=True)]


def alerts_of(anomalies: Iterable[detection_pb2.Anomaly]) -> list[tuple[str, tuple[str, ...]]]:
    """Anomalous vectors, and the alerts they were counted into."""
    return [(anomaly.vector_id, tuple(sorted(anomaly.alert_ids))) for anomaly in anomalies]


def across(alerts: list[tuple[str, tuple[str, ...]]], records: Iterable[Seen], before: int) -> set[str]:
    """Alerts that were counted into from an old partition and from one of the new ones."""
    partition_of_vector = {id_: record.partition for record in records for id_ in record.message.vector_id}
    new = {alert for vector, ids in alerts for alert in ids if partition_of_vector[vector] >= before}
    return new & {alert for vector, ids in alerts for alert in ids if partition_of_vector[vector] < before}


async def test_nobody_can_tell_that_partitions_were_added(pipeline: Pipeline) -> None:
    await forget_other_groups(pipeline)
    before, traffic = await pipeline.partitions(), Traffic()
    await pipeline.tell(traffic, range(SLICES // 2))
    await pipeline.drained()
    refused = await asyncio.to_thread(pipeline.add, 2 * before)
    assert refused.returncode == 1
    assert "feature-extractor runs" in refused.stderr and "has 0 records to do" in refused.stderr

    pipeline.stop()
    added = await asyncio.to_thread(pipeline.add, 2 * before)
    assert added.returncode == 0, added.stderr
    assert await pipeline.partitions() == 2 * before
    pipeline.start()
    await pipeline.tell(traffic, range(SLICES // 2, SLICES))
    await pipeline.drained()
    pipeline.stop()

    topics = [FEATURES_COMPUTED, PREDICTIONS_SCORED, ANOMALIES_DETECTED]
    everything = await scan(pipeline.settings.kafka_bootstrap, topics)
    found = {name: [r for r in records if r.message.stream == traffic.stream] for name, records in everything.items()}
    engine = PartitionEngine()
    expected = [value for batch in traffic.whole() for value in engine.apply(batch)]
    vectors = vectors_of(record.value for record in found[FEATURES_COMPUTED.name])
    assert len(vectors) > 1000
    assert sorted(vectors) == sorted(vectors_of(expected))
    detector = PartitionDetector(Terms(RulesFile(None, Health(30.0)).rules))
    outputs = [detector.apply(i, features_pb2.VectorBatch.FromString(value)) for i, value in enumerate(expected)]
    scores = scores_of(record.message for record in found[PREDICTIONS_SCORED.name])
    assert sorted(scores) == sorted(scores_of(o.predictions for o in outputs if o.predictions is not None))
    alerts = alerts_of(record.message for record in found[ANOMALIES_DETECTED.name])
    assert sorted(alerts) == sorted(alerts_of(anomaly for o in outputs for anomaly in o.anomalies))
    assert across(alerts, found[FEATURES_COMPUTED.name], before), "an incident went on in a new partition"


async def test_state_of_another_number_of_partitions_is_not_passed_over(pipeline: Pipeline) -> None:
    pipeline.stop()
    partitions = await pipeline.partitions()
    async with store(pipeline) as objects:
        places = [Place(group, topic, partitions // 2) for group, topic in GROUPS]
        for place in places:
            await SnapshotLog(objects, place.of(0)).write(0, b"", {})
        for service in pipeline.stack.services:
            pipeline.stack.start_service(service)
        wanted = f"run `python -m resonance_runtime.partitions --to {partitions}`"
        async with asyncio.timeout(DEADLINE_S):
            while not all([wanted in await asyncio.to_thread(pipeline.unready, s) for s in pipeline.stack.services]):
                await asyncio.sleep(0.1)
        async with Cluster(pipeline.settings) as cluster:
            committed = [await cluster.spans(group, topic, partitions) for group, topic in GROUPS]
        await pipeline.tell(Traffic(), range(3))
        pipeline.stop()
        async with Cluster(pipeline.settings) as cluster:
            after = [await cluster.spans(group, topic, partitions) for group, topic in GROUPS]
        assert [[s.committed for s in spans] for spans in after] == [
            [s.committed for s in spans] for spans in committed
        ]
        assert after[0] != committed[0], "there was something to do"
        assert after[1] == committed[1], "nothing was computed from it"
        for place in places:
            await objects.delete(STATE_BUCKET, await objects.list(STATE_BUCKET, place.prefix))
