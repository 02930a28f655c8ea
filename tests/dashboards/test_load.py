"""The load on a gateway that answers anything: all of it is sent, and nothing that comes back ends it early."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator

import pytest
from aiohttp import WSMsgType, web

from tests.dashboards import load as loading
from tests.dashboards.load import Load
from tests.dashboards.people import MANNERS

INCIDENT = "al_" + "0" * 32
ANSWERS = {
    "/ml/incidents": {"incidents": [{"alert_id": INCIDENT}]},
    "/ml/actions": {"actions": [{"action_id": "ac_1"}, {"action_id": "ac_2"}]},
}


class Anything:
    """Answers, and counts what came: paths with their methods, frames by path."""

    def __init__(self) -> None:
        self.asked: Counter[tuple[str, str]] = Counter()
        self.frames: Counter[str] = Counter()
        self.connections = 0

    async def answer(self, request: web.Request) -> web.StreamResponse:
        if request.headers.get("Upgrade", "").lower() == "websocket":
            return await self._talk(request)
        self.asked[request.method, request.path] += 1
        if request.path == "/ml/nothing-is-here":
            return web.Response(status=404, text="no JSON")
        return web.json_response(ANSWERS.get(request.path, {}))

    async def _talk(self, request: web.Request) -> web.StreamResponse:
        ws = web.WebSocketResponse()
        await ws.prepare(request)
        self.connections += 1
        async for message in ws:
            if message.type == WSMsgType.TEXT:
                self.frames[request.path] += 1
        return ws


class Somewhere:
    """A system at one address."""

    jwt_secret = "s" * 48

    def __init__(self, port: int) -> None:
        self.port = port

    def url(self, _: str) -> str:
        return f"http://127.0.0.1:{self.port}"


@pytest.fixture
async def anything() -> AsyncIterator[tuple[Anything, Somewhere]]:
    found = Anything()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", found.answer)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield found, Somewhere(runner.addresses[0][1])
    await runner.cleanup()


@pytest.mark.long
async def test_everything_is_asked_and_everybody_writes(
    anything: tuple[Anything, Somewhere], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def nothing(_: Load) -> None:
        await asyncio.sleep(0)

    monkeypatch.setattr(loading, "PAUSE_S", 0.0)
    # The simulator and Kafka are not here.
    monkeypatch.setattr(Load, "_demo", nothing)
    monkeypatch.setattr(Load, "_poison", nothing)
    found, somewhere = anything
    load = Load(somewhere, 3.0, lambda _: None)  # the parts of it that are used
    await load.run()
    for asked in (
        ("POST", "/ml/feedback"), ("POST", "/ml/explain/anomaly"), ("POST", "/ml/models/train"),
        ("POST", "/ml/models/anomaly_detection/rollback"), ("PUT", "/ml/limits/critical-1"), ("POST", "/explain"),
        ("POST", "/ml/actions/ac_1/approve"),
    ):  # fmt: skip
        assert found.asked[asked], asked
    assert load.statuses["/ml/nothing-is-here", 404] and load.statuses["/ml/status", 200]
    assert found.connections == len(MANNERS) + 1
    assert found.frames["/ws"] > len(MANNERS)
