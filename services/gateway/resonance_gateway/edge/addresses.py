"""Where a request comes from, whatever proxies it passed."""

from __future__ import annotations

from aiohttp import web

from resonance_gateway.edge.handler import EdgeHandler, address_of
from resonance_gateway.edge.hops import canonical


def client_address(request: web.BaseRequest) -> str:
    """Address of the client in canonical text, without port; "" where the connection is gone already.

    Proxies that the gateway trusts are believed where the client is: by a PROXY header, then by `Forwarded` or
    `X-Forwarded-For`. Of nobody else anything is believed.
    """
    handler, nearest = request.protocol, _nearest(request)
    if isinstance(handler, EdgeHandler):
        return handler.edge.trust.client(nearest, request.headers)
    return str(canonical(nearest) or nearest)


def is_secure(request: web.BaseRequest) -> bool:
    """Whether the client is known to speak TLS, to the gateway or to a trusted proxy before it."""
    handler = request.protocol
    if request.secure:
        return True
    return isinstance(handler, EdgeHandler) and handler.edge.trust.secure(_nearest(request), request.headers)


def _nearest(request: web.BaseRequest) -> str:
    """Address of the peer, or of the one that a PROXY header says it speaks for."""
    handler, transport = request.protocol, request.transport
    if isinstance(handler, EdgeHandler) and handler.source is not None:
        return handler.source
    return "" if transport is None else address_of(transport)
