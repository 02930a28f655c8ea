"""Opening one WebSocket to the gateway, and what its close codes mean."""

from __future__ import annotations

from typing import Final, Literal
from urllib.parse import urlsplit, urlunsplit

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus

from resonance_client.errors import AuthenticationRefused, SessionClosed, UsageError

UNAUTHENTICATED: Final = 3500
FINAL_FROM: Final = 3500
"""The gateway closes with such a code when connecting again is of no use."""
LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})
TRANSIENT: Final = (OSError, TimeoutError, EOFError, InvalidHandshake, ConnectionClosed)
"""What a gateway that restarts may answer with; anything else is a defect."""


def websocket_url(gateway: str, path: str) -> str:
    """Address of a WebSocket of the gateway at `gateway` (http, https, ws or wss).

    Raises:
        UsageError: It is not such an address.
    """
    parts = urlsplit(gateway)
    scheme = {"http": "ws", "https": "wss", "ws": "ws", "wss": "wss"}.get(parts.scheme)
    if scheme is None or not parts.netloc:
        raise UsageError(f"Expected the gateway's address as http://host:port, got {gateway!r}.")
    return urlunsplit((scheme, parts.netloc, parts.path.rstrip("/") + path, "", ""))


async def open_socket(url: str, headers: dict[str, str] | None = None) -> ClientConnection:
    """Open one socket.

    Raises:
        AuthenticationRefused: The gateway answered the handshake with 401 or 403.
        OSError, InvalidHandshake: It did not open; trying again may help (see TRANSIENT).
    """
    proxy: Literal[True] | None = None if urlsplit(url).hostname in LOOPBACK else True
    try:
        # Frames are small and many: deflate would cost more processor time than it saves bytes.
        return await connect(
            url,
            additional_headers=headers,
            compression=None,
            proxy=proxy,
            open_timeout=10,
            close_timeout=2,
            max_size=2**22,
        )
    except InvalidStatus as refused:
        if refused.response.status_code in (401, 403):
            raise AuthenticationRefused(
                f"The gateway answered {refused.response.status_code} to the token; check that it was signed with "
                "the gateway's RESONANCE_JWT_SECRET, has the role that is needed, and has not expired."
            ) from refused
        raise


def raise_if_unauthenticated(closed: ConnectionClosed) -> None:
    """Raise AuthenticationRefused where that is why the gateway closed the connection."""
    if closed.rcvd is not None and closed.rcvd.code == UNAUTHENTICATED:
        reason = closed.rcvd.reason or "no reason given"
        raise AuthenticationRefused(
            f"The gateway does not accept the token ({reason}); check that it was signed with the gateway's "
            "RESONANCE_JWT_SECRET and has not expired."
        ) from closed


def raise_if_final(closed: ConnectionClosed) -> None:
    """Raise what ends a session: AuthenticationRefused, or SessionClosed where the gateway closed it for good."""
    raise_if_unauthenticated(closed)
    if closed.rcvd is not None and closed.rcvd.code >= FINAL_FROM:
        raise SessionClosed(
            f"The gateway closed the session for good with code {closed.rcvd.code} "
            f"({closed.rcvd.reason or 'no reason given'}); connecting again is of no use."
        ) from closed
