"""What is outside of Resonance while alerts are tested: receivers of alerts and of notifications, and both providers.

Runs in a container of the stack. `POST /mode` says how each of them behaves; `GET /arrived?after=N` lists what
Alertmanager sent, from number N on.
"""

from __future__ import annotations

import asyncio
import json
import time
from typing import Any, Final

from aiohttp import web

from tests.support.llm_server import ANTHROPIC, OF_ANYTHING, OPENAI, well

PORT: Final = 8099
SLOW_S: Final = 7.0


class Outside:
    """All of it, and what arrived."""

    def __init__(self) -> None:
        self.arrived: list[dict[str, Any]] = []
        self.modes: dict[str, str] = {}

    def routes(self) -> list[web.RouteDef]:
        """What it serves."""
        return [
            web.post("/alerts/{receiver}", self.take),
            web.get("/arrived", self.show),
            web.post("/mode", self.behave),
            web.post("/notified", self.notified),
            web.post("/hook", self.notified),
            web.post("/v1/chat/completions", self.openai),
            web.post("/v1/messages", self.anthropic),
        ]

    async def take(self, request: web.Request) -> web.Response:
        """A notification of Alertmanager."""
        receiver = request.match_info["receiver"]
        if self.modes.get(receiver) == "failing":
            return web.Response(status=500)
        for alert in (await request.json())["alerts"]:
            self.arrived.append({"receiver": receiver, "at": time.time(), **alert})
        return web.Response()

    async def show(self, request: web.Request) -> web.Response:
        """What arrived."""
        return web.json_response(self.arrived[int(request.query.get("after", 0)) :])

    async def behave(self, request: web.Request) -> web.Response:
        """Changes how parts behave."""
        self.modes |= await request.json()
        return web.Response()

    async def notified(self, request: web.Request) -> web.Response:
        """A notification of an incident, or an action."""
        return web.Response(status=400 if self.modes.get(request.path[1:]) == "failing" else 200)

    async def openai(self, request: web.Request) -> web.StreamResponse:
        """A request in OpenAI's protocol."""
        return await self._words(request, OPENAI)

    async def anthropic(self, request: web.Request) -> web.StreamResponse:
        """A request in Anthropic's protocol."""
        return await self._words(request, ANTHROPIC)

    async def _words(self, request: web.Request, provider: str) -> web.StreamResponse:
        body = await request.json()
        match self.modes.get(provider):
            case "failing":
                return web.Response(status=503, text=json.dumps({"error": {"type": "overloaded", "message": "No."}}))
            case "slow":
                await asyncio.sleep(SLOW_S)
        return await well(request, provider, body, OF_ANYTHING)


def main() -> None:
    """Serves until it is stopped."""
    app = web.Application(client_max_size=16 * 2**20)
    app.add_routes(Outside().routes())
    web.run_app(app, host="0.0.0.0", port=PORT, access_log=None)  # noqa: S104 - in a container


if __name__ == "__main__":
    main()
