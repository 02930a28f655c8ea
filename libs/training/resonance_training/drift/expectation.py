"""What the next block is expected to be like, learned from those before it: how surprising is it?

A Bayesian linear regression with unknown noise (normal-inverse-gamma, e.g. Gelman et al., "Bayesian Data Analysis", 14)
for each of many series at once, on a level, a daily and a weekly cycle and the value of the block before. It predicts
before it learns (Dawid 1984, "Statistical theory: the prequential approach"): if the series is as the regression says,
what it predicts is a Student t distribution, and the values of its cumulative distribution function are independent
and uniform, whatever level, cycles and noise are, however few blocks were learned from (so do Quesenberry's 1991 Q
charts without cycles). Little knowledge is therefore no false alarm: what was not seen yet, an hour of the day or a
weekend, is predicted broadly. Assumed: cycles of a day and a week, noise that the block before says what there is to
say about, and that is not far from normal.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri, stdtr

Floats = NDArray[np.float64]

DAY_US: Final = 86_400_000_000
HARMONICS: Final = 3
"""Of the day, and of the week."""
LEVEL: Final = 100.0
DAILY: Final = 6.0
WEEKLY: Final = 1.0
LAG: Final = 3.0
"""Prior standard deviations of the coefficients, as multiples of the noise; a harmonic's is divided by its number."""
NOISE: Final = 0.1
NOISE_WEIGHT: Final = 4.0
"""Prior noise, in the units of the series, and the number of blocks that it weighs as much as."""
LONGEST_MEMORY: Final = 0.95
MOST: Final = 2.5
"""Surprise is cut to ± this, in what is said and in what is learned from: no one block may decide, and what is new does
not become what is expected before it was told."""


class Expectation:
    """What is expected of `series` series; the state is a function of the blocks learned, in order.

    Attributes:
        learned: Blocks learned.
    """

    def __init__(self, series: int, block_us: int) -> None:
        cycles = np.repeat(1.0 / np.arange(1, HARMONICS + 1), 2)
        prior = np.concatenate([[LEVEL], DAILY * cycles, WEEKLY * cycles, [LAG]])
        self.learned = 0
        self._block_us = block_us
        self._mean = np.zeros((series, len(prior)))
        self._unsure = np.tile(np.diag(prior**2), (series, 1, 1))
        self._weight = NOISE_WEIGHT
        self._noise = np.full(series, NOISE_WEIGHT * NOISE**2)
        self._last: Floats | None = None
        self._number = 0
        self._vectors = 0.0

    @property
    def coefficients(self) -> Floats:
        """Of each series, (series, coefficients)."""
        return self._mean

    @property
    def noise(self) -> Floats:
        """Standard deviation of what the regression leaves open, (series,), of a block of usual size."""
        found: Floats = np.sqrt(self._noise / self._weight)
        return found

    def surprise(self, number: int, vectors: int, values: Floats, variance: Floats | float = 1.0) -> Floats:
        """How far a block is from what is expected, (series,): standard normal while nothing changes, within ± MOST.

        Args:
            number: Blocks since the epoch.
            vectors: Vectors in it.
            values: Its statistics, (series,).
            variance: Of sums of surprise, per block: see `Steadiness`. What is known is known less well by it.
        """
        inputs = self._inputs(number)
        direction, noise = self._spread(inputs, number, vectors)
        total = noise + variance * _dot(inputs, direction)
        ratio = (values - _dot(inputs, self._mean)) / np.sqrt(total * self._noise / self._weight)
        # On the left side, where the distribution function does not round to 1.
        tail = np.maximum(stdtr(self._weight, -np.abs(ratio)), 1e-12)
        found: Floats = np.clip(-np.sign(ratio) * ndtri(tail), -MOST, MOST)
        return found

    def learn(self, number: int, vectors: int, values: Floats) -> None:
        """Learns from a block; arguments as `surprise`."""
        inputs = self._inputs(number)
        direction, noise = self._spread(inputs, number, vectors)
        variance = noise + _dot(inputs, direction)
        expected = _dot(inputs, self._mean)
        most = MOST * np.sqrt(variance * self._noise / self._weight)
        error = np.clip(values - expected, -most, most)
        gain = direction / variance[:, None]
        self._mean = self._mean + gain * error[:, None]
        self._unsure = self._unsure - gain[:, :, None] * direction[:, None, :]
        self._noise = self._noise + error**2 / variance
        self._weight += 1.0
        self.learned += 1
        self._vectors += (vectors - self._vectors) / self.learned
        self._last, self._number = expected + error, number

    def level(self, number: int, coefficients: Floats) -> Floats:
        """What (…, coefficients) say of a block by its time alone, (…)."""
        cycle = self._cycle(number)
        found: Floats = coefficients[..., :-1] @ cycle / (1.0 - np.minimum(coefficients[..., -1], LONGEST_MEMORY))
        return found

    def unsure(self, number: int) -> Floats:
        """Standard deviation of what is known of the level at a block, (series,)."""
        cycle = self._cycle(number)
        known = np.einsum("p,spq,q->s", cycle, self._unsure[:, :-1, :-1], cycle)
        found: Floats = self.noise * np.sqrt(np.maximum(known, 0.0)) / self.memory
        return found

    @property
    def memory(self) -> Floats:
        """One minus the share of a deviation that is expected to be there still a block later, (series,)."""
        found: Floats = 1.0 - np.clip(self._mean[:, -1], 0.0, LONGEST_MEMORY)
        return found

    def _inputs(self, number: int) -> Floats:
        """(series, coefficients); the block before is thought to have been as expected where it is not known."""
        last = self.level(number - 1, self._mean) if self._last is None or self._apart(number) else self._last
        return np.concatenate([np.tile(self._cycle(number), (len(last), 1)), last[:, None]], axis=1)

    def _cycle(self, number: int) -> Floats:
        days = (number + 0.5) * self._block_us / DAY_US
        turns = np.concatenate([np.arange(1, HARMONICS + 1) * days, np.arange(1, HARMONICS + 1) * days / 7.0])
        angles = 2.0 * np.pi * (turns % 1.0)
        return np.concatenate([[1.0], np.stack([np.cos(angles), np.sin(angles)], axis=1).ravel()])

    def _apart(self, number: int) -> bool:
        """Whether the block before is not known."""
        return self._last is None or number != self._number + 1

    def _spread(self, inputs: Floats, number: int, vectors: int) -> tuple[Floats, Floats]:
        """Direction (series, coefficients) of what is not known, and noise (series,) as a multiple of the usual one's.

        Noise of a block is that of a usual one, and more where there were fewer vectors, or where the block before,
        which would have said something of it, is not known.
        """
        direction = np.einsum("spq,sq->sp", self._unsure, inputs)
        noise = np.ones(len(inputs))
        if self.learned:
            noise *= max(self._vectors / vectors, 1.0)
        if self._apart(number):
            noise /= 1.0 - np.clip(self._mean[:, -1], 0.0, LONGEST_MEMORY) ** 2
        return direction, noise


def _dot(left: Floats, right: Floats) -> Floats:
    found: Floats = np.einsum("sp,sp->s", left, right)
    return found
