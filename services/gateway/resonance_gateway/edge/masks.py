"""A client must mask its frames (RFC 6455, section 5.1): looked at once a connection.

aiohttp reads frames that are not masked as well. Whether a client masks is a property of the client, so its first
frame tells; looking at each would cost more than it is worth.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from aiohttp.http import WebSocketReader

_MASKED: Final = 0x80
# Reserved bits and a reserved opcode: what the reader itself answers with 1002, protocol error.
_BROKEN: Final = b"\xff\xff"


class FirstFrame:
    """Stands before the reader of frames until the first one's head has come, then is gone.

    Args:
        reader: Of aiohttp.
        go_on: Told to read with the reader alone from now on.
    """

    __slots__ = ("_go_on", "_held", "_reader")

    def __init__(self, reader: WebSocketReader, go_on: Callable[[WebSocketReader], None]) -> None:
        self._reader = reader
        self._go_on = go_on
        self._held = b""

    def feed_data(self, data: bytes) -> tuple[bool, bytes]:
        """Takes what came; True first in the answer says that the connection is to be closed."""
        held = self._held + data
        if len(held) < 2:
            self._held = held
            return False, b""
        self._go_on(self._reader)
        return self._reader.feed_data(held if held[1] & _MASKED else _BROKEN)

    def feed_eof(self) -> None:
        """The connection ended before its first frame."""
        self._reader.feed_eof()
