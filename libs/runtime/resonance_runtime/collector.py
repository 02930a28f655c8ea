"""How often Python looks for objects that only refer to one another."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import sys
from typing import Final

_YOUNG: Final = 50_000
"""Objects made and not freed before the collector looks at them. Frames and requests make many that live for a moment
and are in no cycle; with Python's own threshold of 700 up to a quarter of the time goes into looking at them."""
_LOOK_S: Final = 10.0
_MORE: Final = 0.1
"""Share by which memory may grow before the collector looks at everything, also at what is old."""
_LEAST: Final = 20_000
"""Blocks of memory that it may grow by in any case; a closed connection of the gateway leaves about a hundred."""


def collect_seldom() -> None:
    """For services that answer thousands of times a second; what is imported by now is never looked at again.

    What lives for a minute, as a connection does, is then old when it ends, and the old are not looked at for hours:
    `Cycles` does.
    """
    gc.freeze()
    gc.set_threshold(_YOUNG, 20, 20)


class Cycles:
    """Finds objects that only refer to one another once they may be a tenth of memory; a component of every service.

    It costs what is alive, some milliseconds or, with thousands of connections, tenths of a second, and by the share
    it is done the more seldom the more is alive.
    """

    def __init__(self) -> None:
        self._kept = 0
        self._looking: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """From now on it looks."""
        self._kept = sys.getallocatedblocks()
        self._looking = asyncio.create_task(self._look_again_and_again())

    async def stop(self) -> None:
        """It looks no more."""
        if self._looking is not None:
            self._looking.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._looking

    def look(self) -> bool:
        """Looks at everything if memory has grown enough; whether it did."""
        now = sys.getallocatedblocks()
        self._kept = min(self._kept, now)
        if now <= self._kept * (1 + _MORE) + _LEAST:
            return False
        gc.collect()
        self._kept = sys.getallocatedblocks()
        return True

    async def _look_again_and_again(self) -> None:
        while True:
            await asyncio.sleep(_LOOK_S)
            self.look()
