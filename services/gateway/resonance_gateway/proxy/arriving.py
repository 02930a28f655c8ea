"""A request on its way to the backend: over what it came, and what of it goes on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from aiohttp import web
from multidict import CIMultiDict

from resonance_gateway.edge.addresses import is_secure
from resonance_gateway.edge.handler import EdgeHandler, address_of
from resonance_gateway.proxy.headers import Hop, introduce, passed_on

# Paths that never go to the backend, with all below them.
OWN: Final = ("/ml", "/livez", "/readyz", "/health", "/metrics", "/ws/alerts", "/openapi.json", "/asyncapi.json")


def is_own(path: str) -> bool:
    """Whether a path is the gateway's own."""
    return any(path == own or path.startswith(f"{own}/") for own in OWN)


def wants_websocket(request: web.Request) -> bool:
    """Whether it is a WebSocket handshake (RFC 6455, section 4.1)."""
    return request.method == "GET" and request.headers.get("Upgrade", "").strip().lower() == "websocket"


def hop_of(request: web.Request) -> Hop:
    """The connection that a request came over."""
    handler, transport = request.protocol, request.transport
    peer = "" if transport is None else address_of(transport)
    believed = False
    if isinstance(handler, EdgeHandler):
        peer = handler.source or peer
        believed = handler.edge.trust.believes(peer)
    return Hop(peer, believed, "https" if is_secure(request) else "http", request.headers.get("Host", ""))


def target_of(request: web.Request) -> str:
    """Path and query, as the client wrote them."""
    raw = request.raw_path
    return raw if raw.startswith("/") else request.rel_url.raw_path_qs


def headers_of(request: web.Request, hop: Hop, *, upgrade: bool, user_header: str) -> CIMultiDict[str]:
    """Headers of the request to the backend.

    Args:
        request: As it came.
        hop: The connection that it came over.
        upgrade: Whether it is a WebSocket handshake.
        user_header: Header in which trusted proxies name the user; that of anybody else is left out.
    """
    without: Sequence[str] = () if hop.believed or not user_header else (user_header.lower(),)
    headers = passed_on(request.headers, upgrade=upgrade, without=without)
    introduce(headers, hop)
    return headers
