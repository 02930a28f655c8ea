"""Frames of WebSocket connections that pass through (RFC 6455, section 5): their headers, and those we make.

Payloads are never touched: a client's frame goes to the backend with the client's own mask.
"""

from __future__ import annotations

import secrets
from enum import IntEnum
from typing import Final

import msgspec

MAX_CONTROL: Final = 125
# Payload of our own pings; pongs that bring it back are not passed on.
OWN_PING: Final = b"resonance?"

_FIN: Final = 0x80
_RESERVED: Final = 0x70
_MASKED: Final = 0x80
_CONTROL: Final = 0x08
_OPCODES: Final = frozenset({0x0, 0x1, 0x2, 0x8, 0x9, 0xA})


class Opcode(IntEnum):
    """Opcodes that are told apart here."""

    CONTINUATION = 0x0
    CLOSE = 0x8
    PING = 0x9
    PONG = 0xA


class NotAFrame(ValueError):
    """Bytes that RFC 6455 does not allow here; the sentence says which rule they break."""


class Header(msgspec.Struct, frozen=True, gc=False):
    """Header of one frame.

    Attributes:
        final: Whether its message ends with it.
        opcode: As on the wire; from 8 on it is a control frame.
        start: Where the payload begins in the bytes that were read.
        end: Where it ends, which may lie beyond those bytes.
    """

    final: bool
    opcode: int
    start: int
    end: int

    @property
    def size(self) -> int:
        """Bytes of payload."""
        return self.end - self.start


def header_at(data: bytes, at: int, masked: bool) -> Header | None:
    """The header that begins at a place; None where more bytes are needed to read it.

    Args:
        data: Bytes as they came.
        at: Where the frame begins, below `len(data)`.
        masked: Whether frames of this direction carry a mask: those of clients do, those of servers do not.

    Raises:
        NotAFrame: The bytes break a rule.
    """
    first = data[at]
    opcode = first & 0x0F
    if first & _RESERVED or opcode not in _OPCODES:
        raise NotAFrame("Reserved bits or an opcode that is not defined came; no extension was agreed on.")
    if len(data) < at + 2:
        return None
    second = data[at + 1]
    if (second >= _MASKED) is not masked:
        raise NotAFrame("Frames of clients must be masked, frames of servers must not be.")
    size = second & 0x7F
    start = at + 2
    if opcode & _CONTROL and (size > MAX_CONTROL or not first & _FIN):
        raise NotAFrame(f"A control frame has at most {MAX_CONTROL} bytes and is not fragmented.")
    if size > MAX_CONTROL:
        width = 2 if size == MAX_CONTROL + 1 else 8
        start += width
        if len(data) < start:
            return None
        size = int.from_bytes(data[start - width : start], "big")
        if size >= 1 << 63:
            raise NotAFrame("The length of a frame must have its highest bit clear.")
    if masked:
        start += 4
    if len(data) < start:
        return None
    return Header(first >= _FIN, opcode, start, start + size)


def payload_of(data: bytes, header: Header, masked: bool) -> bytes:
    """The payload of a frame that was read in full, unmasked."""
    payload = data[header.start : header.end]
    return _under(data[header.start - 4 : header.start], payload) if masked else payload


def control_frame(opcode: Opcode, payload: bytes, masked: bool) -> bytes:
    """A control frame of ours, masked where the gateway is the client."""
    if not masked:
        return bytes((_FIN | opcode, len(payload))) + payload
    mask = secrets.token_bytes(4)
    return bytes((_FIN | opcode, _MASKED | len(payload))) + mask + _under(mask, payload)


def close_frame(code: int, reason: str, masked: bool) -> bytes:
    """A close frame; a reason that is too long is cut at a character."""
    text = reason.encode()[: MAX_CONTROL - 2].decode(errors="ignore").encode()
    return control_frame(Opcode.CLOSE, code.to_bytes(2, "big") + text, masked)


def _under(mask: bytes, payload: bytes) -> bytes:
    return bytes(byte ^ mask[i & 3] for i, byte in enumerate(payload))
