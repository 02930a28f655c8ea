"""A provider of words that containers reach: it answers as OpenAI does, after the time that a small model takes."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from aiohttp import web

from tests.compose.stack import docker
from tests.support.llm_server import OF_ANYTHING, OPENAI, well

TAKES_S: Final = 1.0
"""Until an answer is there, seconds."""


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
        return await well(request, OPENAI, body, OF_ANYTHING)


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
