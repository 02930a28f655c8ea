"""The gateway's clock: wall time that never goes back."""

from __future__ import annotations

import time
from collections.abc import Callable


class Clock:
    """Microseconds since the epoch, anchored once and moved by the monotonic clock.

    The wall clock may be stepped while the process runs; the monotonic clock is only slewed, so event times
    and watermarks made from this one never go back.
    """

    def __init__(
        self,
        wall_ns: Callable[[], int] = time.time_ns,
        monotonic_ns: Callable[[], int] = time.monotonic_ns,
    ) -> None:
        self._monotonic_ns = monotonic_ns
        self._offset_ns = wall_ns() - monotonic_ns()

    def now_us(self) -> int:
        """Now, in microseconds since the epoch."""
        return (self._offset_ns + self._monotonic_ns()) // 1000

    def set_back(self, us: int) -> None:
        """Moves it back by so many microseconds, or ahead by a negative number; before anything was stamped by it."""
        self._offset_ns -= us * 1000
