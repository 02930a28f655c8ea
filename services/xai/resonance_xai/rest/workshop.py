"""Where answers are made: one thread beside the event loop and beside the stream's, and a bounded queue before it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final, TypeVar

from resonance_runtime.errors import Problem

T = TypeVar("T")

MOST_WAITING: Final = 16


class Workshop:
    """A component of a service.

    Args:
        most_waiting: Questions that may wait, beside the one in work; further ones are refused.
    """

    def __init__(self, most_waiting: int = MOST_WAITING) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="asked")
        self._room = most_waiting + 1

    async def start(self) -> None:
        """It starts itself when there is work."""

    async def stop(self) -> None:
        """Waits for the work in hand; what waits is given up."""
        await asyncio.to_thread(self._thread.shutdown, cancel_futures=True)

    async def do(self, work: Callable[[], T]) -> T:
        """Does something. Raises Problem where too much waits already."""
        if not self._room:
            raise Problem(503, "Too many questions", "As many questions as may wait do so already; ask again later.")
        self._room -= 1
        try:
            # Whoever asked may go away: the thread is busy until it is done all the same.
            return await asyncio.get_running_loop().run_in_executor(self._thread, work)
        finally:
            self._room += 1
