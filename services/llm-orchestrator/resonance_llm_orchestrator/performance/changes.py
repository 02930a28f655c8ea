"""Where the level of a series changes for good: PELT, with a straight line and one level as rivals.

A description costs its squared errors, in units of the noise's long-run variance, plus a penalty for each level or
slope beyond the first. The cheapest of one level, one straight line and levels with changes is taken. The penalty is
4 ln n: twice Schwarz's for a change with its place and size, so that the noise of a series without changes, also one
that persists, is seldom taken for one.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import log
from typing import Final

import numpy as np

from resonance_llm_orchestrator.performance.grid import Floats
from resonance_llm_orchestrator.performance.noise import noise_of, without_spikes

FEWEST: Final = 20
"""Fewest values of a series that is looked into."""
SHORTEST: Final = 5
"""Fewest values of a level."""
PENALTY: Final = 4.0


@dataclass(frozen=True, slots=True)
class Course:
    """What a series does.

    Attributes:
        cells: Cells with a value, ascending.
        values: Those values.
        expected: What the description says of each.
        starts: Positions in `cells` at which levels begin, from the second on: the changes.
        slope: Of the straight line, per cell; 0 where levels describe it.
    """

    cells: Floats
    values: Floats
    expected: Floats
    starts: tuple[int, ...] = ()
    slope: float = 0.0


def course_of(series: Floats) -> Course | None:
    """The course of a series with gaps; None with fewer than 20 values."""
    cells = np.flatnonzero(np.isfinite(series)).astype(float)
    values = series[np.isfinite(series)]
    if values.size < FEWEST:
        return None
    centred = values - np.median(values)
    size = float(np.max(np.abs(centred)))
    if size == 0:
        return Course(cells, values, values.copy())
    scaled = centred / size
    noise = noise_of(scaled)
    calm, unit = without_spikes(scaled, noise), max(noise.long_run, 1e-12)
    penalty = PENALTY * log(values.size)
    line = np.polynomial.Polynomial.fit(cells, calm, 1).convert()
    slope = float(line.coef[1]) if line.coef.size > 1 else 0.0
    drawn = line(cells)
    flat = float(np.sum((calm - calm.mean()) ** 2)) / unit
    straight = float(np.sum((calm - drawn) ** 2)) / unit + penalty
    starts, levels = pelt(calm / unit**0.5, penalty, SHORTEST)
    if straight < min(levels, flat):
        middle = float(np.median(scaled - drawn))
        return Course(cells, values, values - (scaled - drawn - middle) * size, (), slope * size)
    return Course(cells, values, levels_of(values, starts), starts)


def levels_of(values: Floats, starts: tuple[int, ...]) -> Floats:
    """For each value the median of its level."""
    expected = np.empty_like(values)
    for begin, end in zip((0, *starts), (*starts, values.size), strict=True):
        expected[begin:end] = np.median(values[begin:end])
    return expected


def pelt(values: Floats, penalty: float, shortest: int) -> tuple[tuple[int, ...], float]:
    """Exact optimum of squared errors plus `penalty` for each change (Killick, Fearnhead and Eckley, "Optimal detection
    of changepoints with a linear computational cost", JASA 2012).

    Args:
        values: In units in which the noise has variance 1; at least `shortest`.
        penalty: For each change.
        shortest: Fewest values between changes.

    Returns:
        Positions at which levels begin, from the second on, and the cost.
    """
    sums = np.concatenate(([0.0], np.cumsum(values)))
    squares = np.concatenate(([0.0], np.cumsum(values**2)))
    best, previous = np.full(values.size + 1, np.inf), np.zeros(values.size + 1, np.intp)
    best[0] = -penalty
    open_, until = np.array([0]), np.array([values.size + 1])
    for end in range(shortest, values.size + 1):
        length = end - open_
        cost = best[open_] + squares[end] - squares[open_] - (sums[end] - sums[open_]) ** 2 / length
        chosen = int(np.argmin(cost))
        best[end], previous[end] = cost[chosen] + penalty, open_[chosen]
        # A begin that loses by the penalty never wins again, once another level fits in between.
        until = np.where(cost > best[end], np.minimum(until, end + shortest), until)
        keep, begin = until > end + 1, end + 1 - shortest
        if begin >= shortest:
            open_, until = np.append(open_[keep], begin), np.append(until[keep], values.size + 1)
        else:
            open_, until = open_[keep], until[keep]
    starts, at = [], int(previous[values.size])
    while at > 0:
        starts.append(at)
        at = int(previous[at])
    return tuple(reversed(starts)), float(best[values.size])
