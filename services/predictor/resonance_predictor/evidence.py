"""Evidence that something is strong and persistent: a cumulative sum over event time (Page 1954).

    sum ← max(0, sum + (size - drift) · minutes)

It counts time, not vectors, because a flood sends forty vectors in ten seconds and a quiet user two a minute.
A deviation of 5.5 spreads against a drift of 3.5 amounts to 1 in half a minute, one of 4.5 in a minute; what is strong
for a moment only falls back to 0.
"""

from __future__ import annotations

from typing import Final

import msgspec

HITS: Final = 3
"""Vectors above the drift that it takes at least."""

LONGEST_STEP_US: Final = 20_000_000
"""Time that one vector can prove at most."""

MINUTE_US: Final = 60_000_000.0


class Evidence(msgspec.Struct):
    """What speaks for an incident that is not open yet.

    Attributes:
        total: The sum.
        hits: Vectors above the drift since the sum was last 0.
        peak: Highest sum since then that hits suffice for.
    """

    total: float = 0.0
    hits: int = 0
    peak: float = 0.0

    def add(self, excess: float, elapsed_us: int) -> float:
        """Take one vector into account.

        Args:
            excess: How far it is above the drift; negative below it.
            elapsed_us: Event time since the user's vector before.

        Returns:
            The sum, where hits suffice; otherwise 0.
        """
        step = min(elapsed_us, LONGEST_STEP_US)
        unseen = elapsed_us - step
        self.total -= unseen / MINUTE_US
        if self.total <= 0.0:
            self.clear()
        self.total = max(0.0, self.total + excess * (step if excess > 0.0 else elapsed_us) / MINUTE_US)
        self.hits = self.hits + (excess > 0.0) if self.total > 0.0 else 0
        amount = self.total if self.hits >= HITS else 0.0
        self.peak = max(self.peak, amount) if self.total > 0.0 else 0.0
        return amount

    def clear(self) -> None:
        """Forget everything."""
        self.total, self.hits, self.peak = 0.0, 0, 0.0

    def __bool__(self) -> bool:
        return self.total > 0.0
