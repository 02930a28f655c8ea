"""Incidents told of through a broker, with Redis and a receiver on the loopback."""

from __future__ import annotations

import asyncio
import json
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiokafka import AIOKafkaConsumer

from resonance_contracts.pb.resonance.v1 import (
    alert_pb2,
    detection_pb2,
    incident_pb2,
    operations_pb2,
    people_pb2,
)
from resonance_contracts.topics import (
    ALERTS_ENRICHED,
    ALERTS_RAISED,
    FEEDBACK_GIVEN,
    INCIDENTS_CHANGED,
    NOTIFICATIONS_SENT,
    SILENCES_CHANGED,
    USERS_ERASED,
    Service,
)
from resonance_llm_orchestrator.notifying.matchers import parsed
from resonance_llm_orchestrator.notifying.silences import silence_of
from resonance_llm_orchestrator.settings import OrchestratorSettings
from resonance_llm_orchestrator.telling.assembly import Telling
from resonance_llm_orchestrator.telling.index import IncidentIndex, Search
from resonance_llm_orchestrator.telling.records import of_silence
from resonance_runtime import topics
from resonance_runtime.erasures import Erasures
from resonance_runtime.records import Outgoing
from resonance_runtime.service import Runtime
from resonance_runtime.settings import load
from tests.support.broker import embedded_broker

pytestmark = pytest.mark.embedded

MakeAlert = Callable[..., detection_pb2.Alert]
Eventually = Callable[[Callable[[], bool], float], Awaitable[None]]

ROUTES = """
route:
  receiver: ops
  group_by: [kind]
  group_wait: 1s
  group_interval: 1s
  repeat_interval: 1h
  page_interval: 1s
receivers:
  - name: ops
    webhook: [{{url: "{url}", timeout_s: 2}}]
"""

STORM = 1_000
"""Incidents of a storm; the domain has one of ten thousand, which the embedded broker takes minutes for."""


@dataclass
class Scene:
    """What tells, what it told, and what is stored."""

    environ: dict[str, str]
    alert: MakeAlert
    came: list[tuple[float, dict[str, Any], str]] = field(default_factory=list)
    status: int = 200
    incidents: dict[str, incident_pb2.Incident] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)
    told: dict[str, incident_pb2.NotificationSent] = field(default_factory=dict)
    dead: list[str] = field(default_factory=list)
    parts: list[Any] = field(default_factory=list)

    async def begin(self, instance: str) -> None:
        """A process begins."""
        settings = load(OrchestratorSettings, self.environ | {"RESONANCE_INSTANCE": instance})
        self.runtime: Runtime[OrchestratorSettings] = Runtime(Service.LLM_ORCHESTRATOR, settings)
        await self.runtime.publisher.start()
        erasures = Erasures()
        self.telling = Telling(self.runtime, erasures)
        self.parts = [erasures.reader(self.runtime), *self.telling.components()]
        for part in self.parts:
            await part.start()

    async def end(self) -> None:
        """It ends."""
        async with asyncio.timeout(60):
            for part in reversed(self.parts):
                await part.stop()
            await self.runtime.cancel_tasks()
            await self.runtime.publisher.stop()

    async def tell(self, *ids: str, revision: int = 1, **changes: Any) -> None:
        """Enriched alerts come."""
        records = []
        for id_ in ids:
            alert = self.alert(alert_id=id_, **changes)
            text = alert_pb2.AlertText(language="en", title=f"Flood of {id_}", summary="187 messages a minute.")
            enriched = alert_pb2.EnrichedAlert(
                alert_id=id_, revision=revision, alert=alert, recipient_role="devops", texts=[text]
            )
            records.append(
                Outgoing(ALERTS_ENRICHED, enriched, f"{id_}/{revision}", alert.opened_us, user_key=alert.user_key)
            )
        await self.runtime.publisher.send_all(records)

    async def listen(self, consumer: AIOKafkaConsumer) -> None:
        """Reads what is stored until it is cancelled."""
        async for record in consumer:
            if record.topic == INCIDENTS_CHANGED.name:
                if record.value is None:
                    self.gone.add(record.key.decode())
                else:
                    incident = incident_pb2.Incident.FromString(record.value)
                    self.incidents[incident.alert_id] = incident
            elif record.topic == NOTIFICATIONS_SENT.name:
                if record.value is not None:
                    sent = incident_pb2.NotificationSent.FromString(record.value)
                    self.told[sent.notification_id] = sent
            elif record.topic == SILENCES_CHANGED.name:
                if record.value is None:
                    self.gone.add(record.key.decode())
            else:
                self.dead.append(dict(record.headers)["dlq_reason"].decode())


@pytest.fixture(scope="module")
def bootstrap() -> Iterator[str]:
    with embedded_broker() as address:
        yield address


