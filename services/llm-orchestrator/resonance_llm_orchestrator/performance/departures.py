"""Values that are out of the ordinary: against the baseline, else against the series' own course."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist
from typing import Final

import numpy as np
from numpy.typing import NDArray

from resonance_llm_orchestrator.performance.changes import Course
from resonance_llm_orchestrator.performance.grid import Floats
from resonance_llm_orchestrator.performance.noise import spread_of

LARGEST: Final = 1e15
FALSE_ALARMS: Final = 0.01
"""Chance that a series of ordinary, normally distributed values has any departure."""
NEAR: Final = 3
"""Departures at most so many values apart are one."""


@dataclass(frozen=True, slots=True)
class Usual:
    """What is usual of a series.

    Attributes:
        value: The middle.
        spread: Standard deviation; None where it is not known, and then that of the series counts.
    """

    value: float
    spread: float | None = None


@dataclass(frozen=True, slots=True)
class Departure:
    """Neighbouring values that are out of the ordinary on the same side.

    Attributes:
        first, last: Cells.
        values: How many.
        value: The farthest.
        expected: What was expected there.
        spreads: How far it is from that, signed.
    """

    first: int
    last: int
    values: int
    value: float
    expected: float
    spreads: float


def held(ratio: float) -> float:
    """A ratio that can be told: at most 1e15, on either side."""
    return min(max(ratio, -LARGEST), LARGEST)


def limit_of(count: int) -> float:
    """Spreads beyond which one of `count` values lies with a chance of 1 %.

    By the normal distribution, each value at 1 - 0.99^(1/n) (Šidák). The median absolute deviation of n values is
    itself off by about 1.17/√n of its size; twice that is added, so that a short series gives no more false alarms.
    """
    each = 1 - (1 - FALSE_ALARMS) ** (1 / count)
    return float(NormalDist().inv_cdf(1 - each / 2) * (1 + 2 * 1.17 / count**0.5))


def departures_of(course: Course, usual: Usual | None) -> list[Departure]:
    """The departures, in order of time.

    Without a spread of the baseline each side has its own: the largest of the robust spread, of the distance of the
    90th percentile over 1.28 and of that of the 97.5th over 1.96, all of them 1 of a normal distribution. Waiting times
    and counts, whose one side reaches farther, are so not called out of the ordinary all the time; in return, no more
    than a fortieth of the values can be found on one side.
    """
    expected = course.expected
    if usual is not None:
        expected = np.full_like(course.values, usual.value)
    if usual is not None and usual.spread is not None:
        below = above = usual.spread
    else:
        own = course.values - course.expected
        below, above = _one_side(-own), _one_side(own)
    away = course.values - expected
    if min(below, above) <= 0:
        return []
    with np.errstate(over="ignore"):
        far = away / np.where(away < 0, below, above)
    out = np.flatnonzero(np.abs(far) > limit_of(course.values.size))
    if not out.size:
        return []
    apart = (np.diff(out) > NEAR) | (np.sign(far[out][1:]) != np.sign(far[out][:-1]))
    return [_one(course, expected, far, group) for group in np.split(out, np.flatnonzero(apart) + 1)]


def _one_side(residuals: Floats) -> float:
    """Spread of the upper side."""
    tenth, fortieth = np.quantile(residuals, (0.9, 0.975)) - np.median(residuals)
    return max(spread_of(residuals), float(tenth) / 1.2816, float(fortieth) / 1.96)


def _one(course: Course, expected: Floats, far: Floats, group: NDArray[np.intp]) -> Departure:
    farthest = int(group[np.argmax(np.abs(far[group]))])
    return Departure(
        int(course.cells[group[0]]),
        int(course.cells[group[-1]]),
        int(group.size),
        float(course.values[farthest]),
        float(expected[farthest]),
        held(float(far[farthest])),
    )
