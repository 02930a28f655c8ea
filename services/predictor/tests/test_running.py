"""The whole service on a real broker: vectors and promotions in, alerts out, crashes between."""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import asynccontextmanager
from hashlib import sha256
from math import isnan

import pytest
from aiokafka import AIOKafkaConsumer

from resonance_contracts.features import WIDTH
from resonance_contracts.pb.resonance.v1 import request_pb2
from resonance_contracts.pb.resonance.v1.model_pb2 import ModelPromoted
from resonance_contracts.topics import (
    ALERTS_RAISED,
    ALERTS_RESOLVED,
    ANOMALIES_DETECTED,
    FEATURES_COMPUTED,
    MODELS_PROMOTED,
    PREDICTIONS_REQUESTED,
    PREDICTIONS_SCORED,
    Service,
    Topic,
)
from resonance_predictor import service
from resonance_predictor.settings import PredictorSettings
from resonance_runtime import topics
from resonance_runtime.errors import NotFound, Problem
from resonance_runtime.loop import RecordLoop
from resonance_runtime.objects import Stored
from resonance_runtime.records import Outgoing
from resonance_runtime.requests import Requester
from resonance_runtime.service import Runtime
from resonance_runtime.settings import load
from tests.support.broker import embedded_broker

pytestmark = pytest.mark.embedded

OUTPUTS = (ALERTS_RAISED, ALERTS_RESOLVED, ANOMALIES_DETECTED, PREDICTIONS_SCORED)
HOUR_US = 3_600_000_000


class Shelf:
    """An object store in memory."""

    def __init__(self) -> None:
        self.held: dict[tuple[str, str], bytes] = {}

    async def start(self) -> None: ...

    async def stop(self) -> None: ...

    async def get(self, bucket: str, key: str) -> bytes:
        return (await self.get_with_etag(bucket, key)).data

    async def get_with_etag(self, bucket: str, key: str) -> Stored:
        if (bucket, key) not in self.held:
            raise NotFound(f"no {key}")
        data = self.held[bucket, key]
        return Stored(data, sha256(data).hexdigest())

    async def put_if_absent(self, bucket: str, key: str, data: bytes) -> bool:
        return self.held.setdefault((bucket, key), data) is data

    async def list(self, bucket: str, prefix: str) -> list[str]:
        return sorted(key for at, key in self.held if at == bucket and key.startswith(prefix))

    async def delete(self, bucket: str, keys) -> None:
        for key in keys:
            self.held.pop((bucket, key), None)


@pytest.fixture(scope="module")
def bootstrap() -> Iterator[str]:
    """A broker of our own, in memory."""
    with embedded_broker() as address:
        yield address


class World:
    """A broker, a store, what was published, and the service as often as it is started."""

    def __init__(self, settings: PredictorSettings) -> None:
        self.settings = settings
        self.published: dict[Topic, dict[str, list[bytes]]] = {t: defaultdict(list) for t in OUTPUTS}
        self.dead = 0

    async def collect(self, consumer: AIOKafkaConsumer) -> None:
        by_name = {t.name: t for t in OUTPUTS}
        async for record in consumer:
            if record.topic in by_name:
                id_ = dict(record.headers)["ce_id"].decode()
                self.published[by_name[record.topic]][id_].append(record.value)
            else:
                self.dead += 1

    @asynccontextmanager
    async def service(self, *, crash: bool):
        """The service in this process; a crash keeps nothing of what was not kept before."""
        runtime = Runtime(Service.PREDICTOR, self.settings)
        await runtime.publisher.start()
        components = service.build(runtime)
        for component in components:
            await component.start()
        yield runtime
        await runtime.cancel_tasks()
        for component in reversed(components):
            if crash and isinstance(component, RecordLoop):
                component._seats.clear()
            await component.stop()
        await runtime.publisher.stop()


