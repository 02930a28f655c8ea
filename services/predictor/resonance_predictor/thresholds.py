"""How much evidence makes an incident: what a budget of false incidents gives.

The operator says how many false incidents of 1,000 users a day are bearable. Each kind of evidence has a share of that;
from how high its peaks rise in ordinary traffic (see `peaks`) follows the level that no more of them reach. An incident
is `low` from there; `medium` from the level for a tenth of the budget, `high` from that for a hundredth. `critical` is
for rules: no evidence of the unusual says how much harm is done.

Thresholds follow the traffic within bounds: at most to where a hundredth of the budget would lie by what was measured
beforehand, so that nobody can bend them until nothing is found, and at least to where ten times the budget would.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

import msgspec

from resonance_predictor.peaks import NOTHING, Grounds, Learned, Ordinary, Peaks
from resonance_predictor.severity import Severity

DEFAULT_BUDGET: Final = 4.0
"""False incidents of 1,000 users a day."""

LEAST_BUDGET: Final = 0.1
MOST_BUDGET: Final = 100.0

MEDIUM: Final = 0.1
HIGH: Final = 0.01
"""Shares of the budget."""

LOOSEST: Final = 10.0
STRICTEST: Final = 0.01
"""Thresholds lie between those that so many times the budget have by what was measured beforehand."""

SHARES: Final = {Grounds.DEVIATION: 0.1, Grounds.CLIMB: 0.3, Grounds.SURPRISE: 0.6}
"""What each kind of evidence has of the budget."""

ORDINARY: Final = {
    Grounds.DEVIATION: Ordinary(begin=0.1, end=0.4, rate=6.3, scale=0.13),
    Grounds.CLIMB: Ordinary(begin=5.0, end=9.0, rate=65.0, scale=1.9),
    Grounds.SURPRISE: Ordinary(begin=0.5, end=0.85, rate=72.0, scale=0.27),
}
"""Of 512 simulated people in ten days; `python -m tests.bench.stationary.tails` measures it anew. Surprise is of 256 of
them and of its peaks beyond the levels, too: 183 reach 0.5, 65 reach 0.85, 28 reach 1.0, 8 reach 1.2 and 3 reach 1.5.
So the scale falls from 0.34 to 0.17, and what is written is between."""


class Cuts(msgspec.Struct, frozen=True):
    """Sums of one kind of evidence at which an incident has a grade, ascending."""

    low: float
    medium: float
    high: float

    def grade(self, total: float) -> Severity:
        """What a sum amounts to; at least `LOW`."""
        if total >= self.high:
            return Severity.HIGH
        return Severity.MEDIUM if total >= self.medium else Severity.LOW


class Thresholds(msgspec.Struct, frozen=True):
    """Thresholds in force.

    Attributes:
        deviation: For a strong deviation, spreads above the drift times minutes.
        climb: The same for a rise that stays.
        surprise: The same for the model's surprise, powers of ten times minutes.
    """

    deviation: Cuts
    climb: Cuts
    surprise: Cuts

    def of(self, grounds: Grounds) -> Cuts:
        """Those of one kind of evidence."""
        return (self.deviation, self.climb, self.surprise)[grounds]


@lru_cache(maxsize=1024)
def thresholds(budget: float, learned: Learned = NOTHING) -> Thresholds:
    """What is in force.

    Args:
        budget: False incidents of 1,000 users a day, above 0.
        learned: What was seen of evidence in the stream.
    """
    deviation, climb, surprise = (
        _cuts(ORDINARY[kind], SHARES[kind] * budget, seen, learned.user_days)
        for kind, seen in zip(Grounds, learned.peaks, strict=True)
    )
    return Thresholds(deviation, climb, surprise)


def _cuts(ordinary: Ordinary, rate: float, seen: Peaks, user_days: float) -> Cuts:
    before, now = ordinary.tail(Peaks(), 0.0), ordinary.tail(seen, user_days)
    low, medium, high = (
        max(min(max(now.level(wanted), before.level(LOOSEST * wanted)), before.level(STRICTEST * wanted)), ordinary.end)
        for wanted in (rate, MEDIUM * rate, HIGH * rate)
    )
    return Cuts(low, medium, high)


DEFAULT: Final = thresholds(DEFAULT_BUDGET)
