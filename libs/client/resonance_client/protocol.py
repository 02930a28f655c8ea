"""The client's half of the gateway's protocol, without I/O: it takes frames and gives frames.

Frames wait in the outbox until the gateway acknowledged them. After a cut the outbox is written again from
its first frame: a replayed connection under the same source and numbers, so that nothing is doubled; any
other as new frames of a new connection, so that nothing is lost (a frame may then be stored twice).
Subscriptions of such a connection are made again first, and recover what was published meanwhile.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from enum import Enum, auto

from resonance_client.errors import BufferFull, ProtocolViolation, SessionClosed
from resonance_client.frames import (
    Ack,
    Authentication,
    ClientFrame,
    Publication,
    Ready,
    ServerFrame,
    Subscribed,
    bye,
    decode,
)
from resonance_client.subscriptions import Subscriptions


class Phase(Enum):
    """Where a connection is in its life."""

    DISCONNECTED = auto()
    AUTHENTICATING = auto()
    OPEN = auto()
    LEAVING = auto()
    FINISHED = auto()


@dataclass(frozen=True, slots=True)
class _Waiting:
    frame: ClientFrame
    text: str

    @property
    def time_us(self) -> int | None:
        return self.frame.stamp.time_us if self.frame.stamp else None


class ClientProtocol:
    """One lasting conversation with the gateway, over as many sockets as it takes.

    Args:
        authentication: First frame of every socket. With `acks` false, frames are forgotten once written.
        buffer: Largest number of frames that may wait for their acknowledgement.
    """

    def __init__(self, authentication: Authentication, buffer: int = 1000) -> None:
        self._authentication = authentication
        self._buffer = buffer
        self._outbox: deque[_Waiting] = deque()
        self._subscriptions = Subscriptions()
        self._again: deque[str] = deque()
        self._written = 0
        self._acknowledged = 0
        self._numbered_from = 0
        self._never_open = True
        self._closing = False
        self._farewell_us: int | None = None
        self.phase = Phase.DISCONNECTED

    @property
    def finished(self) -> bool:
        """Whether bye was said and the connection properly closed: nothing is left to do."""
        return self.phase is Phase.FINISHED

    @property
    def submitted(self) -> int:
        """Frames taken so far; also the number of the newest one."""
        return self._acknowledged + len(self._outbox)

    @property
    def acknowledged(self) -> int:
        """Number of the newest frame that is stored; without acks, that was written."""
        return self._acknowledged

    @property
    def drained(self) -> bool:
        """Whether every frame is stored."""
        return not self._outbox

    @property
    def has_room(self) -> bool:
        """Whether another frame may be submitted."""
        return len(self._outbox) < self._buffer

    @property
    def oldest_unstored_us(self) -> int | None:
        """Event time of the oldest thing that is not known to be stored; None where all is.

        Before the gateway first answered that is the opening of the connection itself.
        """
        if self._never_open and self._authentication.replay is not None:
            return self._authentication.replay.time_us
        return self._outbox[0].time_us if self._outbox else None

    def submit(self, frame: ClientFrame) -> int:
        """Take a frame; returns its number.

        Raises:
            SessionClosed: `close` was called before.
            BufferFull: There is no room.
        """
        if self._closing:
            raise SessionClosed("A frame was sent after the session was closed; open a new session for it.")
        if not self.has_room:
            raise BufferFull(f"{self._buffer} frames wait for their acknowledgement; wait for room before sending.")
        self._outbox.append(_Waiting(frame, frame.encode()))
        return self.submitted

    def close(self, time_us: int | None = None) -> None:
        """Say bye, at this event time, once every frame is stored."""
        self._closing, self._farewell_us = True, time_us

    def connected(self) -> str:
        """A socket was opened; returns the frame to write first."""
        self.phase = Phase.AUTHENTICATING
        self._written = 0
        replayed = self._authentication.replay is not None
        # A replay subscribes for what it looks like, not for what it would be told.
        self._again = deque(() if replayed else (frame.encode() for frame in self._subscriptions.again()))
        # The gateway numbers a replay's frames as we do; those of any other connection anew from 1.
        self._numbered_from = 0 if replayed else self._acknowledged - len(self._again)
        return self._authentication.encode(self._acknowledged + 1)

    def disconnected(self, *, properly: bool) -> None:
        """The socket is gone; what was not acknowledged is to be written again.

        Bye has no acknowledgement but the gateway's closing the connection `properly`; without it, it is said again.
        """
        self._written = 0
        left = self.phase is Phase.LEAVING and properly
        self.phase = Phase.FINISHED if left else Phase.DISCONNECTED

    def next_to_write(self) -> str | None:
        """The frame to write now, or None; `bye` is the last one, after which the phase is LEAVING."""
        if self.phase is not Phase.OPEN:
            return None
        if self._again:
            return self._again.popleft()
        if self._written < len(self._outbox):
            waiting = self._take()
            self._subscriptions.written(waiting.frame)
            return waiting.text
        if self._closing and self.drained:
            self.phase = Phase.LEAVING
            return bye(self._farewell_us)
        return None

    def _take(self) -> _Waiting:
        if self._authentication.acks:
            self._written += 1
            return self._outbox[self._written - 1]
        self._acknowledged += 1
        return self._outbox.popleft()

    def receive(self, text: str | bytes) -> ServerFrame:
        """Take what the gateway sent.

        Raises:
            ProtocolViolation: It is no frame of the protocol, or acknowledges what was never written.
        """
        frame = decode(text)
        match frame:
            case Ready():
                self.phase = Phase.OPEN
                self._never_open = False
            case Ack(sequence):
                self._acknowledge(self._numbered_from + sequence)
            case Subscribed():
                self._subscriptions.subscribed(frame)
            case Publication():
                self._subscriptions.published(frame)
            case _:
                pass
        return frame

    def _acknowledge(self, sequence: int) -> None:
        newest = self._acknowledged + self._written
        if sequence > newest:
            raise ProtocolViolation(
                f"The gateway acknowledged frame {sequence}, but only {newest} were written; "
                "another connection may use the same source."
            )
        for _ in range(sequence - self._acknowledged):
            self._outbox.popleft()
            self._written -= 1
            self._acknowledged += 1
