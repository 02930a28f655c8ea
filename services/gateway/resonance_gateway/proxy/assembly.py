"""Puts proxy mode together."""

from __future__ import annotations

from dataclasses import dataclass

from resonance_gateway.auth.component import Authentication
from resonance_gateway.edge.edge import Edge
from resonance_gateway.edge.entrance import Entrance
from resonance_gateway.edge.origins import ANY, Origins
from resonance_gateway.edge.seats import Seats
from resonance_gateway.edge.trust import Trust
from resonance_gateway.limits.admission import Admission
from resonance_gateway.limits.gate import Gate
from resonance_gateway.people.pseudonyms import AddressKeys, Directory, Pseudonyms
from resonance_gateway.proxy.identity import Identification, Places
from resonance_gateway.proxy.policy import Users
from resonance_gateway.proxy.proxy import House, Proxy, Rules
from resonance_gateway.proxy.reception import Reception
from resonance_gateway.proxy.upstream import Upstream
from resonance_gateway.settings import GatewaySettings
from resonance_gateway.sockets.opening import Doorkeeper
from resonance_gateway.tracking.clock import Clock
from resonance_gateway.tracking.lane import Spawn
from resonance_gateway.tracking.tracker import Tracker
from resonance_runtime.health import Health


@dataclass(frozen=True, slots=True)
class Parts:
    """Parts of the gateway that proxy mode works with."""

    authentication: Authentication
    pseudonyms: Pseudonyms
    directory: Directory
    limits: Gate
    tracker: Tracker
    clock: Clock
    health: Health
    spawn: Spawn


def proxy_of(settings: GatewaySettings, parts: Parts) -> Proxy | None:
    """The proxy that settings describe; None where the gateway is in front of no backend."""
    if not settings.backend:
        return None
    authenticator = parts.authentication.authenticator
    addresses = AddressKeys(parts.pseudonyms)
    places = Places(settings.upstream_token_query, settings.upstream_token_cookie, settings.upstream_user_header)
    # Those who are anonymous are everybody at one address, so they are counted as addresses are.
    known, crowd = (
        Doorkeeper(authenticator, parts.pseudonyms, parts.directory, Admission(most), addresses, parts.limits)
        for most in (settings.max_connections_per_user, settings.max_connections_per_address)
    )
    house = House(
        _entrance(settings),
        Identification(authenticator, places, settings.upstream_auth),
        Reception(known, crowd, parts.limits),
        parts.tracker,
        parts.clock,
    )
    rules = Rules(
        settings.upstream_over_limit,
        settings.upstream_max_message_bytes,
        settings.upstream_user_header,
        settings.heartbeat_s,
        settings.upstream_auth is Users.REQUIRED,
    )
    upstream = Upstream(
        settings.backend, settings.upstream_host, settings.upstream_timeout_s, parts.health, settings.upstream_ca_file
    )
    proxy = Proxy(upstream, house, rules, parts.spawn)
    parts.authentication.expiries.watch(proxy.tunnels)
    return proxy


def _entrance(settings: GatewaySettings) -> Entrance:
    """What is looked at before a connection; the backend itself decides about origins, unless it is told here."""
    origins = Origins(settings.allowed_origins or ANY)
    seats = Seats(settings.max_connections, settings.max_connections_per_address)
    return Entrance(Edge(Trust(()), origins, seats))
