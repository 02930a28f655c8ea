"""Each user's usual range: the 5 %, 50 % and 95 % quantile of each feature, learned with the mean and spread.

Stochastic approximation (Robbins and Monro 1951): a quantile at p goes up by p / f where a value is above it and down
by (1 - p) / f where it is below, times the share that the value has in what was learned, with f the density there. The
density is taken to be the normal distribution's for the user's spread; where it is not, a quantile only moves slower
or faster. No step goes beyond the value that causes it: where many values are the same, the quantile rests on them.

Quantiles are kept as distances from the mean, which are small numbers: of a large one the many small steps of a busy
user would be lost in single precision.
"""

from __future__ import annotations

from statistics import NormalDist
from typing import Final

import numpy as np
from numpy.typing import NDArray

from resonance_predictor.baseline import PRIOR_SPREAD_MINUTES, Lesson, Moments, Prior, Slots

Floats = NDArray[np.float64]

LEVELS: Final = (0.05, 0.5, 0.95)

_NORMAL: Final = NormalDist()
_DEVIATIONS: Final = np.array([[_NORMAL.inv_cdf(p)] for p in LEVELS])
_UP, _DOWN = (
    np.array([[share / _NORMAL.pdf(_NORMAL.inv_cdf(p))] for p, share in pairs], dtype=np.float32)
    for pairs in ([(p, p) for p in LEVELS], [(p, 1.0 - p) for p in LEVELS])
)


class Quantiles:
    """Quantiles of some values for each of many slots.

    Attributes:
        distance: From the mean in the same slot, (capacity, len(LEVELS), width), float32.

    Args:
        width: Number of values.
        capacity: Number of slots.
    """

    def __init__(self, width: int, capacity: int) -> None:
        self.distance: NDArray[np.float32] = np.zeros((capacity, len(LEVELS), width), dtype=np.float32)

    def grow(self, capacity: int) -> None:
        """Make room; slots keep their numbers."""
        self.distance = np.pad(self.distance, ((0, capacity - len(self.distance)), (0, 0), (0, 0)))

    def clear(self, slot: int) -> None:
        """Forget what was learned in a slot."""
        self.distance[slot] = 0.0

    def learn(self, slots: Slots, lesson: Lesson) -> None:
        """Go along with what the mean learned of one vector in each of some slots, all different."""
        distance = self.distance[slots]
        away, unit, moved = (part.astype(np.float32)[:, np.newaxis] for part in _parts(lesson))
        away = away - distance
        step = np.where(away > 0.0, _UP, _DOWN)
        step *= unit
        np.minimum(step, np.abs(away), out=step)
        distance += np.copysign(step, away, out=step)
        distance -= moved
        self.distance[slots] = distance

    def assume_normal(self, slots: Slots, spread: Floats) -> None:
        """Those of the normal distribution with some spread, (n, width), where nothing else is known."""
        self.distance[slots] = _DEVIATIONS * spread[:, np.newaxis]


def usual_range(quantiles: Quantiles, moments: Moments, prior: Prior, slot: int, center: Floats) -> Floats:
    """Quantiles of one user, (len(LEVELS), width), ascending, on the scale of what was learned.

    As far as little is known of the user, they are those of a normal distribution with the population's spread.

    Args:
        quantiles: What was learned of all.
        moments: The means that they are distances from.
        prior: What is known without them.
        slot: The user.
        center: Their normal, as `judge` says it, (width,).
    """
    own = moments.weight[slot]
    ordinary = PRIOR_SPREAD_MINUTES * _DEVIATIONS * np.sqrt(prior.variance)
    found: Floats = center + (own * quantiles.distance[slot] + ordinary) / (own + PRIOR_SPREAD_MINUTES)
    return np.sort(found, axis=0)


def _parts(lesson: Lesson) -> tuple[Floats, Floats, Floats]:
    """Distance of the vector from the mean before, what a step is measured in, and how far the mean moved."""
    # The first vector is the mean, and nothing is away from it.
    known = lesson.share < 1.0
    away = np.where(known, lesson.away, 0.0)
    return away, lesson.share * lesson.spread, lesson.share * away
