"""From which web pages a browser may open a WebSocket (RFC 6455, section 10.2; RFC 6454)."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

_SCHEME: Final = r"[a-z][a-z0-9+.-]*"
_NAME: Final = r"(?:[a-z0-9_-]+(?:\.[a-z0-9_-]+)*\.?|\[[0-9a-f:.]+\])"
_ORIGIN: Final = re.compile(rf"({_SCHEME})://({_NAME})(?::(\d{{1,5}}))?")
_WILDCARD: Final = re.compile(rf"({_SCHEME})://\*\.({_NAME})(?::(\d{{1,5}}))?")
_HOST: Final = re.compile(rf"({_NAME})(?::(\d{{1,5}}))?")
_PORTS: Final = {"http": 80, "https": 443}
ANY: Final = "*"
NULL: Final = "null"


class _Origin(NamedTuple):
    """Scheme, host and port; port 0 where the scheme has none of its own."""

    scheme: str
    host: str
    port: int


def _parsed(match: re.Match[str]) -> _Origin:
    scheme, host, port = match.groups()
    return _Origin(scheme, host.rstrip("."), int(port) if port else _PORTS.get(scheme, 0))


class Origins:
    """Decides by the header `Origin`.

    Pages of the gateway's own host, and clients that send no `Origin` because they are no browsers, always may.

    Args:
        allowed: Comma-separated origins: `https://app.example.com`, `https://*.example.com` for all hosts below it,
            `null` for pages without an origin, `*` for all.

    Raises:
        ValueError: A part is none of these.
    """

    def __init__(self, allowed: str) -> None:
        self._any = self._null = False
        self._exact: set[_Origin] = set()
        self._below: set[_Origin] = set()
        for part in filter(None, (part.strip().lower() for part in allowed.split(","))):
            self._allow(part)

    def allow(self, origin: str | None, host: str, secure: bool) -> bool:
        """Whether a handshake may go on.

        Args:
            origin: Header `Origin`, None where there is none.
            host: Header `Host`, to which the page's own host is compared.
            secure: Whether the client is known to speak TLS; a page that does not is another origin then.
        """
        if origin is None or self._any:
            return True
        if origin == NULL:
            return self._null
        match = _ORIGIN.fullmatch(origin.lower())
        if match is None:
            return False
        page = _parsed(match)
        return page in self._exact or self._is_below(page) or _is_own(page, host.lower(), secure)

    def _allow(self, part: str) -> None:
        if part == ANY:
            self._any = True
        elif part == NULL:
            self._null = True
        elif match := _ORIGIN.fullmatch(part):
            self._exact.add(_parsed(match))
        elif match := _WILDCARD.fullmatch(part):
            self._below.add(_parsed(match))
        else:
            raise ValueError(
                "expected origins as https://app.example.com or https://*.example.com, null, or *, "
                f"separated by commas, but one part is {part!r}"
            )

    def _is_below(self, page: _Origin) -> bool:
        if not self._below:
            return False
        labels = page.host.split(".")
        return any(page._replace(host=".".join(labels[i:])) in self._below for i in range(1, len(labels)))


def _is_own(page: _Origin, host: str, secure: bool) -> bool:
    match = _HOST.fullmatch(host)
    if match is None or page.scheme not in _PORTS or (secure and page.scheme != "https"):
        return False
    port = int(match[2]) if match[2] else _PORTS[page.scheme]
    return page.host == match[1].rstrip(".") and page.port == port
