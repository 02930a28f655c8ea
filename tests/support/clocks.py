"""A machine's two clocks, by hand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

SECOND_US: Final = 1_000_000
NOW_US: Final = 1_800_000_000 * SECOND_US
"""The right time when a test begins, microseconds since the epoch."""


@dataclass(slots=True)
class Machine:
    """A machine whose wall clock is off, and may be set.

    Attributes:
        off_us: By how much its wall clock is ahead, microseconds.
        since_us: What has passed since the test began, microseconds.
    """

    off_us: int = 0
    since_us: int = 0

    def wall_us(self) -> int:
        """Its wall clock, microseconds since the epoch."""
        return NOW_US + self.since_us + self.off_us

    def monotonic_us(self) -> int:
        """Its monotonic clock, microseconds."""
        return self.since_us
