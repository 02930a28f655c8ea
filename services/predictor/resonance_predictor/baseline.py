"""Each user's own normal: mean and spread per feature, learned as vectors come, and the deviation from it.

Mean and variance are exponentially weighted (West 1979, "Updating mean and variance estimates: an improved
method"). The weight of a vector is the event time it stands for, in active minutes, because vectors of one minute
share most of their windows and a flood sends many: a second of it must not outweigh an hour of habit.

The spread is that of the suspicious side alone: twice the mean square of deviations to it, which is the variance of
what is symmetric. A user who is often silent has not thereby leave to be loud.

What is known before a user's own vectors is the population: a prior of few minutes for the mean and more for the
spread (the normal-inverse-chi-squared prior, Gelman et al., Bayesian Data Analysis, 3rd ed., 3.3). It is mixed in
when a vector is judged and never stored, so a new model's population counts at once for everybody.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from resonance_modeling.scales import population_on_scale
from resonance_predictor.deviation import LEAST_SPREAD, SIDES
from resonance_predictor.severity import DEVIATION_LOW

Floats = NDArray[np.float64]
Slots = NDArray[np.intp]

HALF_LIFE: Final = 480.0
"""Active minutes after which what was learned weighs half: about a working day."""

LONGEST_STEP_US: Final = 60_000_000
"""A vector stands for the time since the one before, at most a minute: a break is not a habit."""

FIRST_STEP_US: Final = 1_000_000
"""What a user's first vector stands for."""

PRIOR_MEAN_MINUTES: Final = 1.0
PRIOR_SPREAD_MINUTES: Final = 10.0

MINUTES_ALONE: Final = 10.0
"""Active minutes to see of a user before a deviation is judged where no population is known."""

POPULATION_SHARE: Final = 0.25
"""Nobody's spread is taken to be less than this share of the population's."""


DOUBT: Final = 1.5
"""Spreads from which a vector is learned from less."""


@dataclass(frozen=True, slots=True)
class Prior:
    """What is known of a user before any vector.

    Attributes:
        mean: Population mean on the scales of comparison, (width,); zeros where unknown.
        variance: Variance to start from, (width,).
        least_variance: Variance that none goes below, (width,).
        mean_minutes: Active minutes that the prior mean is worth; 0 where no population is known.
        minutes_needed: Active minutes of a user before deviations are judged.
    """

    mean: Floats
    variance: Floats
    least_variance: Floats
    mean_minutes: float
    minutes_needed: float

    @classmethod
    def unknown(cls) -> Self:
        """The prior while no model was promoted: no mean, the least spread of each feature."""
        least = LEAST_SPREAD**2
        return cls(np.zeros_like(least), least, least, 0.0, MINUTES_ALONE)

    @classmethod
    def of_population(cls, mean: Floats, spread: Floats) -> Self:
        """The prior from the population's mean and standard deviation in the features' units, each (WIDTH,)."""
        center, scale = population_on_scale(mean, spread)
        least = np.maximum(LEAST_SPREAD, POPULATION_SHARE * scale) ** 2
        return cls(center, np.maximum(scale**2, least), least, PRIOR_MEAN_MINUTES, 0.0)


@dataclass(frozen=True, slots=True)
class Judgement:
    """Vectors held against their users' normal before them.

    Attributes:
        deviation: Spreads away from normal, positive in the suspicious direction, (n, width); 0 where not judged.
        center: The user's normal on the scales of comparison, (n, width).
        spread: The user's spread on these scales, (n, width).
        judged: Whether enough is known of the user, (n,).
    """

    deviation: Floats
    center: Floats
    spread: Floats
    judged: NDArray[np.bool_]

    def put(self, rows: NDArray[np.intp], others: Judgement) -> None:
        """Others in the place of some rows, (k,)."""
        self.deviation[rows], self.center[rows] = others.deviation, others.center
        self.spread[rows], self.judged[rows] = others.spread, others.judged


