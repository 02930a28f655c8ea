"""What all connections of a gateway share at its edge."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from resonance_gateway.edge.origins import Origins
from resonance_gateway.edge.patience import Patience
from resonance_gateway.edge.seats import UNNAMED, Seats, seat_of
from resonance_gateway.edge.settings import EdgeSettings
from resonance_gateway.edge.trust import Trust, networks
from resonance_runtime import metrics

_FULL: Final = metrics.GATEWAY_CONNECTIONS_REFUSED.labels(reason="limit")


@dataclass(frozen=True, slots=True)
class Edge:
    """Whom the gateway believes, lets in, and waits for.

    Attributes:
        trust: Finds clients behind proxies.
        origins: Decides by web page.
        seats: Counts connections.
        patience: How long clients may take.
    """

    trust: Trust
    origins: Origins
    seats: Seats
    patience: Patience = field(default_factory=Patience)

    @staticmethod
    def of(settings: EdgeSettings) -> Edge:
        """The edge that settings describe."""
        return Edge(
            Trust(networks(settings.trusted_proxies), settings.proxy_header),
            Origins(settings.allowed_origins),
            Seats(settings.max_connections, settings.max_connections_per_address),
        )

    def seat_for(self, address: str) -> str:
        """Under which name a connection from an address is counted."""
        return UNNAMED if not address or self.trust.believes(address) else seat_of(address)

    def take_seat(self, address: str) -> str | None:
        """Counts a new connection from an address; None where there is no room."""
        seat = self.seat_for(address)
        if self.seats.take(seat):
            return seat
        _FULL.inc()
        return None

    def change_seat(self, seat: str, address: str) -> str | None:
        """Counts a connection under another address; None, and the old seat stays taken, where there is no room."""
        to = self.seat_for(address)
        if self.seats.move(seat, to):
            return to
        _FULL.inc()
        return None
