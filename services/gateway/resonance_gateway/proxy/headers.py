"""Headers on their way through: which are passed on, and what is said to the backend about the client."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from multidict import CIMultiDict, CIMultiDictProxy

# Of one hop only (RFC 9110, section 7.6.1); the handshake's own are added again.
_OF_ONE_HOP: Final = frozenset(
    {
        "connection",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)
# Answered by the gateway itself, or about compression, which neither side of a connection has here.
_OURS: Final = frozenset({"expect", "sec-websocket-extensions"})
_ABOUT_THE_CLIENT: Final = ("Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto")
_UPGRADING: Final = (("Upgrade", "websocket"), ("Connection", "Upgrade"))


@dataclass(frozen=True, slots=True)
class Hop:
    """The connection that a request came over.

    Attributes:
        peer: Address of its other end.
        believed: Whether that is a trusted proxy, so that what it says of the client is passed on.
        scheme: "http" or "https", as the gateway saw it.
        host: Header `Host` of the request.
    """

    peer: str
    believed: bool
    scheme: str
    host: str


def passed_on(headers: CIMultiDictProxy[str], *, upgrade: bool, without: Iterable[str] = ()) -> CIMultiDict[str]:
    """Headers as they go on, of a request or an answer.

    Args:
        headers: As they came.
        upgrade: Whether they are of a WebSocket handshake.
        without: Further names to leave out, in lower case.
    """
    named = {name.strip().lower() for field in headers.getall("Connection", ()) for name in field.split(",")}
    left_out = _OF_ONE_HOP | _OURS | named | frozenset(without)
    found = CIMultiDict((name, value) for name, value in headers.items() if name.lower() not in left_out)
    if upgrade:
        found.extend(_UPGRADING)
    return found


def introduce(headers: CIMultiDict[str], hop: Hop) -> None:
    """Says whom the request is from.

    What a trusted proxy said is kept, and its own address is appended to the list that it wrote. What anybody else
    said is replaced.
    """
    if not hop.believed:
        for name in _ABOUT_THE_CLIENT:
            headers.popall(name, None)
    by_list, by_forwarded = headers.popall("X-Forwarded-For", []), headers.popall("Forwarded", [])
    if by_list or not by_forwarded:
        headers["X-Forwarded-For"] = ", ".join((*by_list, hop.peer))
    if by_forwarded or not by_list:
        headers["Forwarded"] = ", ".join((*by_forwarded, _forwarded(hop)))
    headers.setdefault("X-Forwarded-Proto", hop.scheme)
    headers.setdefault("X-Forwarded-Host", hop.host)


def offered(headers: CIMultiDictProxy[str]) -> Sequence[str]:
    """Subprotocols that a handshake names."""
    fields = headers.getall("Sec-WebSocket-Protocol", ())
    return [name.strip() for field in fields for name in field.split(",")]


def _forwarded(hop: Hop) -> str:
    """One element of `Forwarded` (RFC 7239)."""
    node = f'"[{hop.peer}]"' if ":" in hop.peer else hop.peer or "unknown"
    host = hop.host.replace("\\", "\\\\").replace('"', '\\"')
    return f'for={node};host="{host}";proto={hop.scheme}'
