"""A provider of words in both protocols, and a receiver of notifications: a program in a container of its own.

Its words hold no numbers, so they say nothing that the facts of an alert do not; now and then it is overloaded.
"""

from __future__ import annotations

import asyncio
import itertools
from typing import Any, Final

from aiohttp import web

from tests.support.llm_server import ANTHROPIC, OF_ANYTHING, OPENAI, Respond, well

TAKES_S: Final = 0.2
FAILS: Final = 23
"""One request of so many is refused."""


def answers(provider: str) -> Respond:
    """Answers as one provider."""
    numbers = itertools.count(1)

    async def respond(request: web.Request, _: str, body: dict[str, Any]) -> web.StreamResponse:
        await asyncio.sleep(TAKES_S)
        if next(numbers) % FAILS == 0:
            error = {"type": "overloaded_error", "code": None, "message": "Overloaded"}
            return web.json_response({"type": "error", "error": error}, status=529)
        return await well(request, provider, body, OF_ANYTHING)

    return respond


def handler(provider: str) -> Any:
    """The handler of one provider's address."""
    respond = answers(provider)

    async def handle(request: web.Request) -> web.StreamResponse:
        return await respond(request, provider, await request.json())

    return handle


async def taken(_: web.Request) -> web.Response:
    """A notification that was read, or a look whether this program is there."""
    return web.Response()


def application() -> web.Application:
    """All of it."""
    app = web.Application(client_max_size=16 * 2**20)
    app.router.add_post("/v1/chat/completions", handler(OPENAI))
    app.router.add_post("/v1/messages", handler(ANTHROPIC))
    app.router.add_post("/told", taken)
    app.router.add_get("/", taken)
    return app


if __name__ == "__main__":
    web.run_app(application(), host="0.0.0.0", port=8080, print=lambda _: None)  # noqa: S104 - in its container
