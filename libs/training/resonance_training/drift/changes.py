"""How large a change is, where it began if there is one: what people need to know beside how sure it is."""

from __future__ import annotations

from math import hypot, sqrt
from typing import Final

import numpy as np
from numpy.typing import NDArray

from resonance_training.drift.evidence import SHIFTS
from resonance_training.drift.expectation import Expectation

Floats = NDArray[np.float64]

CONFIDENCE: Final = 1.96
"""Standard deviations to each side of an interval of 95 %."""


class Changes:
    """For each series and shift, how far blocks were from what was expected when the change began, if there is one."""

    def __init__(self, series: int, coefficients: int) -> None:
        shape = (series, len(SHIFTS))
        self._before: Floats = np.zeros((*shape, coefficients))
        self._unsure: Floats = np.zeros(shape)
        self._sum: Floats = np.zeros(shape)
        self._blocks: Floats = np.zeros(shape)
        self._first: NDArray[np.int64] = np.zeros(shape, dtype=np.int64)

    def add(self, begins: NDArray[np.bool_], number: int, values: Floats, expected: Expectation) -> None:
        """Adds a block.

        Args:
            begins: For which (series, shifts) a change begins with this block at the earliest.
            number: Of the block.
            values: Its statistics, (series,).
            expected: What was expected of it: it has not learned from it.
        """
        self._before = np.where(begins[..., None], expected.coefficients[:, None, :], self._before)
        self._unsure = np.where(begins, expected.unsure(number)[:, None], self._unsure)
        self._first = np.where(begins, number, self._first)
        apart = values[:, None] - expected.level(number, self._before)
        self._sum = np.where(begins, 0.0, self._sum) + apart
        self._blocks = np.where(begins, 0.0, self._blocks) + 1.0

    def of(self, series: int, shift: int, expected: Expectation, variance: float) -> tuple[float, float, float, int]:
        """Size of a change and an interval of 95 % about it, in the series' units; number of the block it began with.

        Args:
            series, shift: Which one.
            expected: As of now.
            variance: Of sums of surprise, per block: see `Steadiness`.
        """
        blocks = max(float(self._blocks[series, shift]), 1.0)
        size = float(self._sum[series, shift]) / blocks
        noise = float(expected.noise[series] / expected.memory[series])
        error = CONFIDENCE * hypot(noise * sqrt(variance / blocks), float(self._unsure[series, shift]))
        return size, size - error, size + error, int(self._first[series, shift])
