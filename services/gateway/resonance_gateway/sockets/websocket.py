"""`GET /ws`: WebSocket connections of users."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from aiohttp import web

from resonance_gateway.rest.problems import problem
from resonance_gateway.sockets.connection import Connection, Surroundings
from resonance_gateway.sockets.opening import Doorkeeper
from resonance_gateway.sockets.protocol import Protocol
from resonance_gateway.sockets.verdicts import Judge
from resonance_runtime import metrics

# Frames up to this many times the limit are read, so that they can be answered with a sentence before the
# connection is closed; larger ones are cut off by the WebSocket layer, with close code 1009.
_READ_AHEAD: Final = 2
# Time for a client to answer a close frame.
_CLOSE_S: Final = 2.0


class Sockets:
    """All WebSocket connections of users; closed together when the gateway stops.

    Args:
        surroundings: What connections share.
        doorkeeper: Lets clients in.
        judge: Judges their frames.
        max_frame: Largest frame, in bytes.
        heartbeat_s: Time between pings to a quiet client; one that does not answer within half of it is gone.
    """

    def __init__(
        self,
        surroundings: Surroundings,
        doorkeeper: Doorkeeper,
        judge: Judge,
        max_frame: int,
        heartbeat_s: float,
    ) -> None:
        self._surroundings = surroundings
        self._doorkeeper = doorkeeper
        self._judge = judge
        self._max_frame = max_frame
        self._heartbeat_s = heartbeat_s
        self._open: set[Connection] = set()
        self._none_open = asyncio.Event()
        self._none_open.set()
        self._accepting = False

    def __len__(self) -> int:
        return len(self._open)

    async def start(self) -> None:
        """Begins to accept connections."""
        self._accepting = True

    async def stop(self) -> None:
        """Accepts no more, closes all with 1001, and returns when their last events are taken in."""
        self._accepting = False
        await asyncio.gather(*(connection.close() for connection in list(self._open)), return_exceptions=True)
        await self._none_open.wait()

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Serves one connection from its handshake to its end."""
        if not self._accepting:
            return problem(503, "Not accepting connections", "The gateway is starting or stopping; try again soon.")
        socket = web.WebSocketResponse(
            compress=False,
            max_msg_size=_READ_AHEAD * self._max_frame,
            heartbeat=self._heartbeat_s,
            timeout=_CLOSE_S,
        )
        await socket.prepare(request)
        protocol = Protocol(
            f"c_{secrets.token_hex(12)}", request.remote or "", self._doorkeeper, self._judge, self._max_frame
        )
        connection = Connection(socket, protocol, self._surroundings)
        with self._counted(connection):
            await connection.run(bearer_of(request))
        return socket

    @contextmanager
    def _counted(self, connection: Connection) -> Iterator[None]:
        """Keeps a connection among the open ones while it is served."""
        gauge = metrics.GATEWAY_CONNECTIONS.labels(endpoint="ws")
        self._open.add(connection)
        self._none_open.clear()
        gauge.inc()
        try:
            yield
        finally:
            self._open.discard(connection)
            gauge.dec()
            if not self._open:
                self._none_open.set()


def bearer_of(request: web.Request) -> str | None:
    """The token of the Authorization header (RFC 6750), None where there is none."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" and token.strip() else None
