"""How long to wait before connecting again: exponential with full jitter (Brooker, AWS, 2015)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from secrets import SystemRandom


@dataclass(frozen=True, slots=True)
class Backoff:
    """Waits grow from `first_s` to `longest_s` seconds, each drawn from the upper half of its range.

    Full jitter keeps clients that were cut at once from coming back at once; the lower bound keeps a
    gateway that is starting from being asked all the time.
    """

    first_s: float = 0.05
    longest_s: float = 2.0

    def waits(self) -> Iterator[float]:
        """Seconds to wait, without end."""
        chance = SystemRandom()
        ceiling = self.first_s
        while True:
            yield chance.uniform(ceiling / 2, ceiling)
            ceiling = min(2 * ceiling, self.longest_s)
