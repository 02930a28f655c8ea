"""A flood that grows from high to critical, from what a backend tells to the pager, the screen and the actions."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from secrets import token_hex
from typing import Any

import aiohttp
import jwt
import pytest

from resonance_contracts.topics import Service
from resonance_local.stack import Stack
from tests.support.addresses import external

pytestmark = [pytest.mark.embedded, pytest.mark.kafka]

DEADLINE_S = 120
KIND = "message_flood"
HIGH, CRITICAL = 120, 1000
"""Messages at once that the rules call a high flood, and a critical one: one batch each."""

ROUTES = """
route:
  receiver: pager
  group_by: [alert_id]
  group_wait: 1s
  group_interval: 1h
receivers:
  - name: pager
    webhook: [{{url: "{url}"}}]
"""
POLICY = """
[[rules]]
name = "grave"
min_severity = "high"
propose = [{ action = "notify_devops_team" }]

[[rules]]
name = "gravest"
min_severity = "critical"
propose = [{ action = "page_on_call_engineer" }]
"""


@dataclass
class Pager:
    """Who is told, and what they were told."""

    url: str
    came: list[dict[str, Any]] = field(default_factory=list)


@pytest.fixture
def pager() -> Iterator[Pager]:
    found = Pager("")

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            found.came.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    found.url = f"http://127.0.0.1:{server.server_port}/"
    yield found
    server.shutdown()
    server.server_close()


@pytest.fixture
def system(pager: Pager, tmp_path: Path) -> Iterator[Stack]:
    routes, policy = tmp_path / "routes.yml", tmp_path / "policy.toml"
    routes.write_text(ROUTES.format(url=pager.url))
    policy.write_text(POLICY)
    settings = {"RESONANCE_NOTIFY_ROUTES": str(routes), "RESONANCE_ACTIONS_POLICY": str(policy)}
    stack = Stack(lambda sentence: None, settings, external())
    try:
        stack.start()
        yield stack
    finally:
        stack.stop()


@dataclass
class Outside:
    """A backend, and an operator before a screen."""

    stack: Stack
    http: aiohttp.ClientSession
    user: str = field(default_factory=lambda: f"loud-{token_hex(4)}")
    sent: int = 0
    frames: list[dict[str, Any]] = field(default_factory=list)

    async def chatter(self, messages: int) -> None:
        """The backend tells messages of one user at once, and again while they are not stored in time."""
        numbers = range(self.sent + 1, self.sent + messages + 1)
        batch = {
            "source": "shop",
            "events": [{"user_id": self.user, "message_size": 20, "sequence": n} for n in numbers],
        }
        while self.sent < numbers[-1]:
            async with self.http.post("/ml/activity", json=batch) as answer:
                assert answer.status in (200, 503), await answer.text()
                self.sent = numbers[-1] if answer.status == 200 else self.sent

    async def watch(self) -> None:
        """The screen is told."""
        async with self.http.ws_connect("/ws/alerts?since=0") as socket:
            async for message in socket:
                self.frames.append(json.loads(message.data))

    async def incident(self) -> dict[str, Any] | None:
        """As it is looked up."""
        async with self.http.get(f"/ml/incidents?kind={KIND}&user={self.user}") as answer:
            found = (await answer.json())["incidents"]
            return found[0] if found else None

    def severities(self, kind: str) -> list[str]:
        """Of the flood, of the frames of a type, in the order in which they came."""
        frames = [frame if kind == "alert" else frame["alert"] for frame in self.frames if frame["type"] == kind]
        return [alert["severity"] for alert in frames if alert["kind"] == KIND and alert["user_id"] == self.user]


async def until(what: Callable[[], Awaitable[Any]], wanted: str) -> Any:
    deadline = time.monotonic() + DEADLINE_S
    while time.monotonic() < deadline:
        if found := await what():
            return found
        await asyncio.sleep(0.1)
    raise AssertionError(f"It did not come: {wanted}")


async def test_an_incident_that_becomes_critical_is_paged_shown_and_acted_on(system: Stack, pager: Pager) -> None:
    claims = {"sub": "olga", "exp": time.time() + 600, "roles": ["operator", "backend"]}
    headers = {"Authorization": f"Bearer {jwt.encode(claims, system.jwt_secret, 'HS256')}"}
    async with aiohttp.ClientSession(system.url(Service.GATEWAY), headers=headers) as http:
        outside = Outside(system, http)
        watching = asyncio.create_task(outside.watch())

        async def told(severity: str) -> bool:
            found = await outside.incident()
            return found is not None and severity in [one["labels"]["severity"] for one in of(found["alert_id"], pager)]

        async def graver() -> Any:
            found = await outside.incident()
            return found if found is not None and found["severity"] == "critical" else None

        async def proposed() -> Any:
            found = await outside.incident()
            actions = {one["kind"] for one in (found or {"actions": []})["actions"]}
            return "page_on_call_engineer" in actions and actions

        async def shown() -> bool:
            said = outside.severities("alert")[-1:], outside.severities("enriched")[-1:]
            return said == (["critical"], ["critical"])

        await outside.chatter(HIGH)
        await until(lambda: told("high"), "the first notification")
        await outside.chatter(CRITICAL)
        await until(lambda: told("critical"), "a page")
        await until(graver, "the graver incident")
        await until(shown, "the graver incident on the screen")
        assert await until(proposed, "what is proposed for a critical incident") == {
            "notify_devops_team",
            "page_on_call_engineer",
        }
        alert_id = (await graver())["alert_id"]

        async def reasons() -> Any:
            async with http.get(f"/ml/incidents/{alert_id}") as answer:
                told_of = [one["reason"] for one in (await answer.json())["told"]]
                return len(told_of) > 1 and told_of

        assert await until(reasons, "who was told and why") == ["first", "page at once"]
        watching.cancel()
    graver_ones = [one for one in of(alert_id, pager) if one["labels"]["severity"] == "critical"]
    said = graver_ones[0]["annotations"]["description"]
    assert "was of high severity and is critical now" in said and "1,000 messages a minute" in said, said
    assert outside.severities("alert") == ["high", "critical"]


def of(alert_id: str, pager: Pager) -> list[dict[str, Any]]:
    """An incident as it was told, each time."""
    return [alert for one in pager.came for alert in one["alerts"] if alert["labels"]["alert_id"] == alert_id]
