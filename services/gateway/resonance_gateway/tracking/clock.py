"""The gateway's clock: wall time that never goes back."""

from __future__ import annotations

import time
from collections.abc import Callable


class Clock:
    """Microseconds since the epoch, anchored once and moved by the monotonic clock.

    The wall clock may be stepped while the process runs; the monotonic clock is only slewed, so event times
    and watermarks made from this one never go back. It is put right without that: ahead at once, back by going slowly.
    """

    def __init__(
        self,
        wall_ns: Callable[[], int] = time.time_ns,
        monotonic_ns: Callable[[], int] = time.monotonic_ns,
    ) -> None:
        self._monotonic_ns = monotonic_ns
        self._offset_ns = wall_ns() - monotonic_ns()
        self._to_lose_ns = self._lost_at_ns = 0

    def now_us(self) -> int:
        """Now, in microseconds since the epoch."""
        now_ns = self._monotonic_ns()
        if self._to_lose_ns:
            self._lose(now_ns)
        return (self._offset_ns + now_ns) // 1000

    def set_back(self, us: int) -> None:
        """Moves it back by so many microseconds, or ahead by a negative number; before anything was stamped by it."""
        self._offset_ns -= us * 1000

    def put_right(self, ahead_us: int) -> None:
        """Goes at half its speed until what it is ahead is lost, or makes good at once what it is behind."""
        self._to_lose_ns, self._lost_at_ns = max(0, ahead_us) * 1000, self._monotonic_ns()
        self._offset_ns += max(0, -ahead_us) * 1000

    def _lose(self, now_ns: int) -> None:
        lost_ns = min((now_ns - self._lost_at_ns) // 2, self._to_lose_ns)
        self._lost_at_ns += 2 * lost_ns
        self._to_lose_ns -= lost_ns
        self._offset_ns -= lost_ns
