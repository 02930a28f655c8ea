"""A provider of words on the loopback that dies and comes back, and keeps count of who asked it what."""

from __future__ import annotations

import asyncio
import json
import time
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from aiohttp import web

from resonance_local.ports import Ports
from tests.support.llm_server import OPENAI, completion

TAKES_S: Final = 0.3
"""Time that a good answer takes."""
SILENT_S: Final = 60.0
"""How long nothing comes: far longer than anybody waits."""
NAMES: Final = ("amber", "birch", "cedar", "delta", "ember", "fjord", "grove", "heron", "inlet", "jetty")
"""Ten words for ten digits: no two answers are the same, and none holds a number of its own."""


class Death(StrEnum):
    """How a provider is dead."""

    REFUSED = "connections are refused"
    OVERLOADED = "529, overloaded"
    STALLED = "no answer comes"


@dataclass(slots=True)
class Came:
    """One request.

    Attributes:
        alert: Number of the alert that it is about.
        at_s: When it came, seconds since the epoch.
        answered_s: When a good answer was sent; None where none was.
    """

    alert: int
    at_s: float
    answered_s: float | None = None


@dataclass(slots=True)
class Mortal:
    """The provider; its address stays the same.

    Attributes:
        name: Whose protocol it speaks.
        port: Where it listens.
        death: How it is dead; None while it lives.
        came: Every request that was read.
    """

    name: str
    port: int = field(default_factory=lambda: Ports().any())
    death: Death | None = None
    came: list[Came] = field(default_factory=list)
    _runner: web.AppRunner | None = None

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self.port}"

    async def live(self) -> None:
        """Listens, and answers well."""
        self.death = None
        if self._runner is not None:
            return
        app = web.Application(client_max_size=16 * 2**20)
        app.router.add_post("/v1/chat/completions" if self.name == OPENAI else "/v1/messages", self._answer)
        self._runner = web.AppRunner(app, shutdown_timeout=0.05)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self.port).start()

    async def die(self, death: Death) -> None:
        """Dies."""
        self.death = death
        if death is Death.REFUSED:
            await self.leave()

    async def leave(self) -> None:
        """Listens no more, and hangs up on everybody."""
        if self._runner is not None:
            runner, self._runner = self._runner, None
            await runner.cleanup()

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        body = await request.json()
        facts = _facts(body)
        came = Came(round(facts["noticed"]["observed"]), time.time())
        self.came.append(came)
        if self.death is Death.STALLED:
            await asyncio.sleep(SILENT_S)
            return web.Response(status=504)
        await asyncio.sleep(TAKES_S)
        if self.death is not None:
            error = {"type": "overloaded_error", "code": None, "message": "Overloaded"}
            return web.json_response({"type": "error", "error": error}, status=529)
        text = json.dumps(_words(facts, len(self.came)), ensure_ascii=False)
        came.answered_s = time.time()
        return web.json_response(completion(self.name, text))


def _facts(body: dict[str, Any]) -> dict[str, Any]:
    asked = next(m["content"] for m in body["messages"] if m["role"] == "user")
    facts: dict[str, Any] = json.loads(asked)["facts"]
    return facts


def _words(facts: dict[str, Any], count: int) -> dict[str, Any]:
    """Words about the alert that no other answer has."""
    mark = " ".join(NAMES[int(digit)] for digit in str(count))
    observed = round(facts["noticed"]["observed"])
    return {
        "en": {
            "title": f"Message flood, note {mark}",
            "summary": f"The user sent {observed} messages a minute.",
            "recommendations": ["Limit the user."],
        },
        "ru": {
            "title": f"Поток сообщений, запись {mark}",
            "summary": f"Пользователь отправил {observed} сообщений в минуту, это больше порога.",
            "recommendations": ["Ограничьте пользователя."],
        },
    }