@pytest.fixture
async def scene(bootstrap: str, redis_url: str, tmp_path: Path, alert: MakeAlert) -> AsyncIterator[Scene]:
    routes = tmp_path / "routes.yml"
    # Topics, groups and keys of a test are its own: what the one before left is over and resolved, or another kind.
    found = Scene({}, alert)

    async def take(request: web.Request) -> web.Response:
        key = request.headers["Idempotency-Key"]
        found.came.append((time.monotonic(), json.loads(await request.read()), key))
        return web.Response(status=found.status)

    app = web.Application(client_max_size=10_000_000)
    app.router.add_post("/", take)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    routes.write_text(ROUTES.format(url=f"http://127.0.0.1:{runner.addresses[0][1]}/"))
    found.environ = {
        "RESONANCE_KAFKA_BOOTSTRAP": bootstrap,
        "RESONANCE_KAFKA_IDEMPOTENT": "false",
        "RESONANCE_KAFKA_REBALANCE_MS": "1000",
        "RESONANCE_KAFKA_FETCH_WAIT_MS": "10",
        "RESONANCE_PARTITIONS": "2",
        "RESONANCE_REDIS_URL": redis_url,
        "RESONANCE_NOTIFY_ROUTES": str(routes),
        "RESONANCE_NOTIFY_GIVE_UP_S": "1",
    }
    await topics.create_with_patience(load(OrchestratorSettings, found.environ), 10)
    consumer = AIOKafkaConsumer(
        INCIDENTS_CHANGED.name,
        NOTIFICATIONS_SENT.name,
        SILENCES_CHANGED.name,
        NOTIFICATIONS_SENT.dead_letters,
        bootstrap_servers=bootstrap,
        auto_offset_reset="earliest",
    )
    await consumer.start()
    listening = asyncio.create_task(found.listen(consumer))
    await found.begin("one")
    yield found
    await found.end()
    listening.cancel()
    await asyncio.gather(listening, return_exceptions=True)
    await consumer.stop()
    await runner.cleanup()


async def test_an_incident_is_told_kept_and_found_with_its_verdict_and_after_redis_lost_it(
    scene: Scene, redis_url: str, eventually: Eventually
) -> None:
    await scene.tell("first", kind="first_kind")
    await eventually(lambda: bool(scene.came), 20)
    payload = scene.came[0][1]
    assert payload["alerts"][0]["annotations"]["summary"] == "Flood of first"
    assert payload["notification_reason"] == "first notification"
    given = operations_pb2.FeedbackGiven(
        alert_id="first", user_key=scene.alert().user_key, true_alarm=True, given_us=5, alert=scene.alert()
    )
    await scene.runtime.publisher.send(Outgoing(FEEDBACK_GIVEN, given, "f", 5, user_key=given.user_key))
    await eventually(lambda: bool(scene.incidents["first"].verdicts and scene.incidents["first"].told), 10)
    wanted = Search({"kind": "first_kind", "state": "open"}, 0, 2**62, 10)
    index = IncidentIndex(redis_url)

    async def found(count: int) -> None:
        async with asyncio.timeout(15):
            while True:
                incidents, cursor = await index.search(wanted)
                if len(incidents) == count and incidents[0].told and incidents[0].verdicts:
                    assert cursor is None
                    return
                await asyncio.sleep(0.02)

    await found(1)
    await index._redis.flushall()
    await found(1)
    await index.close()


async def test_a_storm_is_a_handful_of_notifications_and_a_critical_page_waits_for_nothing(
    scene: Scene, eventually: Eventually
) -> None:
    kinds = ("storm_a", "storm_b", "storm_c")
    await scene.tell("before", kind="before_the_storm")
    await eventually(lambda: bool(scene.came), 20)
    for start in range(0, STORM, 500):
        for part, kind in enumerate(kinds):
            ids = [f"storm-{n}" for n in range(start, start + 500) if n % 3 == part]
            await scene.tell(*ids, kind=kind)
    began = time.monotonic()
    page = scene.alert(alert_id="page", kind="storm_page", severity=detection_pb2.SEVERITY_CRITICAL)
    await scene.runtime.publisher.send(Outgoing(ALERTS_RAISED, page, "page", page.opened_us, user_key=page.user_key))
    await scene.tell("page", kind="storm_page", severity=detection_pb2.SEVERITY_CRITICAL)
    await eventually(lambda: any(p["groupLabels"]["kind"] == "storm_page" for _, p, _ in scene.came), 60)
    told_after_s = next(at for at, p, _ in scene.came if p["groupLabels"]["kind"] == "storm_page") - began
    assert told_after_s < 1.0
    wanted = Counter(kinds[n % 3] for n in range(STORM))

    def counted() -> dict[str, int]:
        newest = {s.group_labels["kind"]: s for s in scene.told.values() if s.group_labels["kind"] in kinds}
        return {kind: sent.firing_count for kind, sent in newest.items()}

    await eventually(lambda: counted() == wanted, 120)
    await eventually(lambda: all(scene.incidents[f"storm-{n}"].told for n in range(STORM)), 60)
    storm = [p for _, p, _ in scene.came if p["groupLabels"]["kind"] in kinds]
    print(f"{len(storm)} notifications of {STORM:,} incidents; a page {told_after_s:.2f} s after the storm was sent")
    last = {p["groupLabels"]["kind"]: p for p in storm}
    assert {kind: len(p["alerts"]) + p["truncatedAlerts"] for kind, p in last.items()} == wanted
    assert len(storm) <= 60
    assert len({key for _, _, key in scene.came}) == len(scene.came)


