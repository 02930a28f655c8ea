"""One of the two sockets of a connection that passes through: the client's or the backend's."""

from __future__ import annotations

import asyncio
from typing import Final, Protocol

from resonance_gateway.proxy.flow import Flow, Halt
from resonance_gateway.proxy.frames import OWN_PING, Opcode, close_frame, control_frame

# What is written and not yet taken by the network, per socket, before the other side is no longer read.
_HIGH_WATER: Final = 64 * 1024
# Why a socket is not read, as bits.
OTHER_IS_FULL: Final = 1
LIMITED: Final = 2
# A socket that was looked at so often without a sign of life is pinged.
_PING_AT: Final = 2


class Ends(Protocol):
    """Who is told what happens to a leg."""

    def arrived(self, leg: Leg, data: bytes) -> None:
        """Bytes came from a leg while things are not as usual."""

    def halted(self, leg: Leg) -> None:
        """The flow of a leg does not go on."""

    def lost(self, leg: Leg) -> None:
        """A leg is gone."""


class Leg(asyncio.Protocol):
    """A socket that was taken over from the HTTP library after its handshake.

    Args:
        transport: The socket.
        before: The protocol that had it before; told of the end, so that it cleans up.
        flow: What of its bytes may go on.
        writes_masked: Whether frames of ours to it are masked: to the backend they are.
        ends: Told what happens.

    Attributes:
        other: The other socket; set before the first byte is read.
        unusual: Whether bytes go to `ends` instead of the other socket.
        gone: Whether it is closed for good.
        told: Whether a close frame of ours was written to it.
    """

    __slots__ = (
        "_before",
        "_ends",
        "_heard",
        "_holds",
        "_quiet",
        "_transport",
        "_waiting",
        "_writes_masked",
        "flow",
        "gone",
        "other",
        "told",
        "unusual",
    )

    def __init__(
        self, transport: asyncio.Transport, before: asyncio.BaseProtocol, flow: Flow, writes_masked: bool, ends: Ends
    ) -> None:
        self._transport = transport
        self._before = before
        self._writes_masked = writes_masked
        self._ends = ends
        self._holds = 0
        self._heard = True
        self._quiet = 0
        self._waiting = 0
        self.flow = flow
        self.other: Leg = self
        self.unusual = False
        self.gone = False
        self.told = False

    def take_over(self, other: Leg) -> None:
        """From now on the socket's bytes come here, and go to the other one."""
        self.other = other
        self._transport.set_write_buffer_limits(high=_HIGH_WATER)
        self._transport.set_protocol(self)

    # What the socket reports

    def data_received(self, data: bytes) -> None:
        """Bytes came."""
        self._heard = True
        if self.unusual:
            return self._ends.arrived(self, data)
        flow = self.flow
        passed = flow.take(data)
        if passed:
            self.other.write(passed)
        if flow.halt is not None:
            self._ends.halted(self)

    def pause_writing(self) -> None:
        """The socket takes no more for now: the other one is not read until it does."""
        self.other.hold(OTHER_IS_FULL)

    def resume_writing(self) -> None:
        """The socket takes more again."""
        self.other.release(OTHER_IS_FULL)

    def connection_lost(self, exc: Exception | None) -> None:
        """The socket is closed."""
        self.gone = True
        self._before.connection_lost(exc)
        self._ends.lost(self)

    # What is done with it

    def write(self, data: bytes) -> None:
        """Writes bytes, in order; what is written after the end is dropped."""
        if not self.gone:
            self._transport.write(data)

    def hold(self, why: int) -> None:
        """Stops reading."""
        if not self._holds and not self._transport.is_closing():
            self._transport.pause_reading()
        self._holds |= why

    def release(self, why: int) -> None:
        """Reads on, unless it is held for another reason."""
        was, self._holds = self._holds, self._holds & ~why
        if was and not self._holds and not self._transport.is_closing():
            self._transport.resume_reading()

    def tell(self, code: int, reason: str) -> None:
        """Writes a close frame, once, if the frame before it is whole and was no close frame of the other side."""
        if not self.told and self.other.flow.between_frames and self.other.flow.halt is not Halt.CLOSED:
            self.told = True
            self.write(close_frame(code, reason, self._writes_masked))

    def close(self) -> None:
        """Closes the socket after what is written has gone out."""
        self._transport.close()

    def abort(self) -> None:
        """Closes the socket at once."""
        self._transport.abort()

    def still_there(self) -> bool:
        """Looks after a socket, called twice a heartbeat; False where it should be given up.

        One that said nothing for a heartbeat is pinged, and given up half a heartbeat later without a sign of life. One
        that takes nothing of what waits for it is given up after as long. One that is not read cannot say anything.
        """
        waiting, before = self._transport.get_write_buffer_size(), self._waiting
        self._waiting = waiting
        if not (waiting == before if waiting else not (self._heard or self._holds)):
            self._heard, self._quiet = False, 0
            return True
        self._quiet += 1
        if self._quiet == _PING_AT and not waiting:
            if not self.other.flow.between_frames:
                # Nothing may be put into a frame that is under way; whoever sends it is looked after too.
                self._quiet -= 1
                return True
            self.write(control_frame(Opcode.PING, OWN_PING, self._writes_masked))
        return self._quiet <= _PING_AT
