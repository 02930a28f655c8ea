"""Evidence that something is strong and persistent: a cumulative sum over event time (Page 1954).

    sum ← max(0, sum + (size - drift) · minutes)

It counts time, not vectors, because a flood sends forty vectors in ten seconds and a quiet user two a minute.
A deviation of 5.5 spreads against a drift of 3.5 amounts to an incident in half a minute, one of 4.5 in a minute;
what is strong for a moment only falls back to 0.
"""

from __future__ import annotations

from typing import Final

import msgspec

ENOUGH: Final = 1.0
"""Sum at which there is an incident, in spreads above the drift times minutes."""

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
    """

    total: float = 0.0
    hits: int = 0

    def add(self, excess: float, elapsed_us: int, enough: float = ENOUGH) -> bool:
        """Take one vector into account.

        Args:
            excess: How far it is above the drift; negative below it.
            elapsed_us: Event time since the user's vector before.
            enough: Sum at which the evidence is enough.

        Returns:
            Whether the evidence is enough.
        """
        step = min(elapsed_us, LONGEST_STEP_US)
        unseen = elapsed_us - step
        self.total = max(0.0, self.total - unseen / MINUTE_US)
        self.total = max(0.0, self.total + excess * (step if excess > 0.0 else elapsed_us) / MINUTE_US)
        self.hits = self.hits + (excess > 0.0) if self.total > 0.0 else 0
        return self.total >= enough and self.hits >= HITS

    def clear(self) -> None:
        """Forget everything."""
        self.total, self.hits = 0.0, 0

    def __bool__(self) -> bool:
        return self.total > 0.0