async def test_a_critical_page_arrives_within_a_second(scene: Scene, eventually: Eventually) -> None:
    await scene.tell("warm", kind="warm")
    await eventually(lambda: bool(scene.came), 20)
    began = time.monotonic()
    await scene.tell("now", kind="page_now", severity=detection_pb2.SEVERITY_CRITICAL)
    await eventually(lambda: any(p["groupLabels"]["kind"] == "page_now" for _, p, _ in scene.came), 10)
    assert scene.came[-1][0] - began < 1.0


async def test_what_does_not_arrive_is_in_the_dead_letters_with_the_reason_and_told_by_whoever_goes_on(
    scene: Scene, eventually: Eventually
) -> None:
    scene.status = 500
    await scene.tell("lost", kind="lost_kind")
    await eventually(lambda: any("500" in reason for reason in scene.dead), 20)
    await scene.end()
    scene.status = 200
    await scene.begin("two")

    def outcome() -> list[int]:
        return [s.state for s in scene.told.values() if s.group_labels["kind"] == "lost_kind"]

    await eventually(lambda: incident_pb2.NOTIFICATION_STATE_SENT in outcome(), 20)
    before = len(scene.came)
    await scene.end()
    await scene.begin("three")
    await scene.tell("later", kind="later_kind")
    await eventually(lambda: any(p["groupLabels"]["kind"] == "later_kind" for _, p, _ in scene.came[before:]), 20)
    assert not any(p["groupLabels"]["kind"] == "lost_kind" for _, p, _ in scene.came[before:])


async def test_of_a_person_who_was_erased_nothing_is_left_and_nobody_is_told(
    scene: Scene, redis_url: str, eventually: Eventually
) -> None:
    user = "u_erased5678901234567890123"
    await scene.tell("of-erased", kind="erased_kind", user_key=user, last_received_us=5)
    await eventually(lambda: "of-erased" in scene.incidents and bool(scene.came), 20)
    silence = silence_of([parsed(f'user="{user}"')], 1, 2**52, "u_o", "x", 5)
    await scene.runtime.publisher.send(of_silence(silence))
    await eventually(lambda: scene.telling.silences.find(silence.id) is not None, 10)
    erased = people_pb2.UserErased(user_key=user, erased_us=10, erasure_id="e")
    await scene.runtime.publisher.send(Outgoing(USERS_ERASED, erased, "e", 10, user_key=user))
    await eventually(lambda: {"of-erased", silence.id} <= scene.gone, 20)
    assert scene.telling.silences.find(silence.id) is None
    index = IncidentIndex(redis_url)
    async with asyncio.timeout(10):
        while await index.of_user(user) or await index.find(["of-erased"]):
            await asyncio.sleep(0.02)
    await index.close()


async def test_of_two_processes_one_tells_and_the_other_goes_on_when_it_ends(
    scene: Scene, eventually: Eventually
) -> None:
    await scene.tell("of-one", kind="two_kind")
    await eventually(lambda: len(of_kind(scene, "two_kind")) == 1, 20)
    first = Scene({}, scene.alert, parts=scene.parts)
    first.runtime = scene.runtime
    await scene.begin("two")
    await scene.tell("of-both", kind="both_kind")
    await eventually(lambda: len(of_kind(scene, "both_kind")) == 1, 30)
    await first.end()
    await scene.tell("of-two", kind="two_kind")
    await eventually(lambda: len(of_kind(scene, "two_kind")) == 2, 30)
    assert [p["notification_reason"] for p in of_kind(scene, "two_kind")] == ["first notification", "new alerts added"]
    assert len(of_kind(scene, "both_kind")) == 1


def of_kind(scene: Scene, kind: str) -> list[dict[str, Any]]:
    """What the receiver was told of a kind."""
    return [payload for _, payload, _ in scene.came if payload["groupLabels"]["kind"] == kind]
