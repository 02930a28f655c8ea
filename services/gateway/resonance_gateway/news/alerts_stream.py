"""`GET /ws/alerts`: alerts and their explanations as they are raised."""

from __future__ import annotations

import asyncio
from typing import Final

from aiohttp import WSMsgType, web
from pydantic import BaseModel, ConfigDict, Field

from resonance_gateway.auth.operators import operator_of
from resonance_gateway.auth.tokens import Authenticator
from resonance_gateway.channels.outbox import Outbox
from resonance_gateway.news.desk import NewsDesk
from resonance_gateway.news.recent import Recent
from resonance_gateway.news.severity import Severity
from resonance_gateway.rest.problems import problem
from resonance_gateway.rest.validation import query_of
from resonance_gateway.sockets.closing import CloseCode
from resonance_gateway.sockets.session import microseconds
from resonance_runtime import metrics

# Readers have nothing to say; what they send is passed over, and may not be large.
_MAX_READ: Final = 4096
_HEARTBEAT_S: Final = 20.0
_CLOSE_S: Final = 2.0


class StreamQuery(BaseModel):
    """What a reader asks for.

    Attributes:
        min_severity: Less severe news is not sent.
        since: Seconds since the epoch; what is remembered from then on is sent first.
        token: Operator's token, where no header can be set.
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
    """

    def __init__(self, authenticator: Authenticator, desk: NewsDesk, recent: Recent, caught_up: asyncio.Event) -> None:
        self._authenticator = authenticator
        self._desk = desk
        self._recent = recent
        self._caught_up = caught_up
        self._open: set[web.WebSocketResponse] = set()
        self._stopping = False

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
        operator_of(request, self._authenticator, in_query=True)
        query = query_of(request, StreamQuery)
        if self._stopping or not self._caught_up.is_set():
            return problem(503, "Not accepting connections", "The gateway is starting or stopping; try again soon.")
        socket = web.WebSocketResponse(compress=False, max_msg_size=_MAX_READ, heartbeat=_HEARTBEAT_S, timeout=_CLOSE_S)
        await socket.prepare(request)
        self._open.add(socket)
        metrics.GATEWAY_CONNECTIONS.labels(endpoint="alerts").inc()
        try:
            await self._serve(socket, query)
        finally:
            self._open.discard(socket)
            metrics.GATEWAY_CONNECTIONS.labels(endpoint="alerts").dec()
        return socket

    async def _serve(self, socket: web.WebSocketResponse, query: StreamQuery) -> None:
        outbox = Outbox(socket.send_str, metrics.GATEWAY_SLOW_READERS.labels(endpoint="alerts").inc)
        try:
            # Subscribed and told of the past in one step, so nothing falls between.
            self._desk.subscribe(outbox, query.min_severity.rank)
            if query.since is not None:
                for text in self._desk.since(self._recent, microseconds(query.since), query.min_severity.rank):
                    outbox.answer(text)
                await outbox.flush()
            while (await socket.receive()).type in (WSMsgType.TEXT, WSMsgType.BINARY):
                pass
        finally:
            self._desk.unsubscribe(outbox)
            outbox.discard()
