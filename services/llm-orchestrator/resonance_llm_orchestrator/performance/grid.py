"""Series of any sampling on one regular grid."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
MOST_CELLS: Final = 2_000
"""Longest grid; what spans more steps gets a coarser one."""


@dataclass(frozen=True, slots=True)
class Grid:
    """Series side by side.

    Attributes:
        series: By name, each as long as the others; NaN where nothing was measured.
        step_s: Seconds between two cells; None where the series have no times.
        start_s: Time of the first cell; None where the series have no times.
    """

    series: Mapping[str, Floats]
    step_s: float | None = None
    start_s: float | None = None

    def time_of(self, cell: int) -> float | None:
        """Time of a cell in seconds; None where the series have no times."""
        if self.step_s is None or self.start_s is None:
            return None
        return self.start_s + cell * self.step_s

    def seconds(self, cells: float) -> float | None:
        """A stretch of cells in seconds; None where it is not known."""
        return None if self.step_s is None else cells * self.step_s


def of_values(series: Mapping[str, Sequence[float | None]]) -> Grid:
    """Values alone: the last ones of all series are taken to be of the same time; None is a gap."""
    length = max(map(len, series.values()), default=0)
    return Grid({name: _at_the_end(values, length) for name, values in series.items()})


def of_pairs(series: Mapping[str, Sequence[tuple[float, float | None]]]) -> Grid:
    """Pairs of a time in seconds and a value, in any order.

    The step is the longest of the series' median steps, so that none is made denser than it was measured; a cell holds
    the mean of what was measured nearest to it, and NaN where nothing was.
    """
    times = {name: np.array([at for at, _ in pairs], float) for name, pairs in series.items()}
    every = np.concatenate(list(times.values())) if times else np.empty(0)
    if not every.size:
        return Grid({name: np.empty(0) for name in series})
    start, span = float(every.min()), float(np.ptp(every))
    step = max(max(map(_median_step, times.values())), span / (MOST_CELLS - 1))
    if step <= 0:
        return Grid({name: _cells(pairs, start, 1.0, 1) for name, pairs in series.items()}, 1.0, start)
    cells = round(span / step) + 1
    return Grid({name: _cells(pairs, start, step, cells) for name, pairs in series.items()}, step, start)


def _at_the_end(values: Sequence[float | None], length: int) -> Floats:
    cells = np.full(length, np.nan)
    if values:
        cells[-len(values) :] = [np.nan if value is None else value for value in values]
    return cells


def _median_step(times: Floats) -> float:
    steps = np.diff(np.unique(times))
    return float(np.median(steps)) if steps.size else 0.0


def _cells(pairs: Sequence[tuple[float, float | None]], start: float, step: float, cells: int) -> Floats:
    known = np.array([(at, value) for at, value in pairs if value is not None], float).reshape(-1, 2)
    where = np.clip(np.rint((known[:, 0] - start) / step), 0, cells - 1).astype(np.intp)
    sums, counts = np.bincount(where, known[:, 1], cells), np.bincount(where, minlength=cells)
    means: Floats = np.divide(sums, counts, out=np.full(cells, np.nan), where=counts > 0)
    return means
