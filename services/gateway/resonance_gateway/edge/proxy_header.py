"""The PROXY protocol, versions 1 and 2, without I/O: who is behind a proxy that passes TCP on.

https://www.haproxy.org/download/3.2/doc/proxy-protocol.txt
"""

from __future__ import annotations

import re
import struct
from ipaddress import IPv4Address, IPv6Address
from typing import Final

from resonance_gateway.edge.hops import canonical

SIGNATURE: Final = b"\r\n\r\n\x00\r\nQUIT\n"
V1_START: Final = b"PROXY "
# With its line end (section 2.1).
V1_LONGEST: Final = 107
# Signature, version and command, family, length (section 2.2).
V2_HEAD: Final = struct.Struct("!12sBBH")
# Addresses and TLVs that are read; proxies send some hundred bytes, with a client's certificate in them a few thousand.
V2_LONGEST: Final = 16_384

_LOCAL: Final = 0
_PROXY: Final = 1
# Bytes of an address, by family and transport.
_ADDRESS_BYTES: Final = {0x11: 4, 0x21: 16}
_PORT: Final = r"(?:0|[1-9]\d{0,4})"
_V1: Final = re.compile(
    r"PROXY (?:(?P<unknown>UNKNOWN)(?: [^\r\n]*)?"
    rf"|(?P<family>TCP[46]) (?P<source>\S+) (?P<target>\S+) {_PORT} {_PORT})\r\n"
)


class NotProxied(Exception):
    """What came first on a connection is no PROXY header; `str()` says what is wrong."""


def source_of_v1(line: bytes) -> str | None:
    """Address of the client in a header of version 1, None where the proxy does not know it.

    Args:
        line: The whole line, with its end.

    Raises:
        NotProxied: It is malformed.
    """
    match = _V1.fullmatch(line.decode("ascii", errors="replace"))
    if match is None:
        raise NotProxied("The line is no PROXY header of version 1.")
    if match["unknown"]:
        return None
    family = IPv4Address if match["family"] == "TCP4" else IPv6Address
    try:
        source = family(match["source"])
        family(match["target"])
    except ValueError as error:
        raise NotProxied(f"The PROXY header names an address that is none of its family: {error}.") from error
    return _text(source)


def length_of_v2(head: bytes) -> int:
    """Bytes that follow the fixed head of version 2.

    Raises:
        NotProxied: It is malformed, or larger than what is read.
    """
    signature, version_command, _, length = V2_HEAD.unpack(head)
    if signature != SIGNATURE or version_command >> 4 != 2 or version_command & 0xF not in (_LOCAL, _PROXY):
        raise NotProxied("The first bytes are no PROXY header of version 2.")
    if length > V2_LONGEST:
        raise NotProxied(f"The PROXY header has {length} bytes; {V2_LONGEST} are read.")
    return int(length)


def source_of_v2(head: bytes, rest: bytes) -> str | None:
    """Address of the client in a header of version 2.

    None where there is none: the proxy speaks for itself (LOCAL), or the client came by something else than TCP. TLVs
    are passed over.

    Raises:
        NotProxied: The addresses are not all there.
    """
    _, version_command, family, _ = V2_HEAD.unpack(head)
    if version_command & 0xF == _LOCAL:
        return None
    size = _ADDRESS_BYTES.get(family)
    if size is None:
        return None
    if len(rest) < 2 * size + 4:
        raise NotProxied("The PROXY header is shorter than its addresses.")
    return _text(IPv4Address(rest[:4]) if size == 4 else IPv6Address(rest[:16]))


def _text(address: IPv4Address | IPv6Address) -> str:
    return str(canonical(str(address)) or address)
