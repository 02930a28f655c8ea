"""Autobahn's cases against our side of a WebSocket: `kosoku` drives them."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager

from aiohttp import WSMsgType, web
from kosoku import FailureError, run_fuzzingclient

from resonance_gateway.edge.edge import Edge
from resonance_gateway.edge.entrance import Entrance
from resonance_gateway.edge.listening import listen_at
from resonance_gateway.edge.settings import EdgeSettings
from resonance_gateway.edge.websocket import EdgeSocket

# Large messages (they take long, and pass), and compression, which is not offered.
LEFT_OUT = ["9.*", "12.*", "13.*"]
# Not-UTF-8 is refused at the end of a message and not within it, which RFC 6455 allows; what is sent after a close.
MAY_VARY = {"6.4.1", "6.4.2", "6.4.3", "6.4.4", "7.1.6", "7.13.1", "7.13.2"}
TURNS = 3


@asynccontextmanager
async def echoing():
    """A WebSocket that sends back what it gets, behind the edge; its port."""
    edge = Edge.of(EdgeSettings())

    async def echo(request):
        Entrance(edge).admit(request)
        socket = EdgeSocket(compress=False, timeout=2.0)
        await socket.prepare(request)
        while True:
            message = await socket.receive()
            if message.type is WSMsgType.TEXT:
                await socket.send_str(message.data)
            elif message.type is WSMsgType.BINARY:
                await socket.send_bytes(message.data)
            else:
                return socket

    app = web.Application()
    app.add_routes([web.get("/", echo)])
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
    await runner.setup()
    site = listen_at(edge, EdgeSettings(), None)(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield site.port
    finally:
        await runner.cleanup()


async def driven(port, **which):
    """The verdicts of a run, by case."""
    try:
        results = await run_fuzzingclient(f"ws://127.0.0.1:{port}", **which)
    except FailureError as failed:
        results = failed.results
    return {result.case_id: (result.behavior.value, result.behavior_close.value) for result in results}


def wrong(verdicts):
    """Cases that did not end as they should."""
    return [case for case, verdict in verdicts.items() if verdict != ("OK", "OK") and case not in MAY_VARY]


async def test_autobahns_cases():
    async with echoing() as port, asyncio.timeout(120):
        verdicts = await driven(port, exclude_cases=LEFT_OUT, concurrency=8)
        # Most cases wait for a second only, which a busy machine may stand still for: what failed has other turns.
        for _ in range(TURNS):
            verdicts |= await driven(port, cases=wrong(verdicts)) if wrong(verdicts) else {}

    assert len(verdicts) == 247
    assert wrong(verdicts) == []
