"""`GET /ws/alerts`: alerts and their explanations as they are raised."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterable
from typing import Annotated, Final, Literal

from aiohttp import WSMsgType, web
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from resonance_gateway.auth.held import HeldOpen
from resonance_gateway.auth.operators import caller_of
from resonance_gateway.auth.principal import Principal
from resonance_gateway.auth.roles import Role
from resonance_gateway.auth.tokens import Authenticator
from resonance_gateway.channels.outbox import Outbox, Queueing
from resonance_gateway.edge.entrance import Entrance
from resonance_gateway.edge.websocket import EdgeSocket
from resonance_gateway.news.desk import NewsDesk, Wish
from resonance_gateway.news.entering import entered
from resonance_gateway.news.kinds import Kind, kinds_of
from resonance_gateway.news.recent import Recent
from resonance_gateway.news.severity import Severity
from resonance_gateway.rest.access import sees_people
from resonance_gateway.rest.problems import problem
from resonance_gateway.rest.validation import query_of
from resonance_gateway.sockets.closing import CloseCode
from resonance_gateway.sockets.session import microseconds
from resonance_runtime import metrics

# Readers have nothing to say but a token; what else they send is passed over, and may not be large.
_MAX_READ: Final = 16_384
_HEARTBEAT_S: Final = 20.0
_CLOSE_S: Final = 2.0
_QUEUEING: Final = Queueing("alerts")


def _known_kinds(text: str) -> str:
    kinds_of(text)
    return text


class StreamQuery(BaseModel):
    """What a reader asks for.

    Attributes:
        min_severity: Less severe news is not sent.
        kinds: Kinds of news, separated by commas.
        since: Seconds since the epoch; what is remembered from then on is sent first.
        after: A position, or nothing: what came behind it is sent first, or what is remembered (from `since` on) where
            it is not known, then a frame `caught_up`. Nothing is left out where such a reader is slow: it is
            disconnected.
        auth: `frame` where the token is in the first frame.
        token: A token, where no header can be set.
    """

    model_config = ConfigDict(extra="forbid")

    min_severity: Severity = Severity.LOW
    kinds: Annotated[str, Field(max_length=100), AfterValidator(_known_kinds)] = ",".join(Kind)
    since: float | None = Field(None, ge=0, le=4_102_444_800)
    after: str | None = Field(None, max_length=64)
    auth: Literal["frame"] | None = None
    token: str | None = None


class AlertStreams:
    """All connections of operators; a component of the service.

    Args:
        authenticator: Checks tokens.
        desk: Tells the news.
        recent: What is remembered.
        caught_up: Set once the past has been read: from then on, what comes is new.
        entrance: Lets handshakes through.
        auth_timeout_s: Time for a token in the first frame, seconds.
    """

    def __init__(
        self,
        authenticator: Authenticator,
        desk: NewsDesk,
        recent: Recent,
        caught_up: asyncio.Event,
        entrance: Entrance,
        auth_timeout_s: float,
    ) -> None:
        self._authenticator = authenticator
        self._desk = desk
        self._recent = recent
        self._caught_up = caught_up
        self._entrance = entrance
        self._auth_timeout_s = auth_timeout_s
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
        query = query_of(request, StreamQuery)
        known = None
        if query.auth is None:
            known = await caller_of(request, self._authenticator, Role.VIEWER, in_query=True)
        if self._stopping or not self._caught_up.is_set():
            return problem(503, "Not accepting connections", "The gateway is starting or stopping; try again soon.")
        socket = EdgeSocket(compress=False, max_msg_size=_MAX_READ, heartbeat=_HEARTBEAT_S, timeout=_CLOSE_S)
        await socket.prepare(request)
        self._open.add(socket)
        metrics.GATEWAY_CONNECTIONS.labels(endpoint="alerts").inc()
        try:
            caller = known or await entered(socket, self._authenticator, self._auth_timeout_s)
            if caller is not None:
                await self._hold(request, socket, caller, query)
        finally:
            self._open.discard(socket)
            metrics.GATEWAY_CONNECTIONS.labels(endpoint="alerts").dec()
        return socket

    async def _hold(
        self, request: web.Request, socket: web.WebSocketResponse, caller: Principal, query: StreamQuery
    ) -> None:
        """Serves a reader until its token expires."""
        held = HeldOpen(socket, caller)
        self._held.add(held)
        try:
            await self._serve(request, socket, caller, query)
        finally:
            self._held.discard(held)

    async def _serve(
        self, request: web.Request, socket: web.WebSocketResponse, caller: Principal, query: StreamQuery
    ) -> None:
        wish = Wish(query.min_severity.rank, sees_people(caller), kinds_of(query.kinds), query.after is not None)
        reader = _Slow(socket)
        outbox = Outbox(request.protocol, request.writer, _QUEUEING, reader)
        try:
            # Subscribed and told of the past in one step, so nothing falls between.
            self._desk.subscribe(outbox, wish)
            for text in self._past(query, wish):
                outbox.answer(text)
            await outbox.flush()
            while (await socket.receive()).type in (WSMsgType.TEXT, WSMsgType.BINARY):
                pass
        finally:
            self._desk.unsubscribe(outbox)
            outbox.discard()
            await reader.closed()

    def _past(self, query: StreamQuery, wish: Wish) -> Iterable[str]:
        """What a reader is told first."""
        since_us = None if query.since is None else microseconds(query.since)
        if query.after is not None:
            return self._desk.after(self._recent, query.after, wish, since_us or 0)
        return () if since_us is None else self._desk.since(self._recent, since_us, wish)


class _Slow:
    """Closes the connection of a reader that is to be told everything and does not read."""

    def __init__(self, socket: web.WebSocketResponse) -> None:
        self._socket = socket
        self._closing: asyncio.Task[bool] | None = None

    def too_slow(self) -> None:
        """Begins to close."""
        close = self._socket.close(code=CloseCode.SLOW_READER, message=b"Read faster, and go on after your position.")
        self._closing = asyncio.create_task(close)

    async def closed(self) -> None:
        """Returns once it is closed, where it is being closed."""
        if self._closing is not None:
            await asyncio.wait([self._closing])
