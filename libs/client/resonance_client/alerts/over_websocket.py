"""A subscription to alerts over `/ws/alerts`."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, Callable, Collection
from math import inf
from pathlib import Path
from typing import Final

from resonance_client.alerts.events import EVENT_TYPES, AlertEvent, check_types
from resonance_client.alerts.position import Position, read_position, write_position
from resonance_client.alerts.subscription import AlertSubscription
from resonance_client.alerts.watch import Arrival, Watcher
from resonance_client.backoff import Backoff
from resonance_client.errors import UsageError

SAVE_EVERY_S: Final = 1.0


class WebSocketAlerts(AlertSubscription):
    """Alerts from a gateway, over as many sockets as it takes; see `AlertSubscription` for what is handled when.

    After a cut it goes on behind what it handled. With `resume` it does the same after it was started again. A gateway
    that was restarted, or another one, tells what it remembers (the newest thousand events of each type, for a day at
    most), and what was handled already is passed over: who must not miss one however long they are away reads
    `KafkaAlerts`.

    Args:
        gateway: Address of the gateway, http or https.
        token: Token or API key with the role `viewer`, or `operator` for user ids; or what gives a fresh one before
            each connection.
        min_severity: "low", "medium", "high" or "critical"; what is less severe is not sent.
        types: Some of "alert", "explanation", "enriched", "verdict"; others are not sent.
        since: Event time, seconds since the epoch, from which to begin where nothing is resumed; now if left out.
        resume: File that says how far it came; it is made where there is none.
        patience_s: Longest wait for the first connection, seconds; without end if left out. Cuts are waited out.
        backoff: Waits between attempts to connect.

    Raises:
        GatewayUnreachable: There was no connection at all within the patience.
        UsageError: The address is none, a type is unknown, or the file is that of something else.
        AuthenticationRefused: The token is not accepted, or has not the role.
        ProtocolViolation: What came is no event.
    """

    def __init__(
        self,
        gateway: str,
        token: str | Callable[[], str],
        *,
        min_severity: str = "low",
        types: Collection[str] = EVENT_TYPES,
        since: float | None = None,
        resume: Path | str | None = None,
        patience_s: float = inf,
        backoff: Backoff | None = None,
    ) -> None:
        super().__init__()
        check_types(types)
        if not types:
            raise UsageError("types names no type of event; leave it out for all of them.")
        self._file = None if resume is None else Path(resume)
        self._position = Position() if self._file is None else read_position(self._file)
        begin = self._position.since_s
        first = since if begin is None else begin
        self._watcher = Watcher(
            gateway,
            token,
            min_severity,
            types,
            since_s=first,
            past=first is not None,
            patience_s=patience_s,
            backoff=backoff,
        )
        self._watcher.position = self._position.place
        self._arrivals: AsyncGenerator[Arrival, None] | None = None
        self._save_at = 0.0

    @property
    def connected(self) -> bool:
        """Whether there is a connection now."""
        return self._watcher.connected.is_set()

    async def _open(self) -> None:
        self._arrivals = self._watcher.arrivals()

    async def _next(self) -> AlertEvent:
        if self._arrivals is None:
            raise RuntimeError("WebSocketAlerts must be used as `async with WebSocketAlerts(...) as alerts`.")
        async for arrival in self._arrivals:
            if arrival.event not in self._position:
                return arrival.event
        raise StopAsyncIteration

    async def _handled(self, event: AlertEvent) -> None:
        self._position.handled(event)
        self._watcher.since_s = self._position.since_s or self._watcher.since_s
        if self._file is not None and time.monotonic() >= self._save_at:
            self._save(self._file)

    async def _close(self) -> None:
        if self._arrivals is not None:
            await self._arrivals.aclose()
        if self._file is not None:
            self._save(self._file)

    def _save(self, file: Path) -> None:
        self._position.place = self._watcher.position
        write_position(file, self._position)
        self._save_at = time.monotonic() + SAVE_EVERY_S
