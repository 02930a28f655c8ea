"""Connections end with their tokens: one pass over all of them every second, no timer for each."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection
from typing import Final, Protocol

from resonance_runtime import metrics

SWEEP_S: Final = 1.0


class Expiring(Protocol):
    """A connection that was opened with a token."""

    @property
    def expires_us(self) -> int:
        """`Principal.expires_us` of whom it is; `NEVER_US` before that is known."""

    async def expire(self) -> None:
        """Tells the client, and closes the connection with `CloseCode.TOKEN_EXPIRED`; may be called again."""


class Expiries:
    """Closes connections whose token expired.

    Args:
        now_us: Time, microseconds since the epoch.
    """

    def __init__(self, now_us: Callable[[], int]) -> None:
        self._now_us = now_us
        self._watched: list[Collection[Expiring]] = []
        self._closing: dict[Expiring, asyncio.Task[None]] = {}

    def watch(self, connections: Collection[Expiring]) -> None:
        """From now on looks at these connections, whichever they are at the time: the collection itself is kept."""
        self._watched.append(connections)

    async def keep_closing(self) -> None:
        """Sweeps again and again; does not return."""
        while True:
            await asyncio.sleep(SWEEP_S)
            self.sweep()

    def sweep(self) -> None:
        """Begins to close what expired; a client that is slow to close holds up no other."""
        now_us = self._now_us()
        for connections in self._watched:
            for connection in [c for c in connections if c.expires_us <= now_us]:
                self._close(connection)

    async def stop(self) -> None:
        """Waits until what is being closed is closed."""
        await asyncio.gather(*self._closing.values(), return_exceptions=True)

    def _close(self, connection: Expiring) -> None:
        if connection in self._closing:
            return
        task = asyncio.create_task(connection.expire(), name="a token expired")
        self._closing[connection] = task
        task.add_done_callback(lambda _: self._closing.pop(connection, None))
        metrics.GATEWAY_TOKENS_EXPIRED.inc()
