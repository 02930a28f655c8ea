"""One flood of messages through the five services that tell of it, and the trace that a collector is sent of it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from tempfile import NamedTemporaryFile
from typing import Final, TypeVar

import aiohttp
import jwt

from resonance_contracts.topics import ALERTS_ENRICHED, Service
from resonance_local.stack import Stack
from tests.support.addresses import external
from tests.support.collector import Collector, Seen
from tests.support.topic_scan import Seen as Stored
from tests.support.topic_scan import scan_ours
from tests.traces.tree import orphans

SERVICES: Final = tuple(service for service in Service if service is not Service.AUTO_RETRAINER)
USER: Final = "olga"
FRAMES: Final = 150
"""A minute's limit of the rule is 100."""
DEADLINE_S: Final = 60.0
STAGES: Final = 2
"""Its facts, and its explanation: an incident that goes on has no others."""

_ROUTES: Final = """\
route: {{receiver: ops, group_by: [kind], group_wait: 1s}}
receivers:
  - name: ops
    webhook: [{{url: "{url}/hook"}}]
"""
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Ran:
    """What came of it.

    Attributes:
        alert_id: Of the incident that the flood opened.
        spans: Of its trace.
    """

    alert_id: str
    spans: Sequence[Seen]


def run(tell: Callable[[str], None]) -> Ran:
    """Runs it; raises AssertionError where the trace does not come whole in time."""
    with Collector() as collector, NamedTemporaryFile("w", suffix=".yml") as routes:
        routes.write(_ROUTES.format(url=collector.url))
        routes.flush()
        settings = {
            "RESONANCE_NOTIFY_ROUTES": routes.name,
            "OTEL_EXPORTER_OTLP_ENDPOINT": collector.url,
            "RESONANCE_TRACE_SAMPLE": "0",
            "RESONANCE_RATE": "1000",
            "RESONANCE_BURST": "1000",
        }
        stack = Stack(tell, settings, external(), SERVICES)
        try:
            stack.start()
            return asyncio.run(_flood(stack, collector, tell))
        finally:
            stack.stop()


async def _flood(stack: Stack, collector: Collector, tell: Callable[[str], None]) -> Ran:
    token = jwt.encode({"sub": USER, "exp": time.time() + 600}, stack.jwt_secret, "HS256")
    headers = {"Authorization": f"Bearer {token}"}
    url = f"{stack.url(Service.GATEWAY)}/ws"
    async with aiohttp.ClientSession(headers=headers) as http, http.ws_connect(url) as socket:
        tell(f"Sending {FRAMES} messages of one user.")
        for number in range(FRAMES):
            await socket.send_json({"type": "message", "data": {"number": number}})
            await asyncio.sleep(0.002)
        alert = await _until(lambda: _told(stack.environment))
        assert alert is not None
        trace_id = alert.headers["traceparent"].split("-")[1]
        spans = await _until(lambda: _whole(collector, trace_id))
        return Ran(alert.id.rsplit("/", 1)[0], spans)


async def _told(environment: Mapping[str, str]) -> Stored | None:
    """The newest revision of the first alert, once it is explained."""
    found = (await scan_ours(environment["RESONANCE_KAFKA_BOOTSTRAP"], [ALERTS_ENRICHED]))[ALERTS_ENRICHED.name]
    return next((record for record in found if record.id.endswith(f"/{STAGES}")), None)


async def _whole(collector: Collector, trace_id: str) -> list[Seen]:
    spans = collector.traces().get(trace_id, [])
    names = [span.name for span in spans]
    ended = names.count(f"send {ALERTS_ENRICHED.name}") == STAGES and any(n.startswith("notify") for n in names)
    return spans if ended and not orphans(spans) else []


async def _until(what: Callable[[], Awaitable[T]]) -> T:
    deadline = time.monotonic() + DEADLINE_S
    while not (found := await what()):
        if time.monotonic() > deadline:
            raise AssertionError(f"It did not come within {DEADLINE_S:g} s.")
        await asyncio.sleep(0.2)
    return found
