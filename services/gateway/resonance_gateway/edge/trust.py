"""Whom the gateway believes about where a client is: the proxies it was told of, and nobody else."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Final, Protocol

from resonance_gateway.edge.hops import Address, canonical, forwarded, forwarded_for

# Of this many hops at most the address is looked at.
_MOST_HOPS: Final = 32


class Headers(Protocol):
    """Header fields of a request."""

    def getall(self, name: str, default: Sequence[str], /) -> Sequence[str]:
        """Values of all fields of one name, in their order."""


class ProxyHeader(StrEnum):
    """In which header trusted proxies name their clients."""

    AUTO = "auto"
    FORWARDED = "forwarded"
    X_FORWARDED_FOR = "x-forwarded-for"


def networks(text: str) -> tuple[IPv4Network | IPv6Network, ...]:
    """Networks of a comma-separated list of addresses and CIDR blocks.

    Raises:
        ValueError: A part is neither.
    """
    found = []
    for part in filter(None, (part.strip() for part in text.split(","))):
        try:
            found.append(ip_network(part))
        except ValueError as error:
            raise ValueError(
                "expected addresses or CIDR blocks as 10.0.0.0/8, separated by commas, "
                f"but one part is {part!r}: {error}"
            ) from error
    return tuple(found)


class Trust:
    """Finds the client behind proxies.

    Args:
        trusted: Networks of proxies.
        header: The header that they write.
    """

    def __init__(self, trusted: Sequence[IPv4Network | IPv6Network], header: ProxyHeader = ProxyHeader.AUTO) -> None:
        self._trusted = tuple(trusted)
        self._header = header

    def __bool__(self) -> bool:
        return bool(self._trusted)

    def believes(self, address: str) -> bool:
        """Whether an address is a trusted proxy's."""
        found = canonical(address) if self._trusted else None
        return found is not None and self._among(found)

    def client(self, peer: str, headers: Headers) -> str:
        """Address of the client, in canonical text without port.

        From the peer, hops are walked from the nearest one on: the first that is no trusted proxy is the client. Where
        a hop cannot be read, or all are proxies, it is the farthest one that is known.

        Args:
            peer: Address that the connection comes from.
            headers: Of the request.
        """
        nearest = canonical(peer)
        if nearest is None:
            return peer
        if not self._trusted or not self._among(nearest):
            return str(nearest)
        found = [self._walked(nearest, hops) for hops in self._told(headers) if hops]
        # Proxies write one of the two headers; where there are both and they differ, one is a client's own.
        agreed = found and all(address == found[0] for address in found)
        return str(found[0] if agreed else nearest)

    def secure(self, peer: str, headers: Headers) -> bool:
        """Whether a trusted proxy says that the client speaks TLS to it."""
        if not self.believes(peer):
            return False
        schemes = [scheme for _, scheme in forwarded(headers.getall("Forwarded", ())) if scheme]
        told = headers.getall("X-Forwarded-Proto", ())
        schemes += [scheme.strip().lower() for scheme in ",".join(told).split(",") if scheme.strip()]
        return bool(schemes) and all(scheme in ("https", "wss") for scheme in schemes)

    def _told(self, headers: Headers) -> list[Sequence[Address | None]]:
        told: list[Sequence[Address | None]] = []
        if self._header is not ProxyHeader.X_FORWARDED_FOR:
            told.append([address for address, _ in forwarded(headers.getall("Forwarded", ()))])
        if self._header is not ProxyHeader.FORWARDED:
            told.append(forwarded_for(headers.getall("X-Forwarded-For", ())))
        return told

    def _walked(self, nearest: Address, hops: Sequence[Address | None]) -> Address:
        for hop in list(reversed(hops))[:_MOST_HOPS]:
            if hop is None:
                return nearest
            nearest = hop
            if not self._among(hop):
                return nearest
        return nearest

    def _among(self, address: Address) -> bool:
        return any(address in network for network in self._trusted)
