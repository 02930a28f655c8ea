"""Network addresses as they are written by peers and proxies, and the headers in which proxies name them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Final

Address = IPv4Address | IPv6Address

# RFC 9110, section 5.6.2 and 5.6.4.
_NAME: Final = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_QUOTED: Final = r'"(?:[^"\\\x00-\x08\x0a-\x1f\x7f]|\\[^\x00-\x08\x0a-\x1f\x7f])*"'
_PAIR: Final = re.compile(rf"[ \t]*({_NAME})=({_NAME}|{_QUOTED})[ \t]*(?=;|$)")
_ELEMENT: Final = re.compile(r'((?:[^,"]|"(?:[^"\\]|\\.)*")*)(?:,|$)')
# RFC 7239, section 6: a port may be hidden under a name of the proxy's own, too.
_PORT: Final = r"(?::(?:\d{1,5}|_[A-Za-z0-9._-]+))?"
_BRACKETED: Final = re.compile(rf"\[([0-9A-Fa-f:.]+)\]{_PORT}")
_V4: Final = re.compile(rf"([0-9.]+){_PORT}")


def canonical(text: str) -> Address | None:
    """The address that a text without port stands for, None where it is none.

    An IPv4 address that is written as IPv6 (`::ffff:192.0.2.1`) is an IPv4 address; a zone (`%eth0`) is left out.
    """
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return (address.ipv4_mapped or address) if isinstance(address, IPv6Address) else address


def node(text: str) -> Address | None:
    """The address of a node in a header: with or without port, IPv6 with or without brackets.

    None for what is no address: `unknown`, names that hide one (RFC 7239, section 6.3), and what is malformed.
    """
    match = _BRACKETED.fullmatch(text) or _V4.fullmatch(text)
    found = match[1] if match is not None else text
    return None if "%" in found else canonical(found)


def forwarded(fields: Iterable[str]) -> Sequence[tuple[Address | None, str]]:
    """Hops that `Forwarded` names (RFC 7239), the client first: whom the proxy saw, and by which scheme, or "".

    What cannot be read is a hop without address: nobody behind it is known.
    """
    return [_hop(element) for field in fields for element in _elements(field)]


def forwarded_for(fields: Iterable[str]) -> Sequence[Address | None]:
    """Hops that `X-Forwarded-For` names, the client first."""
    return [node(text) for part in ",".join(fields).split(",") if (text := part.strip(" \t"))]


def _elements(text: str) -> list[str]:
    elements: list[str] = []
    at = 0
    while at < len(text):
        match = _ELEMENT.match(text, at)
        if match is None:
            # A quotation that does not end: everything from here on is one thing that cannot be read.
            return [*elements, text[at:]]
        elements.append(match[1].strip(" \t"))
        at = match.end()
    return [element for element in elements if element]


def _hop(element: str) -> tuple[Address | None, str]:
    found: dict[str, str] = {}
    at = 0
    while at < len(element):
        match = _PAIR.match(element, at)
        if match is None or match[1].lower() in found:
            return None, ""
        found[match[1].lower()] = _unquoted(match[2])
        at = match.end() + 1
    return node(found.get("for", "")), found.get("proto", "").lower()


def _unquoted(value: str) -> str:
    return re.sub(r"\\(.)", r"\1", value[1:-1]) if value.startswith('"') else value
