"""An orchestrator is killed while a notification is on its way; incidents and silences over HTTP at the gateway."""

from __future__ import annotations

import asyncio
import json
import sys
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import aiohttp
import jwt
import pytest

from resonance_contracts.pb.resonance.v1 import detection_pb2
from resonance_contracts.topics import ALERTS_RAISED, Service
from resonance_local.child import Child
from resonance_local.ports import Ports
from resonance_local.stack import Stack
from resonance_runtime.publisher import Publisher
from resonance_runtime.records import Outgoing
from resonance_runtime.settings import RuntimeSettings, load

pytestmark = [pytest.mark.embedded, pytest.mark.kafka]

DEADLINE_S = 120
USER = "u_of_the_test_of_notifications"
KIND = "killed_in_between"

ROUTES = """
route:
  receiver: topic
  group_by: [kind]
  group_wait: 1s
  group_interval: 1s
  routes:
    - matchers: [kind="{kind}"]
      receiver: hook
receivers:
  - name: topic
  - name: hook
    webhook: [{{url: "{url}", timeout_s: 20}}]
"""


@dataclass
class Receiver:
    """A receiver that holds what comes until it is let go."""

    go: threading.Event = field(default_factory=threading.Event)
    came: list[tuple[str, dict[str, Any]]] = field(default_factory=list)


@pytest.fixture
def receiver() -> Iterator[tuple[str, Receiver]]:
    found = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            found.came.append((self.headers["Idempotency-Key"], json.loads(body)))
            if found.go.wait(DEADLINE_S):
                self.send_response(200)
                self.end_headers()

        def log_message(self, *_: Any) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/", found
    found.go.set()
    server.shutdown()
    server.server_close()


def start(parts: Stack, tmp_path: Path, name: str, instance: str, **more: str) -> tuple[Child, str]:
    """A service in a process of its own, and where it listens."""
    port = Ports().any()
    settings = {**parts.environment, "RESONANCE_HTTP_PORT": str(port), "RESONANCE_INSTANCE": instance, **more}
    child = Child(instance, [sys.executable, "-m", f"resonance_{name}"], settings, tmp_path / f"{instance}.log")
    child.start()
    return child, f"http://127.0.0.1:{port}"


async def until(what: Callable[[], Awaitable[Any]]) -> Any:
    """What is found, once it is."""
    deadline, said = time.monotonic() + DEADLINE_S, None
    while time.monotonic() < deadline:
        try:
            if said := await what():
                return said
        except aiohttp.ClientError as error:
            said = error
        await asyncio.sleep(0.1)
    raise AssertionError(f"It came to nothing: {said}")


async def test_a_notification_that_a_killed_process_left_is_sent_again_under_its_id_and_no_other(
    parts: Stack, tmp_path: Path, receiver: tuple[str, Receiver]
) -> None:
    url, hook = receiver
    routes = tmp_path / "routes.yml"
    routes.write_text(ROUTES.format(kind=KIND, url=url))
    notify = {"RESONANCE_NOTIFY_ROUTES": str(routes)}
    gateway, address = start(parts, tmp_path, "gateway", "notify-gateway")
    first, _ = start(parts, tmp_path, "llm_orchestrator", "notify-first", **notify)
    children = [gateway, first]
    try:
        await raise_alert(parts)
        await until(partial(came, hook, 1))
        first.kill()
        second, _ = start(parts, tmp_path, "llm_orchestrator", "notify-second", **notify)
        children.append(second)
        await until(partial(came, hook, 2))
        hook.go.set()
        claims = {"sub": "olga", "exp": time.time() + 600, "jti": "olga", "roles": ["operator"]}
        headers = {"Authorization": f"Bearer {jwt.encode(claims, parts.jwt_secret, 'HS256')}"}
        async with aiohttp.ClientSession(headers=headers) as http:
            told = await until(partial(told_of, http, address))
            assert [one["reason"] for one in told] == ["first"]
            async with http.get(f"{address}/ml/incidents?kind={KIND}&state=open") as answer:
                assert (await answer.json())["count"] == 1
            wanted = {"matchers": [{"label": "user", "value": "olga"}], "lasts_s": 60, "comment": "x"}
            async with http.post(f"{address}/ml/silences", json=wanted) as answer:
                made = await answer.json()
                assert answer.status == 200 and made["state"] == "active"
            async with http.get(f"{address}/ml/silences") as answer:
                assert made["silence_id"] in {one["silence_id"] for one in (await answer.json())["silences"]}
        assert len({key for key, _ in hook.came}) == 1 and len(hook.came) == 2
        assert hook.came[0][1]["alerts"] == hook.came[1][1]["alerts"]
    finally:
        hook.go.set()
        for child in children:
            child.stop(15)


async def came(hook: Receiver, count: int) -> bool:
    return len(hook.came) >= count


async def told_of(http: aiohttp.ClientSession, address: str) -> Any:
    async with http.get(f"{address}/ml/incidents/of-notifications") as answer:
        return answer.status == 200 and (await answer.json())["told"]


async def raise_alert(parts: Stack) -> None:
    """As the predictor would."""
    now_us = time.time_ns() // 1000
    alert = detection_pb2.Alert(
        alert_id="of-notifications", revision=1, state=detection_pb2.ALERT_STATE_OPEN, user_key=USER, stream="live",
        kind=KIND, severity=detection_pb2.SEVERITY_HIGH, detector=detection_pb2.DETECTOR_RULE, vector_id="v1",
        opened_us=now_us, last_seen_us=now_us, vectors=1,
    )  # fmt: skip
    publisher = Publisher(Service.PREDICTOR, load(RuntimeSettings, parts.environment))
    await publisher.start()
    await publisher.send(Outgoing(ALERTS_RAISED, alert, "of-notifications", now_us, user_key=USER))
    await publisher.stop()
