"""A user of the backend, for the time of one connection: what is tracked of it, and how much it may send."""

from __future__ import annotations

from typing import Final

from resonance_gateway.limits.gate import Gate
from resonance_gateway.sockets.session import Session
from resonance_gateway.tracking.activity import LIVE_STREAM, Kind
from resonance_gateway.tracking.clock import Clock
from resonance_gateway.tracking.tracker import Tracker
from resonance_runtime import metrics

# As channels of clients of the gateway's own protocol.
MAX_CHANNEL_CHARACTERS: Final = 128
# Sizes are 32 bits on the wire.
_LARGEST: Final = 2**32 - 1


class Visit:
    """Tracks the messages of a client, one event each; a listener of its flow.

    A message that passed at once is a MESSAGE event, one that had to wait or was refused a LIMITED one.

    Args:
        session: Who it is.
        known: Whether more is known of the user than an address; then it counts as a login.
        channel: Named by the events; cut where it is long.
        gate: Limits of users and addresses.
        tracker, clock: The gateway's.

    Attributes:
        wait_s: How long the message that may not begin has to wait, seconds.
    """

    __slots__ = ("_channel", "_clock", "_gate", "_known", "_lane", "_late", "_session", "_tracker", "wait_s")

    def __init__(self, session: Session, known: bool, channel: str, gate: Gate, tracker: Tracker, clock: Clock) -> None:
        self._session = session
        self._known = known
        self._channel = channel[:MAX_CHANNEL_CHARACTERS]
        self._gate = gate
        self._tracker = tracker
        self._lane = tracker.lane(session.stream, session.user_key)
        self._clock = clock
        self._late = False
        self.wait_s = 0.0

    @property
    def user_key(self) -> str:
        """Whose it is."""
        return self._session.user_key

    def erase(self) -> None:
        """The person was erased: nothing is tracked from now on."""
        self._session.ended = True

    def arrived(self) -> None:
        """The connection is open."""
        self._tracker.joined(LIVE_STREAM)
        self._session_event(Kind.CONNECT)
        if self._known:
            self._session_event(Kind.LOGIN)

    def left(self) -> None:
        """The connection is gone."""
        if not self._session.ended:
            self._session_event(Kind.DISCONNECT)
        self._tracker.left(LIVE_STREAM)

    def begins(self, size: int) -> bool:
        """Whether a message may begin now."""
        session, gate, now_us = self._session, self._gate, self._clock.now_us()
        wait_s = gate.take(session.user_bucket, session.address_bucket, now_us)
        if not wait_s:
            return True
        self.wait_s = wait_s
        if not self._late:
            self._late = True
            gate.refused(session.user_bucket, session.address_bucket, now_us)
            self._event(Kind.LIMITED, size)
        return False

    def ended(self, size: int) -> None:
        """A message went on to the backend."""
        metrics.GATEWAY_FRAMES.inc()
        if self._late:
            self._late = False
        else:
            self._event(Kind.MESSAGE, size)

    def _event(self, kind: Kind, size: int) -> None:
        if self._session.ended:
            return
        now_us = self._clock.now_us()
        event = self._session.frame_event(
            kind,
            received_us=now_us,
            time_us=now_us,
            size=min(size, _LARGEST),
            channel=self._channel,
            address=self._session.address,
            error=kind is Kind.LIMITED,
        )
        self._tracker.take(self._lane, event, None)

    def _session_event(self, kind: Kind) -> None:
        now_us = self._clock.now_us()
        event = self._session.session_event(kind, received_us=now_us, time_us=now_us)
        self._tracker.take(self._lane, event, None)


class _FromBackend:
    """Counts messages of the backend, which are no activity of the user; a listener of its flows."""

    def begins(self, size: int) -> bool:
        """Whatever the backend says may pass."""
        return True

    def ended(self, size: int) -> None:
        """A message went on to the client."""
        metrics.GATEWAY_UPSTREAM_MESSAGES.inc()


FROM_BACKEND: Final = _FromBackend()
