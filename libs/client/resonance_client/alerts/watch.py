"""Receives alerts from `/ws/alerts`, over as many sockets as it takes."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Callable, Collection
from contextlib import aclosing
from dataclasses import dataclass
from math import inf
from urllib.parse import urlencode

from websockets.exceptions import ConnectionClosed

from resonance_client.alerts.events import EVENT_TYPES, AlertEvent, parse_told
from resonance_client.backoff import Backoff
from resonance_client.connection import TRANSIENT, open_socket, raise_if_unauthenticated, websocket_url
from resonance_client.errors import GatewayUnreachable


@dataclass(frozen=True, slots=True)
class Arrival:
    """An event, and when it arrived here: microseconds since the epoch by this machine's clock."""

    event: AlertEvent
    at_us: int


class Watcher:
    """Follows the alerts of a gateway until the caller stops.

    After a cut it goes on behind the last event that the caller was done with, so nothing is missed and nothing comes
    twice. A gateway that does not know that position (it was restarted, or it is another one) tells what it remembers
    from `since_s` on: an event may then come twice, with the same id and content. One who reads too slowly is
    disconnected rather than told less.

    Args:
        gateway: Address of the gateway, http or https.
        token: Token with the role `operator`, or what gives a fresh one before each connection.
        min_severity: "low", "medium", "high" or "critical"; less severe alerts are not sent.
        types: Some of "alert", "explanation", "enriched", "verdict"; others are not sent.
        since_s: Event time, seconds since the epoch, that is asked for after a cut; now if left out.
        past: Whether the first connection asks for it, too.
        patience_s: Longest wait for the first connection, seconds; without end if left out. Cuts are waited out.
        backoff: Waits between attempts to connect.

    Attributes:
        since_s: What the next connection asks for where the gateway does not know the position.
        position: Behind which the next connection goes on; empty where nothing came yet.
    """

    def __init__(
        self,
        gateway: str,
        token: str | Callable[[], str],
        min_severity: str = "low",
        types: Collection[str] = EVENT_TYPES,
        *,
        since_s: float | None = None,
        past: bool = False,
        patience_s: float = inf,
        backoff: Backoff | None = None,
    ) -> None:
        wish = {"min_severity": min_severity, "kinds": ",".join(sorted(types))}
        self._url = f"{websocket_url(gateway, '/ws/alerts')}?{urlencode(wish, safe=',')}"
        self.position = ""
        self.since_s = time.time() if since_s is None else since_s
        self._token = token
        self._past = past
        self._patience_s = patience_s
        self._gateway = gateway
        self._backoff = backoff or Backoff()
        self.connected = asyncio.Event()
        self.sockets_opened = 0

    async def arrivals(self) -> AsyncGenerator[Arrival, None]:
        """Every event as it arrives, without end.

        Raises:
            AuthenticationRefused: The token is not accepted, or has not the role.
            GatewayUnreachable: There was no connection at all within the patience.
            ProtocolViolation: What came is no event.
        """
        waits, began = self._backoff.waits(), time.monotonic()
        while True:
            try:
                async with aclosing(self._one_socket()) as received:
                    async for arrival in received:
                        waits = self._backoff.waits()
                        yield arrival
            except ConnectionClosed as closed:
                raise_if_unauthenticated(closed)
            except TRANSIENT as error:
                # A gateway that restarts, or one that was never there.
                if not self.sockets_opened and time.monotonic() - began >= self._patience_s:
                    raise GatewayUnreachable(
                        f"No connection to {self._gateway} within {self._patience_s:g} s ({error}); is it running?"
                    ) from error
            await asyncio.sleep(next(waits))

    async def _one_socket(self) -> AsyncGenerator[Arrival, None]:
        wanted = bool(self._past or self.sockets_opened or self.position)
        token = self._token if isinstance(self._token, str) else self._token()
        url = f"{self._url}&{urlencode({'after': self.position, 'since': self.since_s})}"
        socket = await open_socket(url, {"Authorization": f"Bearer {token}"})
        self.sockets_opened += 1
        try:
            while True:
                told = parse_told(await socket.recv())
                if told.caught_up:
                    wanted = True
                    self.connected.set()
                if wanted and told.event is not None:
                    yield Arrival(told.event, time.time_ns() // 1000)
                self.position = told.position or self.position
        finally:
            self.connected.clear()
            await socket.close()