@dataclass(frozen=True, slots=True)
class Lesson:
    """What the mean and variance of some slots learned from one vector each.

    Attributes:
        share: Share of each vector in what is known with it, (n, 1), above 0 and at most 1; 1 for the first.
        away: Vectors less the means before them, (n, width).
        spread: Spreads with them, (n, width).
    """

    share: Floats
    away: Floats
    spread: Floats


def trust(deviation: Floats) -> Floats:
    """How far vectors may be learned from, 0 to 1, (n,), by their largest deviation, (n, width).

    Falls between `DOUBT` and the least finding, as a redescending M-estimator's weight does (Huber 1981): a slow
    climb must not widen the very spread that it is measured with.
    """
    largest = deviation.max(axis=1)
    share: Floats = np.minimum(np.maximum((DEVIATION_LOW - largest) / (DEVIATION_LOW - DOUBT), 0.0), 1.0)
    return share


class Moments:
    """Exponentially weighted mean and variance of some values for each of many slots.

    Attributes:
        weight: Active minutes learned from, less what decayed, (capacity,).
        mean, variance: (capacity, width).

    Args:
        sides: The suspicious side of each value, (width,): -1, 1, or 0 for both.
        capacity: Number of slots.
    """

    def __init__(self, sides: Floats, capacity: int) -> None:
        width = len(sides)
        self._sides = sides
        self._both = np.where(sides == 0.0, 1.0, 0.0)
        self.weight: Floats = np.zeros(capacity)
        self.mean: Floats = np.zeros((capacity, width))
        self.variance: Floats = np.zeros((capacity, width))

    def grow(self, capacity: int) -> None:
        """Make room; slots keep their numbers."""
        self.weight = np.pad(self.weight, (0, capacity - len(self.weight)))
        self.mean = np.pad(self.mean, ((0, capacity - len(self.mean)), (0, 0)))
        self.variance = np.pad(self.variance, ((0, capacity - len(self.variance)), (0, 0)))

    def clear(self, slot: int) -> None:
        """Forget what was learned in a slot."""
        self.weight[slot] = 0.0
        self.mean[slot] = 0.0
        self.variance[slot] = 0.0

    def learn(self, slots: Slots, values: Floats, minutes: Floats) -> Lesson:
        """Add one vector to each of some slots, all different.

        Args:
            slots: Where, (n,).
            values: What was seen, (n, width).
            minutes: Active minutes that each stands for, (n,), above 0.
        """
        weight = self.weight[slots] * np.exp2(minutes / -HALF_LIFE) + minutes
        share = (minutes / weight)[:, np.newaxis]
        mean = self.mean[slots]
        delta = values - mean
        self.weight[slots] = weight
        self.mean[slots] = mean + share * delta
        counted = np.where(self._sides * delta > 0.0, 2.0, self._both) * delta * delta
        variance = (1.0 - share) * (self.variance[slots] + share * counted)
        self.variance[slots] = variance
        return Lesson(share, delta, np.sqrt(variance))


def judge(moments: Moments, prior: Prior, slots: Slots, scaled: Floats, noise: Floats) -> Judgement:
    """Deviation of vectors from their users' normal.

    The spread that counts is that of a prediction: the user's own, what is unknown of their mean, and the noise of
    few messages, added as variances.

    Args:
        moments: What was learned of the users so far.
        prior: What is known without them.
        slots: The users, (n,), all different.
        scaled: The vectors on the scales of comparison, (n, width).
        noise: Sampling variance, (n, width).
    """
    own = moments.weight[slots][:, np.newaxis]
    minutes = own + prior.mean_minutes
    known = np.maximum(minutes, 1e-9)
    center = (own * moments.mean[slots] + prior.mean_minutes * prior.mean) / known
    pooled = (own * moments.variance[slots] + PRIOR_SPREAD_MINUTES * prior.variance) / (own + PRIOR_SPREAD_MINUTES)
    variance = np.maximum(pooled, prior.least_variance)
    deviation = SIDES * (scaled - center) / np.sqrt(variance * (1.0 + 1.0 / known) + noise)
    judged = own[:, 0] >= prior.minutes_needed
    deviation[~judged] = 0.0
    return Judgement(deviation, center, np.sqrt(variance), judged)
