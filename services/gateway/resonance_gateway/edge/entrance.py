"""What is looked at before a request becomes a WebSocket."""

from __future__ import annotations

from http import HTTPStatus
from typing import Final

from aiohttp import web

from resonance_gateway.edge.addresses import client_address, is_secure
from resonance_gateway.edge.edge import Edge
from resonance_gateway.edge.handler import EdgeHandler
from resonance_runtime import metrics
from resonance_runtime.errors import Problem

_ORIGIN: Final = metrics.GATEWAY_CONNECTIONS_REFUSED.labels(reason="origin")


class Entrance:
    """Lets handshakes through.

    Args:
        edge: What connections share.
    """

    def __init__(self, edge: Edge) -> None:
        self._edge = edge

    def admit(self, request: web.Request) -> str:
        """Address of the client; from now on its connection counts under that.

        Raises:
            Problem: 403, the web page may not; 503, the address has too many connections.
        """
        self._check_origin(request)
        address = client_address(request)
        handler = request.protocol
        if isinstance(handler, EdgeHandler) and not handler.change_seat(address):
            raise Problem(
                HTTPStatus.SERVICE_UNAVAILABLE,
                "Too many connections",
                f"At most {self._edge.seats.per_address} connections of one address may be open; close one first.",
            )
        return address

    def _check_origin(self, request: web.Request) -> None:
        origins = request.headers.getall("Origin", [])
        origin = origins[0].strip() if origins else None
        if len(origins) > 1 or not self._edge.origins.allow(
            origin, request.headers.get("Host", ""), is_secure(request)
        ):
            _ORIGIN.inc()
            raise Problem(
                HTTPStatus.FORBIDDEN,
                "Origin not allowed",
                "Web pages of this origin may not open WebSockets here; whoever runs the gateway can allow them "
                "with RESONANCE_ALLOWED_ORIGINS.",
            )
