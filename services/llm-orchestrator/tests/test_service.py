"""The whole service on a real broker: a slow provider holds up explained alerts and nothing else."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiohttp import web
from aiokafka import AIOKafkaConsumer
from aiokafka.structs import ConsumerRecord

from resonance_contracts.pb.resonance.v1 import alert_pb2, detection_pb2, explanation_pb2
from resonance_contracts.tellings import order_of_words
from resonance_contracts.topics import (
    ALERTS_ENRICHED,
    ALERTS_ESCALATED,
    ALERTS_RAISED,
    ALERTS_RESOLVED,
    EXPLANATIONS_PRODUCED,
    Service,
)
from resonance_llm_orchestrator.service import build
from resonance_llm_orchestrator.settings import OrchestratorSettings
from resonance_runtime import topics
from resonance_runtime.records import Outgoing
from resonance_runtime.service import Runtime
from resonance_runtime.settings import load
from tests.support.broker import embedded_broker
from tests.support.llm_server import asked_of, critique

pytestmark = pytest.mark.embedded

MakeAlert = Callable[..., detection_pb2.Alert]
MakeExplanation = Callable[..., explanation_pb2.Explanation]


@pytest.fixture(scope="session")
def bootstrap() -> Iterator[str]:
    """A broker of our own, in memory."""
    with embedded_broker() as address:
        yield address


@dataclass
class Running:
    """The service in this process, and what it published."""

    runtime: Runtime[OrchestratorSettings]
    enriched: dict[str, ConsumerRecord[bytes, bytes]] = field(default_factory=dict)
    dead: list[ConsumerRecord[bytes, bytes]] = field(default_factory=list)

    def value(self, id_: str) -> alert_pb2.EnrichedAlert:
        """The enriched alert that was published under an id."""
        return alert_pb2.EnrichedAlert.FromString(self.enriched[id_].value)

    async def collect(self, consumer: AIOKafkaConsumer) -> None:
        """Reads what is published until it is cancelled."""
        async for record in consumer:
            if record.topic == ALERTS_ENRICHED.name:
                self.enriched[dict(record.headers)["ce_id"].decode()] = record
            else:
                self.dead.append(record)


@pytest.fixture
async def running(bootstrap: str, redis_url: str, llm: Any, request: pytest.FixtureRequest) -> AsyncIterator[Running]:
    environ = {
        "RESONANCE_KAFKA_BOOTSTRAP": bootstrap,
        "RESONANCE_KAFKA_IDEMPOTENT": "false",  # the embedded broker does not know it
        "RESONANCE_KAFKA_REBALANCE_MS": "1000",
        "RESONANCE_PARTITIONS": "2",
        "RESONANCE_REDIS_URL": redis_url,
        "RESONANCE_LLM_DEADLINE_S": "30",
        "OPENAI_API_KEY": "sk-test",
        "OPENAI_BASE_URL": f"{llm.url}/v1",
    }
    if getattr(request, "param", "") == "both":
        environ |= {"ANTHROPIC_API_KEY": "sk-test", "ANTHROPIC_BASE_URL": llm.url}
    settings = load(OrchestratorSettings, environ)
    await topics.create_with_patience(settings, 10)
    runtime: Runtime[OrchestratorSettings] = Runtime(Service.LLM_ORCHESTRATOR, settings)
    await runtime.publisher.start()
    components = build(runtime)
    for component in components:
        await component.start()
    consumer = AIOKafkaConsumer(
        ALERTS_ENRICHED.name,
        ALERTS_RAISED.dead_letters,
        bootstrap_servers=bootstrap,
        auto_offset_reset="earliest",
        fetch_max_wait_ms=10,
    )
    await consumer.start()
    service = Running(runtime)
    collecting = asyncio.create_task(service.collect(consumer))
    yield service
    collecting.cancel()
    await asyncio.gather(collecting, return_exceptions=True)
    await consumer.stop()
    for component in reversed(components):
        await component.stop()
    await runtime.cancel_tasks()
    await runtime.publisher.stop()


async def test_a_slow_provider_holds_up_explained_alerts_alone(
    running: Running,
    llm: Any,
    alert: MakeAlert,
    resolved: MakeAlert,
    explanation: MakeExplanation,
    complete: Callable[..., dict[str, Any]],
    good_words: dict[str, Any],
    eventually: Callable[..., Any],
) -> None:
    released = asyncio.Event()

    async def slow(_: web.Request) -> web.StreamResponse:
        await released.wait()
        return web.json_response(complete("openai", json.dumps(good_words)))

    llm.set("openai", slow)
    send, user = running.runtime.publisher.send, alert().user_key
    poison = alert(alert_id="")
    await send(Outgoing(EXPLANATIONS_PRODUCED, explanation(alert()), "vector-1", 1, user_key=user))
    await eventually(lambda: llm.count("openai") == 1)
    await send(Outgoing(ALERTS_RAISED, poison, "poison", 1, user_key=user))
    await send(Outgoing(ALERTS_RAISED, alert(), "alert-1", 1, user_key=user))
    await send(Outgoing(ALERTS_RESOLVED, resolved(), "alert-1", 1, user_key=user))
    await eventually(lambda: running.enriched.keys() == {"alert-1/1", "alert-1/4"})
    await eventually(lambda: len(running.dead) == 1)
    assert b"alert_id" in dict(running.dead[0].headers)["dlq_reason"]

    released.set()
    await eventually(lambda: "alert-1/2" in running.enriched)
    assert running.value("alert-1/2").authorship.provider == "openai"
    assert running.value("alert-1/1").authorship.provider == "offline"
    assert len({record.partition for record in running.enriched.values()}) == 1
    details = running.runtime.health.details
    assert details["writer"] == "openai, offline"
    await eventually(lambda: json.loads(details["provider.openai"])["last_success"] is not None)
    told = json.loads(details["provider.openai"])
    assert (told["configured"], told["models"], told["breaker"]) == (True, ["gpt-5.4-mini"], "closed")
    assert json.loads(details["provider.anthropic"]) == {"configured": False}
    budget = json.loads(details["budget"])["day"]
    assert budget["limit"] == 5.0 and 4.9 < budget["left"] < 5.0
    assert running.runtime.health.degradations() == {}


@pytest.mark.parametrize("running", ["both"], indirect=True)
async def test_words_of_one_provider_come_again_as_the_other_judged_them_and_not_after_the_end(
    running: Running,
    llm: Any,
    alert: MakeAlert,
    resolved: MakeAlert,
    escalated: MakeAlert,
    explanation: MakeExplanation,
    complete: Callable[..., dict[str, Any]],
    good_words: dict[str, Any],
    eventually: Callable[..., Any],
) -> None:
    better = {**good_words, "en": {**good_words["en"], "title": "More messages than usual"}}

    async def judge(request: web.Request) -> web.StreamResponse:
        said = critique(asked_of(await request.json()), {"facts": "The title says more than the facts."}, better)
        return web.json_response(complete("anthropic", said))

    llm.set("anthropic", judge)
    send, user = running.runtime.publisher.send, alert().user_key
    mine = {"alert_id": "judged", "opened_us": alert().opened_us + 1_000_000}
    await send(Outgoing(ALERTS_RAISED, alert(**mine), "judged", 1, user_key=user))
    await send(Outgoing(EXPLANATIONS_PRODUCED, explanation(alert(**mine)), "vector-2", 1, user_key=user))
    await eventually(lambda: {"judged/1", "judged/2", "judged/3"} <= running.enriched.keys())
    first, judged = running.value("judged/2"), running.value("judged/3")
    assert (first.authorship.provider, judged.authorship.provider) == ("openai", "anthropic")
    assert (first.texts[0].title, judged.texts[0].title) == (good_words["en"]["title"], "More messages than usual")
    assert [one.judge for one in judged.judgements] == ["guard", "anthropic", "guard"]
    assert running.enriched["judged/2"].partition == running.enriched["judged/3"].partition
    graver = escalated(**mine)
    graver.rises[0].finding.CopyFrom(alert().finding)
    again = explanation()
    again.anomaly.escalated.append(graver)
    await send(Outgoing(ALERTS_ESCALATED, graver, "judged", 1, user_key=user))
    await send(Outgoing(EXPLANATIONS_PRODUCED, again, "vector-3", 1, user_key=user))
    risen = [f"judged/3/2/{stage}" for stage in ("escalated", "explained", "judged")]
    await eventually(lambda: set(risen) <= running.enriched.keys())
    authors = [running.value(id_).authorship.provider for id_ in risen]
    assert authors == ["offline", "openai", "anthropic"]
    assert {running.value(id_).alert.severity for id_ in risen} == {detection_pb2.SEVERITY_CRITICAL}
    await send(Outgoing(ALERTS_RESOLVED, resolved(**mine), "judged", 1, user_key=user))
    await eventually(lambda: "judged/4" in running.enriched)
    orders = [order_of_words(running.value(f"judged/{n}")) for n in (1, 2, 3)]
    orders += [order_of_words(running.value(id_)) for id_ in (*risen, "judged/4")]
    assert sorted(set(orders)) == orders
