"""Places for requests that are under way at once; some callers leave a place free for the others."""

from __future__ import annotations

import asyncio


class Places:
    """A number of places.

    Args:
        count: How many there are.
    """

    def __init__(self, count: int) -> None:
        self._free = count
        self._waiting: dict[asyncio.Future[None], None] = {}

    def is_free(self, leaving: int = 0) -> bool:
        """Whether a place can be taken that leaves so many free."""
        return self._free > leaving

    async def take(self, leaving: int = 0) -> None:
        """Takes a place as soon as so many are free beside it."""
        while not self.is_free(leaving):
            waiter = asyncio.get_running_loop().create_future()
            self._waiting[waiter] = None
            try:
                await waiter
            finally:
                del self._waiting[waiter]
        self._free -= 1

    def give_back(self) -> None:
        """A place is free again: all who wait look."""
        self._free += 1
        for waiter in self._waiting:
            if not waiter.done():
                waiter.set_result(None)