async def eventually(holds: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + 40
    while not holds():
        assert time.monotonic() < deadline, what
        await asyncio.sleep(0.02)


@pytest.fixture
async def world(bootstrap, monkeypatch):
    shelf = Shelf()
    monkeypatch.setattr(service, "ObjectStore", lambda settings: shelf)
    environ = {
        "RESONANCE_KAFKA_BOOTSTRAP": bootstrap,
        "RESONANCE_KAFKA_IDEMPOTENT": "false",  # the embedded broker does not know it
        "RESONANCE_KAFKA_REBALANCE_MS": "1000",
        "RESONANCE_PARTITIONS": "1",
        "RESONANCE_SNAPSHOT_INTERVAL_S": "600",
        "RESONANCE_RULES_POLL_S": "0.1",
    }
    found = World(load(PredictorSettings, environ))
    await topics.create_with_patience(found.settings, 20)
    consumer = AIOKafkaConsumer(
        *(t.name for t in OUTPUTS), FEATURES_COMPUTED.dead_letters, bootstrap_servers=bootstrap,
        auto_offset_reset="earliest", fetch_max_wait_ms=10,
    )  # fmt: skip
    await consumer.start()
    collecting = asyncio.create_task(found.collect(consumer))
    yield found
    collecting.cancel()
    await asyncio.gather(collecting, return_exceptions=True)
    await consumer.stop()


async def test_crashes_and_promotions_change_nothing_that_was_said(world, synthetic, monkeypatch):
    values = {"u_calm": synthetic.values(), "u_loud": synthetic.values(messages_per_minute=300)}
    now_us, sent = 10**15, 0

    async def send(runtime, batch) -> str:
        nonlocal sent
        sent += 1
        record = Outgoing(FEATURES_COMPUTED, batch, f"batch-{sent}", now_us, partition=0)
        await runtime.publisher.send(record)
        return f"batch-{sent}/predictions"

    def vectors(number: int):
        return synthetic.batch([synthetic.vector(u, number, now_us + number, v) for u, v in values.items()])

    def times(id_: str) -> int:
        return len(world.published[PREDICTIONS_SCORED][id_])

    async with world.service(crash=True) as runtime:
        assert "No model" in runtime.health.degradations()["model"]
        first = await send(runtime, vectors(1))
        broken = vectors(2)
        broken.values[0] = float("nan")
        await send(runtime, broken)
        await eventually(lambda: times(first) == 1 and world.dead == 1, "a prediction and a dead letter")

    scorer = synthetic.scorer()
    async with world.service(crash=True) as runtime:
        await eventually(lambda: times(first) == 2, "the records read again")
        monkeypatch.setattr("resonance_predictor.models.Models.get", lambda self, version: _given(scorer))
        promoted = ModelPromoted(
            model_name="anomaly_detection", alias="champion", model_version=scorer.version, revision=1
        )
        key = b"anomaly_detection/champion"
        await runtime.publisher.send(Outgoing(MODELS_PROMOTED, promoted, "p", now_us, key=key))
        await eventually(lambda: "model" in runtime.health.details, "the promotion")
        number = 3
        scored: list[str] = []
        while not scored or scorer.version.encode() not in world.published[PREDICTIONS_SCORED][scored[-1]][0]:
            assert number < 200, "the model never came into force"
            scored.append(await send(runtime, vectors(number)))
            await eventually(lambda: times(scored[-1]) == 1, "a prediction")
            number += 1

    async with world.service(crash=False) as runtime:
        await eventually(lambda: times(scored[-1]) == 2, "the record after the snapshot read again")
        await send(runtime, synthetic.quiet(now_us + HOUR_US))
        await eventually(lambda: len(world.published[ALERTS_RESOLVED]) == 1, "the end of the incident")

    assert [id_.removesuffix("/1") for id_ in world.published[ALERTS_RAISED]] == [
        id_.removesuffix("/2") for id_ in world.published[ALERTS_RESOLVED]
    ]
    for topic, by_id in world.published.items():
        for id_, contents in by_id.items():
            assert len(set(contents)) == 1, f"{topic.name} {id_} was told differently"


async def _given(scorer):
    return scorer


async def test_a_question_is_answered_over_the_topic(world):
    class Asking:
        """The side that asks, as the gateway is."""

        service = Service.GATEWAY

        def __init__(self, runtime):
            self.settings = runtime.settings.model_copy(update={"instance": "asking"})
            self.publisher, self.health, self.spawn = runtime.publisher, runtime.health, runtime.spawn
            self.patiently = runtime.patiently

    async with world.service(crash=False) as runtime:
        requester = Requester(Asking(runtime))
        await requester.start()
        try:
            said = await _answered(requester, messages_per_minute=5000.0)
            wrong = [await _problem(requester, **features) for features in ({"height": 1.0}, {"error_rate": 2.0}, {})]
        finally:
            await requester.stop()

    assert [finding.kind for finding in said.findings] == ["message_flood"]
    assert len(said.assumed) == WIDTH - 1 and "messages_per_minute" not in said.assumed
    assert (said.scorer.model_version, isnan(said.score), isnan(said.tail_probability)) == ("", True, True)
    assert {problem.status for problem in wrong} == {422}
    assert "no feature 'height'" in wrong[0].detail and "error_rate is 2.0" in wrong[1].detail


async def _answered(requester, **features):
    question = request_pb2.ScoreRequest(features=features)
    return await requester.ask(PREDICTIONS_REQUESTED, question, request_pb2.ScoreReply, 20)


async def _problem(requester, **features):
    with pytest.raises(Problem) as raised:
        await _answered(requester, **features)
    return raised.value
