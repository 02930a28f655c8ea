"""One direction of a connection that passes through, without I/O: which of the bytes that came may go on, and when.

Bytes go on as they came and as soon as they came: a frame is not held until it is whole. Held back are only a header
or a control frame of which a part is missing, and a message that may not begin yet.
"""

from __future__ import annotations

from enum import Enum, auto
from typing import Final, Protocol

from resonance_gateway.proxy.frames import OWN_PING, Header, NotAFrame, Opcode, header_at, payload_of
from resonance_gateway.sockets.closing import CloseCode

_PROTOCOL_ERROR: Final = 1002
_CONTROL: Final = 0x08


class Listener(Protocol):
    """Who is told of the messages of one direction."""

    def begins(self, size: int) -> bool:
        """A message begins, its first frame of so many bytes; False where it must wait."""

    def ended(self, size: int) -> None:
        """A message of so many bytes went on to its end."""


class Halt(Enum):
    """Why nothing goes on for now, or any more."""

    WAITING = auto()
    CLOSED = auto()
    REFUSED = auto()


class Flow:
    """The frames of one direction.

    Args:
        listener: Told of messages.
        masked: Whether frames are masked: those of clients are.
        largest: Most bytes of a message, None for no limit.

    Attributes:
        halt: Why nothing goes on; None while it does.
        code, reason: What to close both sides with once it is refused.
    """

    __slots__ = (
        "_final",
        "_held",
        "_in_message",
        "_largest",
        "_left",
        "_listener",
        "_masked",
        "_muted",
        "_size",
        "code",
        "halt",
        "reason",
    )

    def __init__(self, listener: Listener, *, masked: bool, largest: int | None) -> None:
        self._listener = listener
        self._masked = masked
        self._largest = largest
        self._held = b""
        self._left = 0
        self._final = True
        self._in_message = False
        self._size = 0
        self._muted = False
        self.halt: Halt | None = None
        self.code = 0
        self.reason = ""

    @property
    def between_frames(self) -> bool:
        """Whether what went on so far ends where a frame ends, so that a frame of ours may follow."""
        return self._left == 0

    def take(self, data: bytes) -> bytes:
        """What may go on now of what is held and of what came; `halt` is set where it is not all."""
        if self.halt is not None:
            if self.halt is Halt.WAITING:
                self._held += data
            return b""
        if self._held:
            data, self._held = self._held + data, b""
        at, end = self._left, len(data)
        if at > end:
            self._left = at - end
            return data
        if at:
            self._left = 0
            self._frame_ended()
        return self._frames(data, at, end)

    def resume(self) -> bytes:
        """What may go on of what waited; `halt` is set again where it is to wait on."""
        self.halt = None
        return self.take(b"")

    def finish(self, data: bytes) -> tuple[bytes, bytes]:
        """What of some bytes belongs to the frame that is under way, and the rest; for the end of a connection."""
        part = data[: self._left]
        self._left -= len(part)
        if part and not self._left:
            self._frame_ended()
        return part, data[len(part) :]

    def last_words(self, data: bytes) -> bool:
        """Whether a close frame came, now that nothing goes on any more."""
        if self.halt is Halt.WAITING:
            self.halt = None
        self._muted = True
        self.take(data)
        return self.halt is Halt.CLOSED

    def _frames(self, data: bytes, at: int, end: int) -> bytes:
        """Walks over the frames from a place between frames on."""
        kept: list[bytes] = []
        begin = 0
        try:
            while at < end and self.halt is None:
                header = header_at(data, at, self._masked)
                if header is None:
                    break
                if not header.opcode & _CONTROL:
                    if not self._may_go_on(header):
                        break
                    at = self._data_frame(header, end)
                elif header.end > end:
                    break
                else:
                    if self._is_own_pong(data, header):
                        kept.append(data[begin:at])
                        begin = header.end
                    elif header.opcode == Opcode.CLOSE:
                        self.halt = Halt.CLOSED
                    at = header.end
        except NotAFrame as fault:
            self._refuse(_PROTOCOL_ERROR, str(fault))
        if self.halt is None or self.halt is Halt.WAITING:
            self._held = data[at:]
        if kept:
            return b"".join((*kept, data[begin:at]))
        return data if at == end else data[:at]

    def _data_frame(self, header: Header, end: int) -> int:
        """Takes a frame into its message; returns up to where its bytes go on now."""
        self._size += header.size
        self._final = header.final
        if header.end > end:
            self._left = header.end - end
            return end
        self._frame_ended()
        return header.end

    def _may_go_on(self, header: Header) -> bool:
        """Whether a frame of data fits into its message, and its message may begin."""
        if (header.opcode == Opcode.CONTINUATION) is not self._in_message:
            raise NotAFrame("A message must end before the next one begins, and begin before it goes on.")
        if self._largest is not None and self._size + header.size > self._largest and not self._muted:
            self._refuse(CloseCode.TOO_LARGE, f"Messages of at most {self._largest} bytes pass.")
            return False
        if not self._in_message:
            if not self._muted and not self._listener.begins(header.size):
                self.halt = Halt.WAITING
                return False
            self._in_message = True
        return True

    def _frame_ended(self) -> None:
        if self._final:
            size, self._size, self._in_message = self._size, 0, False
            if not self._muted:
                self._listener.ended(size)

    def _is_own_pong(self, data: bytes, header: Header) -> bool:
        return (
            header.opcode == Opcode.PONG
            and header.size == len(OWN_PING)
            and payload_of(data, header, self._masked) == OWN_PING
        )

    def _refuse(self, code: int, reason: str) -> None:
        self.halt, self.code, self.reason = Halt.REFUSED, code, reason
