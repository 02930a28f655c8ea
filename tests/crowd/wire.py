"""WebSocket frames by hand (RFC 6455): a crowd in one thread has no time for a library."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Iterator, Mapping
from typing import Final

TEXT: Final = 1
CLOSE: Final = 8
PING: Final = 9
PONG: Final = 10

_MASKED: Final = 0x80
_FINAL: Final = 0x80
# A mask of zeros leaves the payload as it is; servers cannot tell it from another.
_MASK: Final = b"\0\0\0\0"


def request(host: str, path: str, headers: Mapping[str, str]) -> bytes:
    """The handshake of a client."""
    key = base64.b64encode(secrets.token_bytes(16)).decode()
    fields = {
        "Host": host, "Upgrade": "websocket", "Connection": "Upgrade",
        "Sec-WebSocket-Key": key, "Sec-WebSocket-Version": "13", **headers,
    }  # fmt: skip
    lines = [f"GET {path} HTTP/1.1", *(f"{name}: {value}" for name, value in fields.items()), "", ""]
    return "\r\n".join(lines).encode()


def frame(payload: bytes, opcode: int = TEXT) -> bytes:
    """One whole frame of a client."""
    size = len(payload)
    if size < 126:
        head = bytes((_FINAL | opcode, _MASKED | size))
    elif size < 1 << 16:
        head = bytes((_FINAL | opcode, _MASKED | 126)) + size.to_bytes(2)
    else:
        head = bytes((_FINAL | opcode, _MASKED | 127)) + size.to_bytes(8)
    return head + _MASK + payload


class Incoming:
    """What a server sends: the answer to the handshake, then frames."""

    __slots__ = ("_buffer", "status")

    def __init__(self) -> None:
        self._buffer = bytearray()
        self.status: int | None = None

    def take(self, data: bytes) -> Iterator[tuple[int, bytes]]:
        """Opcode and payload of each frame that is whole by now; none before the handshake was answered.

        Raises:
            ConnectionError: The handshake was answered with another status than 101.
        """
        self._buffer += data
        if self.status is None and not self._answered():
            return
        while (found := self._one()) is not None:
            yield found

    def _answered(self) -> bool:
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0:
            return False
        self.status = int(self._buffer[:end].split(b" ", 2)[1])
        if self.status != 101:
            raise ConnectionError(f"The gateway answered the handshake with {self.status}.")
        del self._buffer[: end + 4]
        return True

    def _one(self) -> tuple[int, bytes] | None:
        buffer = self._buffer
        if len(buffer) < 2:
            return None
        size, start = buffer[1] & 0x7F, 2
        if size >= 126:
            start += 2 if size == 126 else 8
            size = int.from_bytes(buffer[2:start])
        if len(buffer) < start + size:
            return None
        found = buffer[0] & 0x0F, bytes(buffer[start : start + size])
        del buffer[: start + size]
        return found
