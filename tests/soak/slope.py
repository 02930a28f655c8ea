"""How fast a quantity grows, told robustly: half of the samples may be outliers on one side of it or the other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.stats import theilslopes

BLOCK_S: Final = 30.0
CONFIDENCE: Final = 0.95
_LEAST: Final = 4


@dataclass(frozen=True, slots=True)
class Slope:
    """A slope and its confidence interval, units a second.

    Attributes:
        estimate: The median of the slopes between all pairs (Theil and Sen).
        low, high: Between them it is, with a confidence of 95 %.
    """

    estimate: float
    low: float
    high: float


def slope(times_s: Sequence[float], values: Sequence[float]) -> Slope:
    """The slope of samples in the order of time.

    Neighbouring samples are alike, which would make the interval too narrow: medians of 30 s stand for them.

    Raises:
        ValueError: There are samples of less than two minutes.
    """
    times, given = np.asarray(times_s, float), np.asarray(values, float)
    block = ((times - times[0]) // BLOCK_S).astype(int) if len(times) else np.zeros(0, int)
    numbers = np.unique(block)
    if len(numbers) < _LEAST:
        raise ValueError(f"There are {len(numbers)} blocks of {BLOCK_S:.0f} s; at least {_LEAST} are needed.")
    x = np.array([np.median(times[block == n]) for n in numbers])
    y = np.array([np.median(given[block == n]) for n in numbers])
    found = theilslopes(y, x, CONFIDENCE)
    return Slope(float(found.slope), float(found.low_slope), float(found.high_slope))
