"""aiohttp's server side of a WebSocket, stricter where it is lax."""

from __future__ import annotations

from typing import Final

from aiohttp import WSCloseCode, web

# RFC 6455, section 7.4: not to be sent by anybody; aiohttp's reader lets these through.
_ABNORMAL: Final = 1006
_UNKNOWN_FROM: Final = 5000


class EdgeSocket(web.WebSocketResponse):
    """Answers a close frame whose code may not be sent with 1002, protocol error."""

    async def close(self, *, code: int = WSCloseCode.OK, message: bytes = b"", drain: bool = True) -> bool:
        """As aiohttp's."""
        theirs = self.close_code
        if theirs is not None and (theirs == _ABNORMAL or theirs >= _UNKNOWN_FROM):
            code, message = WSCloseCode.PROTOCOL_ERROR, b""
        return await super().close(code=code, message=message, drain=drain)
