"""How much a series scatters around a level that may jump: robust scales."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from resonance_llm_orchestrator.performance.grid import Floats

GAUSSIAN: Final = 1.4826
"""Standard deviation of a normal distribution whose median absolute deviation is 1."""
MOST_PERSISTENT: Final = 0.9
WINDOW: Final = 7
SPIKE: Final = 4.0


@dataclass(frozen=True, slots=True)
class Noise:
    """Scatter around a level.

    Attributes:
        spread: Standard deviation; 0 of a series that does not scatter.
        persistence: Correlation of neighbouring values, 0 to 0.9.
    """

    spread: float
    persistence: float

    @property
    def long_run(self) -> float:
        """Variance that a mean of n values has, times n: more than the variance where values persist."""
        return self.spread**2 * (1 + self.persistence) / (1 - self.persistence)


def noise_of(values: Floats) -> Noise:
    """Noise by the differences of neighbours, which levels that jump hardly touch.

    The persistence of an AR(1) is the ratio of the variances of differences at distance two and one, less 1 (Chakar et
    al., "A robust approach for estimating change-points in the mean of an AR(1) process", Bernoulli 2017); differences
    are cut at three robust spreads, which is more exact than medians. Half a standard error is added to the
    persistence, for a change that is not there is worse than a small one that is missed.

    Args:
        values: Without NaN, at least three.
    """
    one, two = np.diff(values), values[2:] - values[:-2]
    if not np.median(np.abs(one)):
        # Most values equal the one before: counts of rare events, or a level without noise.
        return Noise(float(np.sqrt(np.mean(one**2) / 2)), 0.0)
    near, far = _variance(one), _variance(two)
    persistence = min(max(far / near - 1 + 0.5 / values.size**0.5, 0.0), MOST_PERSISTENT)
    return Noise(float(np.sqrt(near / (2 * (1 - persistence)))), persistence)


def _variance(differences: Floats) -> float:
    reach = 3 * GAUSSIAN * float(np.median(np.abs(differences)))
    return float(np.mean(np.clip(differences, -reach, reach) ** 2))


def spread_of(values: Floats) -> float:
    """Robust standard deviation: by the median absolute deviation, else the mean one where most values are equal."""
    if not values.size:
        return 0.0
    off = np.abs(values - np.median(values))
    return GAUSSIAN * float(np.median(off)) or 1.2533 * float(np.mean(off))


def without_spikes(values: Floats, noise: Noise) -> Floats:
    """Values with single spikes cut: at most 4 spreads from the median of the 7 around (Hampel's identifier)."""
    if values.size < WINDOW or noise.spread == 0:
        return values
    around = np.median(sliding_window_view(np.pad(values, WINDOW // 2, mode="edge"), WINDOW), axis=1)
    reach = SPIKE * noise.spread
    return np.clip(values, around - reach, around + reach)
