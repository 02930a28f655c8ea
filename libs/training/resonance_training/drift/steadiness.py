"""How much more sums of surprise vary than those of independent surprises would: what evidence is divided by.

A regression on cycles and one block before leaves things open: days that are good or bad as a whole, a cycle that is
no sum of few waves. Surprises are related then, and their sums vary more. By how much is measured over days, as batch
means do in simulation (Conway 1963; Glynn and Whitt 1991, "Estimating the asymptotic variance with batch means"): the
mean of the squared sums of a day's surprises, per block. What one series says of it is brought together with what all
of its kind say.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

MOST: Final = 16.0
"""Of a day, times the variance: four standard deviations, so that a day on which a change began does not hide it."""
PRIOR_DAYS: Final = 0.5
"""Days that the assumption of independence weighs as much as, among all series of a kind together."""
SHARED_DAYS: Final = 8.0
"""Days of one series that what all of its kind say weighs as much as."""


class Steadiness:
    """Variance of sums of surprise, per block.

    Attributes:
        variance: (series,), at least 1.

    Args:
        kinds: Number of the kind that each series is of, (series,), from 0.
        blocks_of_day: Blocks of a day.
    """

    def __init__(self, kinds: NDArray[np.intp], blocks_of_day: int) -> None:
        series = len(kinds)
        self.variance: Floats = np.ones(series)
        self._kinds = kinds
        self._length = blocks_of_day
        self._sum: Floats = np.zeros(series)
        self._blocks = 0
        self._squares: Floats = np.zeros(series)
        self._days = 0

    def learn(self, surprise: Floats) -> None:
        """Learns from a block's surprise, (series,), standard normal each."""
        self._sum = self._sum + surprise
        self._blocks += 1
        if self._blocks < self._length:
            return
        self._squares = self._squares + np.minimum(self._sum**2 / self._length, MOST * self.variance)
        self._days += 1
        self._sum, self._blocks = np.zeros_like(self._sum), 0
        of_kind = np.bincount(self._kinds, self._squares) / np.maximum(np.bincount(self._kinds), 1)
        shared = (PRIOR_DAYS + of_kind[self._kinds]) / (PRIOR_DAYS + self._days)
        found = np.maximum((SHARED_DAYS * shared + self._squares) / (SHARED_DAYS + self._days), 1.0)
        # A variance from few days is one that is not known well: as if there had been one day more of it.
        self.variance = found * (1.0 + 1.0 / self._days)
