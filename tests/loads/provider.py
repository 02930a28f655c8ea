"""A provider of words that containers reach: it answers as OpenAI does, after the time that a small model takes."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from aiohttp import web

from tests.compose.stack import docker
from tests.support.llm_server import OPENAI, asked_of, completion

TAKES_S: Final = 1.0
"""Until an answer is there, seconds."""
WORDS: Final[dict[str, dict[str, Any]]] = {
    "en": {
        "title": "More errors than usual",
        "summary": "Errors are more frequent than usual. Look at what changed last.",
        "recommendations": ["Compare the beginning with the last release."],
    },
    "ru": {
        "title": "Ошибок больше обычного",
        "summary": "Ошибки случаются чаще обычного. Посмотрите, что менялось последним.",
        "recommendations": ["Сравните начало с последним релизом."],
    },
}
"""They hold no number, so they are right of whatever is asked about."""


class Provider:
    """The provider.

    Attributes:
        port: Where it listens.
        requests: How many came.
    """

    def __init__(self) -> None:
        self.port = 0
        self.requests = 0

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """A good answer."""
        self.requests += 1
        body = await request.json()
        await asyncio.sleep(TAKES_S)
        words = {language: WORDS[language] for language in asked_of(body)["languages"]}
        return web.json_response(completion(OPENAI, json.dumps(words, ensure_ascii=False)))


@contextmanager
def provider() -> Iterator[Provider]:
    """The provider, at the address under which containers know this machine."""
    made, loop, ready = Provider(), asyncio.new_event_loop(), threading.Event()

    async def serve() -> web.AppRunner:
        app = web.Application(client_max_size=16 * 2**20)
        app.router.add_post("/v1/chat/completions", made.answer)
        runner = web.AppRunner(app, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, bridge_address(), 0).start()
        made.port = runner.addresses[0][1]
        return runner

    def run() -> None:
        runner = loop.run_until_complete(serve())
        ready.set()
        loop.run_forever()
        loop.run_until_complete(runner.cleanup())
        loop.close()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    try:
        assert ready.wait(10), "the provider of words does not listen"
        yield made
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(timeout=10)


def bridge_address() -> str:
    """Where containers reach this machine: the gateway of the engine's own network."""
    said = docker("network", "inspect", "bridge", "--format", "{{(index .IPAM.Config 0).Gateway}}")
    return said.stdout.strip()
