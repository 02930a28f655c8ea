"""Finds clients that are gone without a word: quiet ones are pinged, and those who do not answer are cut off.

One task for all connections, instead of a timer for each: a timer costs half a kilobyte of every idle connection.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from typing import Final, Protocol

# So many connections are looked at before others have their turn.
_AT_ONCE: Final = 100


class Pinged(Protocol):
    """One connection.

    Attributes:
        heard: Whether anything came since this was set to False.
        asked: Whether it was pinged since something came.
    """

    heard: bool
    asked: bool

    async def ping(self) -> None:
        """Asks the client for a sign of life."""

    def cut_off(self) -> None:
        """Ends the connection without a farewell."""


class Heartbeats:
    """Goes round the connections twice in every period.

    Args:
        connections: Open connections; changes while it goes round.
        period_s: A client that is quiet for longer is pinged; a client that then is quiet for half of it is gone.
    """

    def __init__(self, connections: Collection[Pinged], period_s: float) -> None:
        self._connections = connections
        self._pause_s = period_s / 2

    async def run(self) -> None:
        """Goes round until it is cancelled."""
        while True:
            await asyncio.sleep(self._pause_s)
            for i, connection in enumerate(list(self._connections)):
                if i % _AT_ONCE == 0:
                    await asyncio.sleep(0)
                await _look(connection)


async def _look(connection: Pinged) -> None:
    if connection.heard:
        connection.heard = connection.asked = False
    elif connection.asked:
        connection.cut_off()
    else:
        connection.asked = True
        await connection.ping()
