"""The whole service on a real broker: anomalies and questions in, explanations out."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer
from aiokafka.structs import ConsumerRecord

from resonance_contracts.pb.resonance.v1 import detection_pb2, explanation_pb2, request_pb2
from resonance_contracts.pb.resonance.v1.model_pb2 import ModelPromoted
from resonance_contracts.topics import (
    ANOMALIES_DETECTED,
    EXPLANATIONS_PRODUCED,
    EXPLANATIONS_REQUESTED,
    MODELS_PROMOTED,
    Service,
)
from resonance_modeling.artifact import ANOMALY_DETECTION, Artifact
from resonance_runtime import topics
from resonance_runtime.errors import Problem
from resonance_runtime.records import Outgoing
from resonance_runtime.requests import Requester
from resonance_runtime.service import Runtime
from resonance_runtime.settings import load
from resonance_xai import service
from resonance_xai.settings import XaiSettings
from tests.support.broker import embedded_broker
from tests.support.waiting import PATIENCE_S, Eventually

pytestmark = pytest.mark.embedded

MakeAnomaly = Callable[..., detection_pb2.Anomaly]


@pytest.fixture(scope="module")
def bootstrap() -> Iterator[str]:
    """A broker of our own, in memory."""
    with embedded_broker() as address:
        yield address


@dataclass
class Running:
    """The service in this process, what it published, and somebody who asks."""

    runtime: Runtime[XaiSettings]
    requester: Requester
    published: list[ConsumerRecord[bytes, bytes]] = field(default_factory=list)
    dead: list[ConsumerRecord[bytes, bytes]] = field(default_factory=list)

    async def send(self, anomaly: detection_pb2.Anomaly) -> None:
        """Sends an anomaly as the predictor does."""
        outgoing = Outgoing(ANOMALIES_DETECTED, anomaly, anomaly.vector_id, anomaly.end_us, user_key=anomaly.user_key)
        await self.runtime.publisher.send(outgoing)

    async def ask(self, **question: Any) -> explanation_pb2.Explanation:
        """Asks as the gateway does."""
        return (await self.ask_for_more(**question)).explanation

    async def ask_for_more(self, **question: Any) -> request_pb2.ExplainReply:
        """The same, with what comes beside the explanation."""
        message = request_pb2.ExplainRequest(**question)
        return await self.requester.ask(EXPLANATIONS_REQUESTED, message, request_pb2.ExplainReply, 20)

    async def ask_once_known(self, **question: Any) -> explanation_pb2.Explanation:
        """Asks for an anomaly until the service has read it: it reads those to explain apart from those to remember."""
        async with asyncio.timeout(PATIENCE_S):
            while True:
                try:
                    return await self.ask(**question)
                except Problem as problem:
                    if problem.status != 404:
                        raise
                    await asyncio.sleep(0.05)

    async def collect(self, consumer: AIOKafkaConsumer) -> None:
        """Reads what is published until it is cancelled."""
        async for record in consumer:
            (self.published if record.topic == EXPLANATIONS_PRODUCED.name else self.dead).append(record)

    def values(self, vector_id: str) -> list[bytes]:
        """What was published under an id, each time."""
        return [r.value for r in self.published if dict(r.headers)["ce_id"].decode() == vector_id]


@pytest.fixture
async def running(bootstrap: str, shelf: Any, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Running]:
    environ = {
        "RESONANCE_KAFKA_BOOTSTRAP": bootstrap,
        "RESONANCE_KAFKA_IDEMPOTENT": "false",  # the embedded broker does not know it
        "RESONANCE_KAFKA_REBALANCE_MS": "1000",
        "RESONANCE_PARTITIONS": "2",
    }
    monkeypatch.setattr(service, "ObjectStore", lambda settings: shelf)
    settings = load(XaiSettings, environ)
    await topics.create_with_patience(settings, 20)
    runtime: Runtime[XaiSettings] = Runtime(Service.XAI, settings)
    await runtime.publisher.start()
    requester = Requester(runtime)
    components = [*service.build(runtime), requester]
    for component in components:
        await component.start()
    consumer = AIOKafkaConsumer(
        EXPLANATIONS_PRODUCED.name, ANOMALIES_DETECTED.dead_letters, bootstrap_servers=bootstrap,
        auto_offset_reset="earliest", fetch_max_wait_ms=10,
    )  # fmt: skip
    await consumer.start()
    found = Running(runtime, requester)
    collecting = asyncio.create_task(found.collect(consumer))
    yield found
    collecting.cancel()
    await asyncio.gather(collecting, return_exceptions=True)
    await consumer.stop()
    for component in reversed(components):
        await component.stop()
    await runtime.cancel_tasks()
    await runtime.publisher.stop()


async def test_anomalies_and_questions_are_explained(
    running: Running,
    shelf: Any,
    artifact: Artifact,
    other_artifact: Artifact,
    anomaly: MakeAnomaly,
    eventually: Eventually,
) -> None:
    assert "model" in running.runtime.health.degradations()
    with pytest.raises(Problem, match="No model yet"):
        await running.ask(features={"error_rate": 0.9})

    # A poison record is buried; the record behind it is explained, and a repeat has the same bytes.
    await running.send(anomaly(artifact, vector_id="poison", catalogue_version="0"))
    for _ in range(2):
        await running.send(anomaly(artifact))
    await eventually(lambda: len(running.values("vector-1")) == 2 and len(running.dead) == 1)
    assert len(set(running.values("vector-1"))) == 1
    assert b"MalformedAnomaly" in dict(running.dead[0].headers)["dlq_reason"]
    published = explanation_pb2.Explanation.FromString(running.values("vector-1")[0])
    assert published.method == "shapley-enumeration"

    # By vector and by user the same explanation is given again, once the past is read.
    await eventually(lambda: not running.runtime.health.unready())
    assert await running.ask_once_known(vector_id="vector-1") == published
    assert await running.ask(user_key=published.user_key) == published

    # All that can be asked for comes with it, pictures in parts of a record's size; a deadline cuts it short.
    more = ["lime", "counterfactual", "plots"]
    reply = await running.ask_for_more(vector_id="vector-1", methods=more, formats=["svg", "png"], language="ru")
    assert not reply.unfinished
    assert reply.explanation.attributions == published.attributions
    assert (reply.lime.repeats, reply.HasField("counterfactual"), len(reply.plots)) == (5, True, 2)
    assert reply.counterfactual.text in reply.explanation.texts[1].natural
    cut = await running.ask_for_more(vector_id="vector-1", methods=more, deadline_ms=1)
    assert set(cut.unfinished) == set(more)
    assert cut.explanation.attributions == published.attributions
    with pytest.raises(Problem, match="expected some of lime, counterfactual, plots"):
        await running.ask(vector_id="vector-1", methods=["magic"])

    # A version that the store does not hold yet holds its anomaly up, and nothing else is said in its place.
    await running.send(anomaly(other_artifact, vector_id="vector-2"))
    await eventually(lambda: "xai.anomalies" in running.runtime.health.degradations())
    assert running.values("vector-2") == []
    version = shelf.put(other_artifact)
    await eventually(lambda: len(running.values("vector-2")) == 1)
    explained = explanation_pb2.Explanation.FromString(running.values("vector-2")[0])
    assert explained.scorer.model_version == version

    # A promotion makes a version the one that is asked.
    promotion = ModelPromoted(model_name=ANOMALY_DETECTION, alias="champion", model_version=version, revision=1)
    await running.runtime.publisher.send(
        Outgoing(MODELS_PROMOTED, promotion, "promotion-1", 1, key=f"{ANOMALY_DETECTION}/champion".encode())
    )
    await eventually(lambda: "model" not in running.runtime.health.degradations())
    assert (await running.ask(features={"error_rate": 0.9})).scorer.model_version == version
