"""A WebSocket client that costs little per frame: many frames in one write, and a mask of zeros.

RFC 6455 asks for a mask, which is there for proxies' sake; on loopback one of zeros is a mask like any other, and
leaves the payload as it is. Answers of the gateway are short text frames that are not fragmented.
"""

from __future__ import annotations

import asyncio
import secrets
from base64 import b64encode
from collections.abc import Callable
from typing import Final

TEXT: Final = 1
CLOSE: Final = 8
PING: Final = 9
PONG: Final = 10
_NO_MASK: Final = b"\0\0\0\0"
NO_CODE: Final = 1006
LARGEST_SHORT: Final = 125
SWITCHING: Final = b"HTTP/1.1 101"


def encoded(payload: bytes, opcode: int = TEXT) -> bytes:
    """One frame of a client, at most 65,535 bytes of payload."""
    length = len(payload)
    if length <= LARGEST_SHORT:
        return bytes((0x80 | opcode, 0x80 | length)) + _NO_MASK + payload
    return bytes((0x80 | opcode, 0x80 | 126)) + length.to_bytes(2, "big") + _NO_MASK + payload


class Wire(asyncio.Protocol):
    """One socket.

    Args:
        heard: Called with every text frame.
        opened: Called once frames may be written.
        lost: Called once, when the socket is gone or was refused, with the code of the gateway's close frame or 1006.
    """

    def __init__(self, heard: Callable[[bytes], None], opened: Callable[[], None], lost: Callable[[int], None]) -> None:
        self._heard = heard
        self._opened = opened
        self._lost = lost
        self._buffer = bytearray()
        self._open = False
        self._code = NO_CODE
        self._transport: asyncio.Transport | None = None

    def write(self, frames: bytes) -> None:
        """Writes frames as `encoded` gave them."""
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(frames)

    def abort(self) -> None:
        """Cuts the connection, as a client does that loses its network."""
        if self._transport is not None:
            self._transport.abort()

    # What asyncio calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Asks for a WebSocket."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        key = b64encode(secrets.token_bytes(16)).decode()
        transport.write(
            f"GET /ws HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
        )

    def connection_lost(self, _: Exception | None) -> None:
        """The socket is gone."""
        self._lost(self._code)

    def data_received(self, data: bytes) -> None:
        """Takes what came."""
        self._buffer += data
        if not self._open and not self._shake_hands():
            return
        while (frame := self._next()) is not None:
            self._take(*frame)

    def _shake_hands(self) -> bool:
        head, end, rest = self._buffer.partition(b"\r\n\r\n")
        if not end:
            return False
        if not head.startswith(SWITCHING):
            self.abort()
            return False
        self._buffer, self._open = rest, True
        self._opened()
        return True

    def _next(self) -> tuple[int, bytes] | None:
        """The next whole frame in the buffer: its opcode and payload."""
        buffer = self._buffer
        if len(buffer) < 2:
            return None
        length, begin = buffer[1], 2
        if length > LARGEST_SHORT:
            wide = 2 if length == 126 else 8
            length, begin = int.from_bytes(buffer[2 : 2 + wide], "big"), 2 + wide
        if len(buffer) < begin + length:
            return None
        opcode, payload = buffer[0] & 15, bytes(buffer[begin : begin + length])
        del buffer[: begin + length]
        return opcode, payload

    def _take(self, opcode: int, payload: bytes) -> None:
        match opcode:
            case 1:
                self._heard(payload)
            case 9:
                self.write(encoded(payload, PONG))
            case 8:
                self._code = int.from_bytes(payload[:2], "big") if payload else NO_CODE
                self.write(encoded(payload[:2], CLOSE))
                if self._transport is not None:
                    self._transport.close()
