"""Everything that is not the gateway's own goes to the backend: WebSocket connections, and plain HTTP."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from aiohttp import ClientResponse, web

from resonance_gateway.auth.principal import NEVER_US
from resonance_gateway.edge.entrance import Entrance
from resonance_gateway.proxy.arriving import headers_of, hop_of, is_own, target_of, wants_websocket
from resonance_gateway.proxy.flow import Flow
from resonance_gateway.proxy.headers import Hop
from resonance_gateway.proxy.identity import Identification, is_anonymous
from resonance_gateway.proxy.passing import pass_back, while_there
from resonance_gateway.proxy.policy import OverLimit
from resonance_gateway.proxy.reception import Reception
from resonance_gateway.proxy.switching import client_leg, consents, switch_client, upstream_leg
from resonance_gateway.proxy.tunnel import Tunnel
from resonance_gateway.proxy.upstream import Upstream
from resonance_gateway.proxy.visit import FROM_BACKEND, Visit
from resonance_gateway.rest.problems import CLIENT_LEFT, TryLater
from resonance_gateway.sockets.closing import CloseCode
from resonance_gateway.tracking.clock import Clock
from resonance_gateway.tracking.lane import Spawn
from resonance_gateway.tracking.tracker import Tracker
from resonance_runtime import metrics

_CONNECTIONS: Final = metrics.GATEWAY_CONNECTIONS.labels(endpoint="upstream")
# Time that plain requests get to end when the gateway stops, seconds.
_LAST_S: Final = 2.0
_STOPPING: Final = (CloseCode.GOING_AWAY, "The gateway is stopping; connect again.")


@dataclass(frozen=True, slots=True)
class Rules:
    """What a team chose.

    Attributes:
        over_limit: What becomes of a message that is one too many.
        largest: Largest message of a client, bytes.
        user_header: Header in which trusted proxies name the user, "" for none.
        heartbeat_s: A side that was quiet for so long is pinged, seconds.
        by_token: Whether a connection ends with the token that opened it.
    """

    over_limit: OverLimit
    largest: int
    user_header: str
    heartbeat_s: float
    by_token: bool


@dataclass(frozen=True, slots=True)
class House:
    """The parts of the gateway that a client passes on its way to the backend."""

    entrance: Entrance
    identification: Identification
    reception: Reception
    tracker: Tracker
    clock: Clock


class Proxy:
    """Passes requests and connections through; a component of the service.

    Args:
        upstream: The backend.
        house: What clients pass on their way to it.
        rules: What the team chose.
        spawn: Starts tasks whose failure ends the service.

    Attributes:
        tunnels: Open connections.
    """

    def __init__(self, upstream: Upstream, house: House, rules: Rules, spawn: Spawn) -> None:
        self._upstream = upstream
        self._house = house
        self._rules = rules
        self._spawn = spawn
        self.tunnels: set[Tunnel] = set()
        self._plain = 0
        self._accepting = False

    def __len__(self) -> int:
        return len(self.tunnels)

    def routes(self) -> list[web.RouteDef]:
        """The route of everything else; to be the last one."""
        return [web.route("*", "/{rest:.*}", self.handle)]

    async def start(self) -> None:
        """Begins to accept."""
        await self._upstream.start()
        self._spawn("upstream", self._upstream.look())
        self._spawn("upstream heartbeat", self._look_after())
        self._accepting = True

    async def stop(self) -> None:
        """Accepts no more, closes all connections with 1001, and returns when their last events are taken in."""
        self._accepting = False
        for tunnel in list(self.tunnels):
            tunnel.end(*_STOPPING)
        while self.tunnels:
            await asyncio.wait([tunnel.done for tunnel in self.tunnels])
            await asyncio.sleep(0)
        deadline = asyncio.get_running_loop().time() + _LAST_S
        while self._plain and asyncio.get_running_loop().time() < deadline:
            await asyncio.sleep(0.01)
        await self._upstream.stop()

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Serves one request, or one connection to its end."""
        if is_own(request.path):
            raise await _not_ours(request)
        self._check_accepting()
        hop = hop_of(request)
        try:
            if wants_websocket(request):
                return await self._connection(request, hop)
            return await self._request(request, hop)
        except ConnectionResetError:
            return web.Response(status=CLIENT_LEFT)

    def _check_accepting(self) -> None:
        if not self._accepting:
            raise TryLater(
                503, "Not accepting connections", "The gateway is starting or stopping; try again soon.", _LAST_S
            )

    async def _request(self, request: web.Request, hop: Hop) -> web.StreamResponse:
        headers = headers_of(request, hop, upgrade=False, user_header=self._rules.user_header)
        body = request.content if request.can_read_body else None
        self._plain += 1
        try:
            work = self._upstream.ask(request.method, target_of(request), headers, body)
            return await pass_back(request, await while_there(request, work))
        finally:
            self._plain -= 1

    async def _connection(self, request: web.Request, hop: Hop) -> web.StreamResponse:
        house = self._house
        address = house.entrance.admit(request)
        principal = await house.identification.who(request, address, hop.believed)
        with house.reception.session(principal, address, house.clock.now_us()) as session:
            headers = headers_of(request, hop, upgrade=True, user_header=self._rules.user_header)
            answer = await self._upstream.shake(target_of(request), headers)
            try:
                if not consents(answer):
                    return await pass_back(request, answer)
                self._check_accepting()
                known, limits = not is_anonymous(principal), house.reception.limits
                visit = Visit(session, known, request.path, limits, house.tracker, house.clock)
                expires_us = principal.expires_us if self._rules.by_token else NEVER_US
                return await self._joined(request, answer, visit, expires_us)
            finally:
                answer.close()

    async def _joined(
        self, request: web.Request, answer: ClientResponse, visit: Visit, expires_us: int
    ) -> web.StreamResponse:
        """Joins a client and the backend, which agreed, until both are gone."""
        response = await switch_client(request, answer)
        tunnel = Tunnel(visit, self._rules.over_limit, expires_us)
        from_client = Flow(visit, masked=True, largest=self._rules.largest)
        from_backend = Flow(FROM_BACKEND, masked=False, largest=None)
        client, sent_early = client_leg(request, from_client, tunnel)
        upstream, said_early = upstream_leg(answer, from_backend, tunnel)
        if upstream is None:
            client.write(from_backend.take(said_early))
            client.close()
            return response
        with self._counted(tunnel, visit):
            tunnel.join(client, upstream)
            client.data_received(sent_early)
            upstream.data_received(said_early)
            if not self._accepting:
                tunnel.end(*_STOPPING)
            await tunnel.done
        return response

    @contextmanager
    def _counted(self, tunnel: Tunnel, visit: Visit) -> Iterator[None]:
        """Keeps a connection among the open ones while it lasts."""
        self.tunnels.add(tunnel)
        _CONNECTIONS.inc()
        visit.arrived()
        try:
            yield
        finally:
            tunnel.abort()
            visit.left()
            _CONNECTIONS.dec()
            self.tunnels.discard(tunnel)

    async def _look_after(self) -> None:
        """Finds the sides that are gone without a word, and gives them up."""
        while True:
            await asyncio.sleep(self._rules.heartbeat_s / 2)
            for tunnel in list(self.tunnels):
                tunnel.still_there()


async def _not_ours(request: web.Request) -> Exception:
    """Why a path of the gateway's own came here: there is nothing, or another method was expected."""
    allowed: set[str] = set()
    for resource in request.app.router.resources():
        _, methods = await resource.resolve(request)
        allowed |= methods - {"*"}
    return web.HTTPMethodNotAllowed(request.method, allowed) if allowed else web.HTTPNotFound()
