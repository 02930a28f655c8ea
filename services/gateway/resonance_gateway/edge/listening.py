"""Makes the gateway listen: with TLS and PROXY headers where settings say so, and with its limits."""

from __future__ import annotations

import logging

from aiohttp import web

from resonance_gateway.edge.certificates import Certificates
from resonance_gateway.edge.edge import Edge
from resonance_gateway.edge.files import room_for
from resonance_gateway.edge.settings import EdgeSettings
from resonance_gateway.edge.site import EdgeSite
from resonance_runtime.errors import SettingsError
from resonance_runtime.probes import Listen


def listen_at(edge: Edge, settings: EdgeSettings, certificates: Certificates | None) -> Listen:
    """What listens, for `Runtime.listen`.

    Raises:
        SettingsError: PROXY headers are expected of nobody.
    """
    proxied = settings.proxy_protocol == "on"
    if proxied and not edge.trust:
        raise SettingsError(
            "RESONANCE_PROXY_PROTOCOL is on, but RESONANCE_TRUSTED_PROXIES is empty, so nobody could connect: "
            "name the proxies, as 10.0.0.0/8, or switch it off."
        )
    # It warns of subprotocols that are not known, and names the address of the client.
    logging.getLogger("aiohttp.websocket").setLevel(logging.ERROR)
    edge.seats.total = room_for(edge.seats.total)

    def listen(runner: web.AppRunner, host: str, port: int) -> EdgeSite:
        return EdgeSite(runner, host, port, edge, proxied, certificates)

    return listen
