"""The WebSocket protocol of one connection as a state machine without I/O.

A shell gives it what arrived and the time; it answers with effects, in order, and never raises on anything a client
can send. The shell carries the effects out.

    unauthenticated --auth--> open --bye, close, too large--> closed
           └── anything else, bad token, timeout --> closed
"""

from __future__ import annotations

from msgspec import UnsetType

from resonance_gateway.errors import ErrorCode, FrameRefused, GatewayError, KeysAway, NotAuthenticated
from resonance_gateway.sockets.closing import CloseCode
from resonance_gateway.sockets.effects import AcksWanted, Close, Effect, Opened, Prepare, Send, told
from resonance_gateway.sockets.frames import (
    PONG,
    Auth,
    Bye,
    ClientFrame,
    Hello,
    Message,
    Ping,
    Publish,
    Subscribe,
    Unsubscribe,
    decode,
    ready_frame,
)
from resonance_gateway.sockets.opening import Doorkeeper, Replay, replay_of
from resonance_gateway.sockets.renewal import renewed, too_soon
from resonance_gateway.sockets.session import Session, microseconds
from resonance_gateway.sockets.verdicts import NOT_ALLOWED, Judge
from resonance_gateway.tracking.activity import Activity, Kind


class Protocol:
    """One connection.

    Args:
        connection: The connection's id, unique over gateways and restarts.
        peer: Address of the client.
        doorkeeper: Lets clients in.
        judge: Judges frames; shared.
        max_frame: Largest frame, in bytes: for the sentence in `too_large`.
    """

    __slots__ = ("_closed", "_doorkeeper", "_judge", "_max_frame", "_peer", "_pending", "connection", "session")

    def __init__(self, connection: str, peer: str, doorkeeper: Doorkeeper, judge: Judge, max_frame: int) -> None:
        self.connection = connection
        self.session: Session | None = None
        self._peer = peer
        self._doorkeeper = doorkeeper
        self._judge = judge
        self._max_frame = max_frame
        self._closed = False
        self._pending: tuple[str, Auth | None] | None = None

    # What the shell reports

    def opened(self, bearer: str | None, now_us: int) -> list[Effect]:
        """The connection was opened, with or without a token in its Authorization header."""
        return [] if bearer is None else self._admitted(bearer, None, now_us)

    def prepared(self, now_us: int, refusal: NotAuthenticated | None = None) -> list[Effect]:
        """What could be found out of the token that `Prepare` names was; `refusal` where nobody could look."""
        pending, self._pending = self._pending, None
        if pending is None or self._closed:
            return []
        token, frame = pending
        if self.session is None:
            return self._decided(token, frame, now_us) if refusal is None else self._turned_away(refusal)
        if refusal is not None or frame is None:
            return [] if refusal is None else [told(refusal)]
        return self._renewed(self.session, frame)

    def received(self, text: str, now_us: int) -> list[Effect]:
        """A text frame arrived."""
        said = self.heard(text, now_us)
        return [said] if isinstance(said, Activity) else said

    def heard(self, text: str, now_us: int) -> Activity | list[Effect]:
        """As `received`; an event alone, which is what comes of almost every frame, without a list around it."""
        if self._closed:
            return []
        size = len(text) if text.isascii() else _bytes_in(text)
        if size > self._max_frame:
            return self.received_too_large(size, now_us)
        try:
            frame = decode(text)
        except FrameRefused as refusal:
            return self._refused(refusal, size, now_us)
        session = self.session
        if session is None:
            return self._first(frame, now_us)
        if type(frame) is Message and session.plain:
            event = self._judge.passed(session, frame, now_us)
            if event is not None:
                return event
        if isinstance(frame, Message | Publish | Subscribe | Unsubscribe):
            return self._judge.tracked(session, frame, now_us)
        return self._untracked(session, frame, now_us)

    def received_binary(self, size: int, now_us: int) -> list[Effect]:
        """A binary frame arrived; the protocol has none."""
        if self._closed:
            return []
        if size > self._max_frame:
            return self.received_too_large(size, now_us)
        refusal = FrameRefused(ErrorCode.BAD_FRAME, "A text frame with a JSON object was expected, not a binary one.")
        return self._refused(refusal, size, now_us)

    def received_too_large(self, size: int, now_us: int) -> list[Effect]:
        """A frame above the limit arrived: it is counted, and the connection ends."""
        if self._closed:
            return []
        refusal = FrameRefused(ErrorCode.TOO_LARGE, f"Frames of at most {self._max_frame} bytes are read.")
        return [*self._refused(refusal, size, now_us), *self._close(CloseCode.TOO_LARGE, refusal.sentence)]

    def auth_timed_out(self) -> list[Effect]:
        """The client did not authenticate in time."""
        if self._closed or self.session is not None:
            return []
        sentence = "An auth frame was expected soon after the connection was opened; none came."
        return [told(GatewayError(ErrorCode.AUTH_TIMEOUT, sentence)), *self._close(CloseCode.AUTH_TIMEOUT, sentence)]

    def too_slow(self) -> list[Effect]:
        """Publications that may not be dropped wait for the client, and there is no room for more."""
        return [] if self._closed else self._close(CloseCode.SLOW_READER, "Read faster; connect again and recover.")

    def token_expired(self) -> list[Effect]:
        """The client's token expired, and it did not come with a new one."""
        return [] if self._closed else self._close(CloseCode.TOKEN_EXPIRED, "The token expired; come with a new one.")

    def erased(self) -> list[Effect]:
        """The person was erased: from now on nothing is tracked, not even that the connection ends."""
        if self.session is not None:
            self.session.ended = True
        return [] if self._closed else self._close(CloseCode.ERASED, "The person was erased.")

    def shutting_down(self) -> list[Effect]:
        """The gateway stops."""
        return [] if self._closed else self._close(CloseCode.GOING_AWAY, "The gateway is stopping; connect again.")

    def ended(self, by_client: bool, now_us: int) -> list[Effect]:
        """The connection is gone; called once.

        Args:
            by_client: Whether the client closed it properly. A replay that was cut off otherwise is expected
                back under its source, so it did not disconnect; a live connection did, however it ended.
            now_us: Time at the gateway.
        """
        self._closed = True
        session = self.session
        if session is None:
            return []
        self._doorkeeper.leave(session)
        self.session = None
        if session.ended or (session.stream.is_replay and not by_client):
            return []
        return [session.session_event(Kind.DISCONNECT, received_us=now_us, time_us=_session_time(session, now_us))]

    # Before authentication

    def _first(self, frame: ClientFrame, now_us: int) -> list[Effect]:
        if not isinstance(frame, Auth):
            return self._turned_away(NotAuthenticated("The first frame must be an auth frame with a token."))
        return self._admitted(frame.token, frame, now_us)

    def _admitted(self, token: str, frame: Auth | None, now_us: int) -> list[Effect]:
        if not self._doorkeeper.knows(token):
            self._pending = (token, frame)
            return [Prepare(token)]
        return self._decided(token, frame, now_us)

    def _decided(self, token: str, frame: Auth | None, now_us: int) -> list[Effect]:
        try:
            return self._open(token, frame, now_us)
        except GatewayError as refusal:
            return self._turned_away(refusal)

    def _open(self, token: str, frame: Auth | None, now_us: int) -> list[Effect]:
        principal = self._doorkeeper.principal(token)
        replay: Replay | None = None
        not_allowed: str | None = None
        if frame is not None:
            replay, not_allowed = replay_of(frame, principal, self.connection)
        session = self._doorkeeper.open(self.connection, principal, self._peer, replay, now_us)
        self.session = session
        limits, began_us = self._judge.limits_of(session), session.last_us
        effects: list[Effect] = [
            Opened(),
            session.session_event(Kind.CONNECT, received_us=now_us, time_us=began_us),
            session.session_event(Kind.LOGIN, received_us=now_us, time_us=began_us),
        ]
        if not_allowed is not None:
            effects.append(told(FrameRefused(ErrorCode.NOT_ALLOWED, not_allowed)))
        effects.append(Send(ready_frame(self.connection, limits.rate, limits.burst)))
        if frame is not None and frame.acks:
            effects.append(AcksWanted())
        return effects

    def _turned_away(self, refusal: GatewayError) -> list[Effect]:
        later = refusal.code is ErrorCode.TOO_MANY_CONNECTIONS or isinstance(refusal, KeysAway)
        code = CloseCode.TRY_LATER if later else CloseCode.NOT_AUTHENTICATED
        return [told(refusal), *self._close(code, refusal.sentence)]

    # After it

    def _untracked(self, session: Session, frame: Auth | Hello | Ping | Bye, now_us: int) -> list[Effect]:
        match frame:
            case Ping():
                return [Send(PONG)]
            case Hello():
                return [AcksWanted()] if frame.acks else []
            case Bye():
                return self._bye(session, frame, now_us)
            case Auth():
                return self._renew(session, frame, now_us)

    def _renew(self, session: Session, frame: Auth, now_us: int) -> list[Effect]:
        if refused := too_soon(session, now_us):
            return refused
        if not self._doorkeeper.knows(frame.token):
            self._pending = (frame.token, frame)
            return [Prepare(frame.token)]
        return self._renewed(session, frame)

    def _renewed(self, session: Session, frame: Auth) -> list[Effect]:
        """The new token's effects; one that is not accepted leaves the old one in force."""
        try:
            principal = self._doorkeeper.principal(frame.token)
            return renewed(session, frame, principal, self._doorkeeper.pseudonym(principal))
        except GatewayError as refusal:
            return [told(refusal)]

    def _bye(self, session: Session, frame: Bye, now_us: int) -> list[Effect]:
        effects: list[Effect] = []
        time_us = _session_time(session, now_us)
        if not isinstance(frame.time, UnsetType):
            if session.stream.is_replay:
                time_us = max(time_us, microseconds(frame.time))
            else:
                effects.append(told(NOT_ALLOWED))
        session.ended = True
        effects.append(session.session_event(Kind.DISCONNECT, received_us=now_us, time_us=time_us))
        return [*effects, *self._close(CloseCode.NORMAL, "Bye.")]

    def _refused(self, refusal: FrameRefused, size: int, now_us: int) -> list[Effect]:
        """A frame that could not be read: counted as an error of the user, if it is known who that is."""
        if self.session is None:
            return self._turned_away(refusal)
        return self._judge.unreadable(self.session, refusal, size, now_us)

    def _close(self, code: int, sentence: str) -> list[Effect]:
        self._closed = True
        return [Close(code, sentence)]


def _session_time(session: Session, now_us: int) -> int:
    """Time on the session's own clock: of its newest event on a replay, of the gateway otherwise."""
    return session.last_us if session.stream.is_replay else now_us


def _bytes_in(text: str) -> int:
    return len(text.encode("utf-8", "surrogatepass"))
