"""What of a network address is limited: one host of IPv4, one network of 64 bits of IPv6 (RFC 6177)."""

from __future__ import annotations

from ipaddress import IPv6Address, IPv6Network, ip_address
from typing import Final

_HOST_BITS: Final = 64


def limited_part(address: str) -> str:
    """What connections of one client share: an address of IPv4, or a network of IPv6, as `2001:db8::/64`.

    IPv4 addresses that are written as IPv6 ones (`::ffff:192.0.2.1`) are those of IPv4. What is no address, such as
    the name of a socket, stays as it is.
    """
    if ":" not in address:
        return address
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if not isinstance(parsed, IPv6Address):
        return str(parsed)
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(IPv6Network((int(parsed) >> _HOST_BITS << _HOST_BITS, 128 - _HOST_BITS)))
