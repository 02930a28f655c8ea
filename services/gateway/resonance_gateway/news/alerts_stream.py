"""`GET /ws/alerts`: alerts and their explanations as they are raised."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from typing import Final

from aiohttp import WSMsgType, web
from pydantic import BaseModel, ConfigDict, Field

from resonance_gateway.auth.held import HeldOpen
from resonance_gateway.auth.operators import caller_of
from resonance_gateway.auth.roles import Role
from resonance_gateway.auth.tokens import Authenticator
from resonance_gateway.channels.outbox import Outbox, Queueing
from resonance_gateway.edge.entrance import Entrance
from resonance_gateway.edge.websocket import EdgeSocket
from resonance_gateway.news.desk import NewsDesk, Wish
from resonance_gateway.news.recent import Recent
from resonance_gateway.news.severity import Severity
from resonance_gateway.rest.access import sees_people
from resonance_gateway.rest.problems import problem
from resonance_gateway.rest.validation import query_of
from resonance_gateway.sockets.closing import CloseCode
from resonance_gateway.sockets.session import microseconds
from resonance_runtime import metrics

# Readers have nothing to say; what they send is passed over, and may not be large.
_MAX_READ: Final = 4096
_HEARTBEAT_S: Final = 20.0
_CLOSE_S: Final = 2.0
_QUEUEING: Final = Queueing("alerts")


class StreamQuery(BaseModel):
    """What a reader asks for.

    Attributes:
        min_severity: Less severe news is not sent.
        since: Seconds since the epoch; what is remembered from then on is sent first.
        token: A token, where no header can be set.
    """

    model_config = ConfigDict(extra="forbid")

    min_severity: Severity = Severity.LOW
    since: float | None = Field(None, ge=0, le=4_102_444_800)
    token: str | None = None


class AlertStreams:
    """All connections of operators; a component of the service.

    Args:
        authenticator: Checks tokens.
        desk: Tells the news.
        recent: What is remembered.
        caught_up: Set once the past has been read: from then on, what comes is new.
        entrance: Lets handshakes through.
    """

    def __init__(
        self,
        authenticator: Authenticator,
        desk: NewsDesk,
        recent: Recent,
        caught_up: asyncio.Event,
        entrance: Entrance,
    ) -> None:
        self._authenticator = authenticator
        self._desk = desk
        self._recent = recent
        self._caught_up = caught_up
        self._entrance = entrance
        self._open: set[web.WebSocketResponse] = set()
        self._held: set[HeldOpen] = set()
        self._stopping = False

    @property
    def connections(self) -> Collection[HeldOpen]:
        """Open connections: the set itself, which changes with them."""
        return self._held

    async def start(self) -> None:
        """Nothing to begin: connections come by themselves."""

    async def stop(self) -> None:
        """Closes all connections with 1001."""
        self._stopping = True
        closing = [
            socket.close(code=CloseCode.GOING_AWAY, message=b"The gateway is stopping; connect again.")
            for socket in list(self._open)
        ]
        await asyncio.gather(*closing, return_exceptions=True)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Serves one reader from its handshake to its end."""
        self._entrance.admit(request)
        caller = await caller_of(request, self._authenticator, Role.VIEWER, in_query=True)
        query = query_of(request, StreamQuery)
        wish = Wish(query.min_severity.rank, by_name=sees_people(caller))
        if self._stopping or not self._caught_up.is_set():
            return problem(503, "Not accepting connections", "The gateway is starting or stopping; try again soon.")
        socket = EdgeSocket(compress=False, max_msg_size=_MAX_READ, heartbeat=_HEARTBEAT_S, timeout=_CLOSE_S)
        await socket.prepare(request)
        held = HeldOpen(socket, caller)
        self._open.add(socket)
        self._held.add(held)
        metrics.GATEWAY_CONNECTIONS.labels(endpoint="alerts").inc()
        try:
            await self._serve(request, socket, wish, query.since)
        finally:
            self._open.discard(socket)
            self._held.discard(held)
            metrics.GATEWAY_CONNECTIONS.labels(endpoint="alerts").dec()
        return socket

    async def _serve(
        self, request: web.Request, socket: web.WebSocketResponse, wish: Wish, since: float | None
    ) -> None:
        outbox = Outbox(request.protocol, request.writer, _QUEUEING)
        try:
            # Subscribed and told of the past in one step, so nothing falls between.
            self._desk.subscribe(outbox, wish)
            if since is not None:
                for text in self._desk.since(self._recent, microseconds(since), wish):
                    outbox.answer(text)
                await outbox.flush()
            while (await socket.receive()).type in (WSMsgType.TEXT, WSMsgType.BINARY):
                pass
        finally:
            self._desk.unsubscribe(outbox)
            outbox.discard()
