"""Evidence of a change that adds up over blocks, and is rarely large while there is none.

An e-detector (Shin, Ramdas, Rinaldo 2022, "E-detectors: a nonparametric framework for sequential change detection") in
the manner of Shiryaev and Roberts: for a shift of the surprise by λ,

    sum ← (sum + 1) · exp(λ · surprise - λ² / 2)

While surprise is standard normal given what was before, sum - blocks is a supermartingale, so that the expected number
of blocks until a sum reaches c is at least c. The same holds for a mean of such sums with fixed weights, and so for all
series and shifts together. Sums are kept as logarithms.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

SHIFTS: Final = np.array([0.5, 1.0, 2.0, -0.5, -1.0, -2.0])


class Evidence:
    """Sums of `series` series for each of SHIFTS.

    Attributes:
        log_sums: (series, shifts).
        since: Number of blocks since the change began, if there is one, (series,).
    """

    def __init__(self, series: int) -> None:
        self.log_sums: Floats = np.full((series, len(SHIFTS)), -np.inf)
        self._climbs: Floats = np.zeros((series, len(SHIFTS)))

    def add(self, surprise: Floats) -> NDArray[np.bool_]:
        """Adds a block's surprise, (series,); gives back for which (series, shifts) a change begins no earlier than it.

        A change by a shift begins, most likely, where Page's (1954) cumulative sum left 0 last.
        """
        gain = SHIFTS * surprise[:, None] - SHIFTS**2 / 2.0
        begins: NDArray[np.bool_] = self._climbs <= 0.0
        self.log_sums = np.logaddexp(self.log_sums, 0.0) + gain
        self._climbs = np.maximum(self._climbs, 0.0) + gain
        return begins

    @property
    def log_mean(self) -> Floats:
        """Logarithm of the mean over shifts, (series,)."""
        found: Floats = np.logaddexp.reduce(self.log_sums, axis=1) - np.log(len(SHIFTS))
        return found

    @property
    def likeliest(self) -> NDArray[np.intp]:
        """Index of the shift that there is most evidence of, (series,)."""
        found: NDArray[np.intp] = np.argmax(self.log_sums, axis=1)
        return found
