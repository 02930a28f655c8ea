"""`GET /ws`: WebSocket connections of users."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Awaitable, Collection
from typing import Final

from aiohttp import web

from resonance_gateway.auth.bearer import bearer_of
from resonance_gateway.edge.entrance import Entrance
from resonance_gateway.edge.websocket import EdgeSocket
from resonance_gateway.sockets.connection import Connection, Surroundings
from resonance_gateway.sockets.heartbeats import Heartbeats
from resonance_gateway.sockets.opening import Doorkeeper
from resonance_gateway.sockets.protocol import Protocol
from resonance_gateway.sockets.verdicts import Judge
from resonance_runtime import metrics
from resonance_runtime.errors import Problem

# Frames up to this many times the limit are read, so that they can be answered with a sentence before the
# connection is closed; larger ones are cut off by the WebSocket layer, with close code 1009.
_READ_AHEAD: Final = 2
# Time for a client to answer a close frame.
_CLOSE_S: Final = 2.0
_OPEN: Final = metrics.GATEWAY_CONNECTIONS.labels(endpoint="ws")


class Sockets:
    """All WebSocket connections of users; closed together when the gateway stops.

    Args:
        surroundings: What connections share.
        doorkeeper: Lets clients in.
        judge: Judges their frames.
        max_frame: Largest frame, in bytes.
        heartbeat_s: Time between pings to a quiet client; one that does not answer within half of it is gone.
        entrance: Lets handshakes through.
    """

    def __init__(
        self,
        surroundings: Surroundings,
        doorkeeper: Doorkeeper,
        judge: Judge,
        max_frame: int,
        heartbeat_s: float,
        entrance: Entrance,
    ) -> None:
        self._surroundings = surroundings
        self._doorkeeper = doorkeeper
        self._judge = judge
        self._max_frame = max_frame
        self._entrance = entrance
        self._open: set[Connection] = set()
        self._none_open = asyncio.Event()
        self._none_open.set()
        self._accepting = False
        self._heartbeats = Heartbeats(self._open, heartbeat_s)
        self._beating: asyncio.Task[None] | None = None

    def __len__(self) -> int:
        return len(self._open)

    @property
    def connections(self) -> Collection[Connection]:
        """Open connections: the set itself, which changes with them."""
        return self._open

    def forget(self, user_key: str) -> None:
        """Forgets what was judged of a user."""
        self._judge.forget(user_key)

    async def start(self) -> None:
        """Begins to accept connections."""
        self._accepting = True
        self._beating = asyncio.create_task(self._heartbeats.run())

    async def stop(self) -> None:
        """Accepts no more, closes all with 1001, and returns when their last events are taken in."""
        self._accepting = False
        if self._beating is not None:
            self._beating.cancel()
        await asyncio.gather(*(connection.close() for connection in list(self._open)), return_exceptions=True)
        await self._none_open.wait()

    def admit(self, request: web.Request) -> Awaitable[web.StreamResponse]:
        """The coroutine that serves one connection from handshake to end; raises Problem where it may not be."""
        if not self._accepting:
            raise Problem(503, "Not accepting connections", "The gateway is starting or stopping; try again soon.")
        return self._serve(request, self._entrance.admit(request))

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """As `admit`, as a handler of the application."""
        return await self.admit(request)

    async def _serve(self, request: web.Request, address: str) -> web.StreamResponse:
        socket = EdgeSocket(
            compress=False, max_msg_size=_READ_AHEAD * self._max_frame, autoping=False, timeout=_CLOSE_S
        )
        await socket.prepare(request)
        protocol = Protocol(f"c_{secrets.token_hex(12)}", address, self._doorkeeper, self._judge, self._max_frame)
        connection = Connection(request, socket, protocol, self._surroundings)
        self._open.add(connection)
        self._none_open.clear()
        _OPEN.inc()
        try:
            await connection.run(bearer_of(request))
        finally:
            self._open.discard(connection)
            _OPEN.dec()
            if not self._open:
                self._none_open.set()
        return socket
