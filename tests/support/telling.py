"""Processes that tell of incidents through a broker, with Redis and a receiver on the loopback, and what they told."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiohttp import web
from aiokafka import AIOKafkaConsumer

from resonance_contracts.pb.resonance.v1 import alert_pb2, detection_pb2, incident_pb2
from resonance_contracts.topics import (
    ALERTS_ENRICHED,
    INCIDENTS_CHANGED,
    NOTIFICATIONS_SENT,
    SILENCES_CHANGED,
    Service,
)
from resonance_llm_orchestrator.settings import OrchestratorSettings
from resonance_llm_orchestrator.telling.assembly import Telling
from resonance_runtime import topics
from resonance_runtime.erasures import Erasures
from resonance_runtime.records import Outgoing
from resonance_runtime.service import Runtime
from resonance_runtime.settings import load

MakeAlert = Callable[..., detection_pb2.Alert]

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


@dataclass
class Scene:
    """What tells, what it told, and what is stored."""

    environ: dict[str, str]
    alert: MakeAlert
    came: list[tuple[float, dict[str, Any], str]] = field(default_factory=list)
    status: int = 200
    held: asyncio.Event | None = None
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

    async def leave(self) -> None:
        """It does nothing any more, but its publisher is there still."""
        async with asyncio.timeout(60):
            for part in reversed(self.parts):
                await part.stop()
        self.parts = []

    async def end(self) -> None:
        """It ends."""
        await self.leave()
        async with asyncio.timeout(60):
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


@asynccontextmanager
async def scene_on(bootstrap: str, redis_url: str, folder: Path, alert: MakeAlert) -> AsyncIterator[Scene]:
    """A scene with one process that runs, on a broker and a Redis; its routes are in a folder."""
    routes = folder / "routes.yml"
    # Topics, groups and keys of a test are its own: what the one before left is over and resolved, or another kind.
    found = Scene({}, alert)

    async def take(request: web.Request) -> web.Response:
        key = request.headers["Idempotency-Key"]
        found.came.append((time.monotonic(), json.loads(await request.read()), key))
        if found.held is not None and found.came[-1][1]["alerts"][0]["labels"]["severity"] != "critical":
            await found.held.wait()
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
