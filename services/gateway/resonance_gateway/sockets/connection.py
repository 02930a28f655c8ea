"""One WebSocket connection of a user: carries out what its protocol says."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from typing import Final, assert_never

from aiohttp import WebSocketError, WSMessage, WSMsgType, web

from resonance_gateway.auth.principal import NEVER_US
from resonance_gateway.auth.tokens import Authenticator
from resonance_gateway.channels.hub import Channels
from resonance_gateway.channels.outbox import Outbox, Queueing
from resonance_gateway.errors import KeysAway
from resonance_gateway.sockets.closing import CloseCode
from resonance_gateway.sockets.effects import (
    AcksWanted,
    Close,
    Effect,
    FanOut,
    Immediate,
    Join,
    Leave,
    Opened,
    Prepare,
    Renewed,
    Send,
)
from resonance_gateway.sockets.protocol import Protocol
from resonance_gateway.tracking.activity import LIVE_STREAM, Activity, Kind, Stream
from resonance_gateway.tracking.clock import Clock
from resonance_gateway.tracking.lane import Lane
from resonance_gateway.tracking.receipts import Receipt
from resonance_gateway.tracking.tracker import Tracker
from resonance_runtime import metrics

# RFC 6455, section 5.5: a control frame has at most 125 bytes, two of them the code.
_LONGEST_REASON: Final = 123
# Reading does not yield while frames are buffered: after so many, others have their turn.
_FRAMES_A_TURN: Final = 8
# A client that said bye waits this long for its close; after that it is to come again and say it again.
_FAREWELL_S: Final = 4.0
# A gateway that stops waits so long for what it took to be stored, to acknowledge it.
_LAST_ACKS_S: Final = 2.0
# A client that does not take its close frame in this time is cut off.
_CLOSE_S: Final = 3.0


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What all connections of a gateway share."""

    tracker: Tracker
    channels: Channels
    clock: Clock
    auth_timeout_s: float
    queueing: Queueing
    authenticator: Authenticator


