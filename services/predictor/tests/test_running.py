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
from resonance_contracts.pb.resonance.v1 import detection_pb2, request_pb2
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
from resonance_modeling.registry import Registry
from resonance_predictor import service
from resonance_predictor.settings import PredictorSettings
from resonance_runtime import topics
from resonance_runtime.errors import NotFound, Problem, Unavailable
from resonance_runtime.loop import RecordLoop
from resonance_runtime.objects import Stored
from resonance_runtime.records import Outgoing
from resonance_runtime.requests import Requester
from resonance_runtime.service import Runtime
from resonance_runtime.settings import load
from tests.support.broker import embedded_broker
from tests.support.small_model import small_model
from tests.support.waiting import PATIENCE_S

pytestmark = pytest.mark.embedded

OUTPUTS = (ALERTS_RAISED, ALERTS_RESOLVED, ANOMALIES_DETECTED, PREDICTIONS_SCORED)
HOUR_US = 3_600_000_000


class Shelf:
    """An object store in memory."""

    def __init__(self) -> None:
        self.held: dict[tuple[str, str], bytes] = {}
        self.down: set[str] = set()

    async def start(self) -> None: ...

    async def stop(self) -> None: ...

    async def get(self, bucket: str, key: str) -> bytes:
        return (await self.get_with_etag(bucket, key)).data

    async def get_with_etag(self, bucket: str, key: str) -> Stored:
        if bucket in self.down:
            raise Unavailable(f"{bucket} does not answer")
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
        self.shelf = Shelf()

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
    deadline = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < deadline, what
        await asyncio.sleep(0.02)


@pytest.fixture
async def world(bootstrap, monkeypatch):
    environ = {
        "RESONANCE_KAFKA_BOOTSTRAP": bootstrap,
        "RESONANCE_KAFKA_IDEMPOTENT": "false",  # the embedded broker does not know it
        "RESONANCE_KAFKA_REBALANCE_MS": "1000",
        "RESONANCE_PARTITIONS": "1",
        "RESONANCE_SNAPSHOT_INTERVAL_S": "600",
        "RESONANCE_RULES_POLL_S": "0.1",
    }
    found = World(load(PredictorSettings, environ))
    monkeypatch.setattr(service, "ObjectStore", lambda settings: found.shelf)
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


LIVE_WITHIN_S = 2.0


class Swapping:
    """Changes aliases under a stream of vectors and measures how long it takes until predictions say so."""

    def __init__(self, world: World, runtime: Runtime[PredictorSettings], synthetic) -> None:
        self._world, self._runtime, self._synthetic = world, runtime, synthetic
        self._sent, self._revisions = 0, dict.fromkeys(("champion", "challenger", "shadow"), 10)

    async def said(self) -> detection_pb2.PredictionBatch:
        """What is said of one more batch."""
        self._sent += 1
        now_us, id_ = 2 * 10**15 + self._sent * 1_000_000, f"swap-{self._sent}"
        users = [f"u_{number}" for number in range(20)]
        values = self._synthetic.values()
        batch = self._synthetic.batch([self._synthetic.vector(u, self._sent, now_us, values) for u in users])
        await self._runtime.publisher.send(Outgoing(FEATURES_COMPUTED, batch, id_, now_us, partition=0))
        published = self._world.published[PREDICTIONS_SCORED]
        await eventually(lambda: published[f"{id_}/predictions"], "a prediction")
        return detection_pb2.PredictionBatch.FromString(published[f"{id_}/predictions"][0])

    async def change(self, alias: str, version: str, holds: Callable[[detection_pb2.PredictionBatch], bool]) -> float:
        """Seconds from the record on the topic until predictions are as they should be."""
        self._revisions[alias] += 1
        promoted = ModelPromoted(
            model_name="anomaly_detection", alias=alias, model_version=version, revision=self._revisions[alias],
            share=0.5 if alias == "challenger" and version else 0.0,
        )  # fmt: skip
        key = f"anomaly_detection/{alias}"
        id_ = f"{key}/{self._revisions[alias]}"
        await self._runtime.publisher.send(Outgoing(MODELS_PROMOTED, promoted, id_, 0, key=key.encode()))
        began = time.monotonic()
        while not holds(await self.said()):
            assert time.monotonic() - began < 40, f"{alias} never became {version[:12]}"
        return time.monotonic() - began


async def test_a_promotion_is_live_in_a_second_and_a_rollback_touches_no_store(world, synthetic):
    artifacts = [small_model(7.0), small_model(8.0)]
    registry = Registry(world.shelf)
    former, candidate = [(await registry.put_artifact(artifact)).model_version for artifact in artifacts]
    async with world.service(crash=False) as runtime:
        swapping, took = Swapping(world, runtime, synthetic), {}
        await swapping.said()
        took["first champion"] = await swapping.change("champion", former, _scored_by(former))
        took["shadow"] = await swapping.change("shadow", candidate, lambda said: said.shadow.model_version == candidate)
        took["challenger"] = await swapping.change("challenger", candidate, lambda said: any(said.challenged))
        took["promotion"] = await swapping.change("champion", candidate, _scored_by(candidate))
        world.shelf.down = {registry.bucket}
        took["rollback, the store being down"] = await swapping.change("champion", former, _scored_by(former))
        took["end of the shadow"] = await swapping.change("shadow", "", lambda said: not said.HasField("shadow"))
        took["end of the challenger"] = await swapping.change("challenger", "", lambda said: not said.challenged)
        assert "champion faults" not in runtime.health.details
    for what, seconds in took.items():
        print(f"{what}: {1e3 * seconds:.0f} ms from the record on the topic to predictions")
        assert seconds < LIVE_WITHIN_S, what


def _scored_by(version: str) -> Callable[[detection_pb2.PredictionBatch], bool]:
    return lambda said: said.scorer.model_version == version
