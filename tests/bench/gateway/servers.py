"""The libraries a gateway could stand on, doing the same: `python -m tests.bench.gateway.servers LIBRARY`.

Each parses JSON frames, takes a token from a bucket and appends to columns; that is all. Prints its port, and on
SIGUSR1 how many messages it took.
"""

from __future__ import annotations

import asyncio
import signal
import sys
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any, Final

import msgspec
import uvloop
from aiohttp import WSMsgType, web
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from resonance_gateway.limits.limiter import Limits, RateLimiter

READY: Final = '{"type":"ready"}'


class _Columns:
    """What every library does with a frame."""

    def __init__(self) -> None:
        self.sizes: list[int] = []
        self.times: list[int] = []
        self.channels: list[str] = []
        self.taken = 0
        self._limiter = RateLimiter(Limits(1e6, 1e6))
        self._decode = msgspec.json.Decoder().decode

    def take(self, text: str, key: str) -> None:
        """One frame."""
        frame: dict[str, Any] = self._decode(text)
        now_us = time.monotonic_ns() // 1000
        if self._limiter.take(key, now_us) == 0:
            self.sizes.append(len(text))
            self.times.append(now_us)
            self.channels.append(frame.get("channel", ""))
            self.taken += 1
        if len(self.sizes) >= 1000:
            self.sizes, self.times, self.channels = [], [], []


async def _aiohttp(columns: _Columns) -> Callable[[], Awaitable[None]]:
    async def handle(request: web.Request) -> web.StreamResponse:
        socket = web.WebSocketResponse(compress=False)
        await socket.prepare(request)
        await socket.receive()
        await socket.send_str(READY)
        key = str(id(socket))
        while (message := await socket.receive()).type is WSMsgType.TEXT:
            columns.take(message.data, key)
        return socket

    app = web.Application()
    app.add_routes([web.get("/ws", handle)])
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, backlog=1024).start()
    print(runner.addresses[0][1], flush=True)
    return runner.cleanup


async def _websockets(columns: _Columns) -> Callable[[], Awaitable[None]]:
    async def handle(socket: ServerConnection) -> None:
        await socket.recv()
        await socket.send(READY)
        key = str(id(socket))
        with suppress(ConnectionClosed):
            async for text in socket:
                columns.take(str(text), key)

    server = await serve(handle, "127.0.0.1", 0, compression=None, ping_interval=None, backlog=1024)
    print(next(iter(server.sockets)).getsockname()[1], flush=True)

    async def stop() -> None:
        server.close()

    return stop


LIBRARIES: Final = {"aiohttp": _aiohttp, "websockets": _websockets}


async def _run(name: str) -> None:
    columns, stop = _Columns(), asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, lambda: print(columns.taken, flush=True))
    end = await LIBRARIES[name](columns)
    await stop.wait()
    await end()


if __name__ == "__main__":
    asyncio.set_event_loop_policy(uvloop.EventLoopPolicy())
    asyncio.run(_run(sys.argv[1]))