class Connection:
    """Reads frames, gives them to the protocol, and carries out its effects.

    Effects that touch only memory happen at once, between two frames, so events are taken in before their time can
    fall behind a watermark; texts are queued and written afterwards.
    """

    __slots__ = (
        "_acked_from",
        "_auth_timeout_s",
        "_authenticator",
        "_channels",
        "_clock",
        "_close",
        "_cutting_off",
        "_farewell",
        "_going",
        "_joined",
        "_lane",
        "_outbox",
        "_protocol",
        "_receipt",
        "_socket",
        "_stored",
        "_stream",
        "_tracker",
        "_wire",
        "asked",
        "expires_us",
        "heard",
    )

    def __init__(
        self, request: web.Request, socket: web.WebSocketResponse, protocol: Protocol, surroundings: Surroundings
    ) -> None:
        self._socket = socket
        self._wire = request.protocol
        self._protocol = protocol
        self._tracker = surroundings.tracker
        self._channels = surroundings.channels
        self._clock = surroundings.clock
        self._auth_timeout_s = surroundings.auth_timeout_s
        self._authenticator = surroundings.authenticator
        self.expires_us = NEVER_US
        self.heard = True
        self.asked = False
        self._outbox = Outbox(request.protocol, request.writer, surroundings.queueing, self)
        self._cutting_off: asyncio.Task[None] | None = None
        self._receipt: Receipt | None = None
        self._acked_from = 0
        self._stored = asyncio.Event()
        self._stream = LIVE_STREAM
        self._joined: Stream | None = None
        self._lane: Lane
        self._close: Close | None = None
        self._farewell: asyncio.Event | None = None
        self._going: asyncio.Event | None = None

    async def run(self, bearer: str | None) -> None:
        """Serves the connection until it is closed; never raises on what a client does."""
        by_client = False
        try:
            await self._carry_out(self._protocol.opened(bearer, self._clock.now_us()))
            await self._authenticate()
            by_client = await self._serve()
            if self._going is not None:
                await self._going.wait()
        finally:
            self._leave(by_client)

    async def close(self) -> None:
        """Acknowledges what was taken, tells the client that the gateway stops, and closes; `run` then returns."""
        self._going = asyncio.Event()
        try:
            await self._carry_out(self._protocol.shutting_down())
        finally:
            self._going.set()

    async def expire(self) -> None:
        """Tells the client that its token expired, and closes; `run` then returns."""
        await self._carry_out(self._protocol.token_expired())

    @property
    def user_key(self) -> str:
        """Whose it is; "" before that is known."""
        session = self._protocol.session
        return "" if session is None else session.user_key

    def erase(self) -> None:
        """Closes the connection, because the person was erased; nothing is tracked of it from now on."""
        self._cutting_off = asyncio.create_task(self._carry_out(self._protocol.erased()))

    def too_slow(self) -> None:
        """Closes the connection, because the client reads too slowly for a channel that does not drop."""
        self._cutting_off = asyncio.create_task(self._carry_out(self._protocol.too_slow()))

    async def _authenticate(self) -> None:
        """Reads the first frames, as long as the client has time for them."""
        try:
            async with asyncio.timeout(self._auth_timeout_s):
                while self._protocol.session is None and self._close is None:
                    message = await self._socket.receive()
                    metrics.GATEWAY_FRAMES.inc()
                    if not await self._handle(message):
                        return
        except TimeoutError:
            await self._carry_out(self._protocol.auth_timed_out())

    async def _serve(self) -> bool:
        """Reads until the end; returns whether the client closed the connection properly."""
        receive, heard, now_us = self._socket.receive, self._protocol.heard, self._clock.now_us
        tracker, turn = self._tracker, 0
        try:
            while self._close is None:
                message = await receive()
                self.heard = True
                if message.type is not WSMsgType.TEXT:
                    if not await self._handle(message):
                        return message.type is WSMsgType.CLOSE
                elif isinstance(said := heard(message.data, now_us()), Activity):
                    tracker.take(self._lane, said, self._receipt)
                else:
                    await self._carry_out(said)
                if (turn := turn + 1) >= _FRAMES_A_TURN:
                    metrics.GATEWAY_FRAMES.inc(turn)
                    turn = 0
                    await (tracker.relief() if tracker.pressed else asyncio.sleep(0))
                if tracker.full and (self._receipt is not None or self._stream.is_replay):
                    await tracker.room()
            return False
        finally:
            metrics.GATEWAY_FRAMES.inc(turn)

    async def _handle(self, message: WSMessage) -> bool:
        """Handles what was read; False at the end."""
        now_us = self._clock.now_us()
        if message.type is WSMsgType.TEXT:
            await self._carry_out(self._protocol.received(message.data, now_us))
        elif message.type is WSMsgType.BINARY:
            await self._carry_out(self._protocol.received_binary(len(message.data), now_us))
        elif message.type is WSMsgType.PING:
            await self._socket.pong(message.data)
        elif message.type is WSMsgType.PONG:
            pass
        else:
            fault = message.data
            if isinstance(fault, WebSocketError) and fault.code == CloseCode.TOO_LARGE:
                # aiohttp has closed the connection by itself: what is left to do is to count the frame.
                await self._carry_out(self._protocol.received_too_large(0, now_us))
            return False
        return True

    async def _carry_out(self, effects: list[Effect]) -> None:
        answered = False
        for effect in effects:
            if type(effect) is Activity:
                self._track(effect)
            elif isinstance(effect, Prepare):
                await self._prepare(effect.token)
            else:
                answered = True
                self._apply(effect)
        if answered:
            await self._outbox.flush()
        if self._close is not None and not self._socket.closed:
            await self._until_stored()
            reason = self._close.reason.encode()[:_LONGEST_REASON].decode(errors="ignore")
            self._outbox.discard()
            try:
                async with asyncio.timeout(_CLOSE_S):
                    await self._socket.close(code=self._close.code, message=reason.encode())
            except TimeoutError:
                self.cut_off()

    async def _prepare(self, token: str) -> None:
        """Waits for the key of a token; meanwhile nothing is read from this client, and others are served."""
        refusal: KeysAway | None = None
        try:
            await self._authenticator.prepare(token)
        except KeysAway as away:
            refusal = away
        await self._carry_out(self._protocol.prepared(self._clock.now_us(), refusal))

    async def ping(self) -> None:
        """Asks the client for a sign of life, unless it has not even taken what was sent before."""
        if self._wire.transport is not None and not self._wire.transport.get_write_buffer_size():
            with suppress(ConnectionError):
                await self._socket.ping()

    def cut_off(self) -> None:
        """Ends the connection of a client that takes nothing, with what still waits for it in the transport."""
        if self._wire.transport is not None:
            self._wire.transport.abort()

    async def _until_stored(self) -> None:
        """To one who wants acknowledgements, being closed after bye says that the disconnect is stored."""
        if self._farewell is None:
            return await self._until_acknowledged()
        try:
            async with asyncio.timeout(_FAREWELL_S):
                await self._farewell.wait()
        except TimeoutError:
            self._close = Close(CloseCode.TRY_LATER, "The end of the session could not be stored yet; say bye again.")

    async def _until_acknowledged(self) -> None:
        """Before a gateway that stops closes, what it took is acknowledged: a live frame sent again counts anew."""
        session, receipt = self._protocol.session, self._receipt
        if session is None or receipt is None or self._close is None or self._close.code is not CloseCode.GOING_AWAY:
            return
        if (taken := session.next_sequence - 1) >= self._acked_from:
            with suppress(TimeoutError):
                async with asyncio.timeout(_LAST_ACKS_S):
                    while receipt.stored < taken:
                        self._stored.clear()
                        await self._stored.wait()

    def _track(self, event: Activity) -> None:
        receipt = self._receipt
        if event.kind is Kind.DISCONNECT and receipt is not None:
            self._farewell = asyncio.Event()
            receipt = Receipt(event.source, self._farewell.set)
        self._tracker.take(self._lane, event, receipt)

    def _apply(self, effect: Immediate) -> None:
        match effect:
            case Send():
                self._outbox.answer(effect.text)
                if effect.error is not None:
                    metrics.GATEWAY_ERROR_FRAMES.labels(code=effect.error).inc()
            case Opened():
                self._open()
            case Renewed():
                self.expires_us = effect.expires_us
            case AcksWanted():
                self._want_acks()
            case Join():
                self._channels.join(self._stream, effect.channels, self._outbox, effect.recover)
            case Leave():
                self._channels.leave(self._stream, effect.channels, self._outbox)
            case FanOut():
                self._channels.fan_out(self._stream, effect.channel, effect.data)
            case Close():
                self._close = effect
            case Activity():
                self._track(effect)
            case _:
                assert_never(effect)

    def _open(self) -> None:
        session = self._protocol.session
        if session is not None:
            self.expires_us = session.principal.expires_us
            self._stream = self._joined = session.stream
            self._lane = self._tracker.lane(session.stream, session.user_key)
            self._tracker.joined(session.stream)

    def _want_acks(self) -> None:
        session = self._protocol.session
        if session is not None and self._receipt is None:
            self._receipt = Receipt(session.source, self._ack)
            self._acked_from = session.next_sequence

    def _ack(self) -> None:
        if self._receipt is not None:
            self._outbox.ack(self._receipt.stored)
            self._stored.set()

    def _leave(self, by_client: bool) -> None:
        """Undoes what the connection has in the gateway's memory; nothing here waits."""
        session = self._protocol.session
        if session is not None:
            self._channels.leave(self._stream, tuple(session.subscriptions), self._outbox)
        for effect in self._protocol.ended(by_client, self._clock.now_us()):
            if isinstance(effect, Activity):
                self._track(effect)
        if self._joined is not None:
            self._tracker.left(self._joined)
        self._outbox.discard()
