"""A WebSocket that is open as long as its caller's token is good, for connections without a protocol of their own."""

from __future__ import annotations

from aiohttp import web

from resonance_gateway.auth.principal import Principal
from resonance_gateway.sockets.closing import CloseCode


class HeldOpen:
    """One such connection; `Expiries` closes it.

    Attributes:
        expires_us: When its token expires, microseconds since the epoch.
    """

    __slots__ = ("_socket", "expires_us")

    def __init__(self, socket: web.WebSocketResponse, principal: Principal) -> None:
        self._socket = socket
        self.expires_us = principal.expires_us

    async def expire(self) -> None:
        """Closes the connection; its handler, which reads from it, then comes to its end."""
        await self._socket.close(code=CloseCode.TOKEN_EXPIRED, message=b"The token expired; come with a new one.")
