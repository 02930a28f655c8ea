"""NAB's own scoring (Lavin and Ahmad 2015, "Evaluating Real-Time Anomaly Detection Algorithms"), standard profile.

A row is a detection where its score reaches the threshold, one for the whole corpus. Of the detections in a window
only the earliest counts, from 1 at the window's left edge to nearly 0 at its right; a window without one costs 1. Every
detection outside costs up to 0.11, less where it follows a window closely. The first 15 % of a series, 750 rows at
most, are learned from and not judged. The threshold is the one that is best for the corpus, and 0 is what a detector
gets that never detects, 100 one that detects the left edges and nothing else.

It is numenta/NAB's nab/sweeper.py, row for row. The result files that its repository publishes, kept to the series
that are read here, get from it: ARTime 67.8, HTM 66.6, ContextOSE 62.2, KNN-CAD 53.0, Skyline 47.5.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

FALSE_POSITIVE: Final = 0.11
PROBATION_SHARE: Final = 0.15
PROBATION_ROWS: Final = 5_000
FAR_BEHIND: Final = 3.0
OUTSIDE: Final = -1


@dataclass(frozen=True, slots=True)
class Worth:
    """What a detection at each row of a series is worth.

    Attributes:
        values: Between 0 and 1 within windows, between -0.11 and 0 outside, (n,).
        windows: Number of the window a row lies in, OUTSIDE where it lies in none, (n,).
        first: The first row that is judged.
    """

    values: Floats
    windows: NDArray[np.int64]
    first: int


@dataclass(frozen=True, slots=True)
class Scored:
    """What one threshold for the corpus gets.

    Attributes:
        percent: 0 for a detector that never detects, 100 for a perfect one.
        threshold: A score that reaches it is a detection; above every score where never to detect is best.
        gains: What each series adds to `percent`, in the order they were given.
    """

    percent: float
    threshold: float
    gains: tuple[float, ...]


def worth(times: Sequence[datetime], windows: Sequence[tuple[datetime, datetime]]) -> Worth:
    """What detections at the rows of one series are worth.

    Args:
        times: Of the rows, (n,).
        windows: First and last time of each, ascending, apart from each other; both are times of rows.

    Raises:
        ValueError: An edge of a window is no row's time.
    """
    count, rows = len(times), list(times)
    values, numbers = np.full(count, -FALSE_POSITIVE), np.full(count, OUTSIDE, dtype=np.int64)
    for number, (start, end) in enumerate(windows):
        left, right = rows.index(start), rows.index(end)
        width = right - left + 1
        inside = np.arange(left, right + 1)
        values[inside] = _sigmoid((inside - right - 1) / width) / _sigmoid(np.array(-1.0))
        numbers[inside] = number
        behind = np.arange(right + 1, count)
        values[behind] = FALSE_POSITIVE * _sigmoid((behind - right) / max(width - 1, 1))
    return Worth(values, numbers, probation(count))


def probation(rows: int) -> int:
    """How many rows of a series are learned from and not judged."""
    return int(min(PROBATION_SHARE * rows, PROBATION_SHARE * PROBATION_ROWS))


def best(scores: Sequence[ArrayLike], worths: Sequence[Worth]) -> Scored:
    """Scores of each series, (n,) each, at the threshold that is best for all of them together.

    Raises:
        ValueError: No window is judged in any of the series.
    """
    gains = _all_gains(scores, worths)
    thresholds = np.unique(np.concatenate([descending for descending, _ in gains]))[::-1]
    totals = np.sum([_reached(thresholds, *one) for one in gains], axis=0)
    place = int(np.argmax(totals))
    above_all = float(np.nextafter(thresholds[0], np.inf))
    return at(scores, worths, float(thresholds[place]) if totals[place] > 0 else above_all)


def at(scores: Sequence[ArrayLike], worths: Sequence[Worth], threshold: float) -> Scored:
    """The same at a threshold that is given.

    Raises:
        ValueError: No window is judged in any of the series.
    """
    windows = [np.unique(of.windows[of.windows != OUTSIDE]) for of in worths]
    judged = [np.unique(of.windows[of.first :][of.windows[of.first :] != OUTSIDE]) for of in worths]
    if not any(len(one) for one in judged):
        raise ValueError("No window is judged in any of the series, so nothing can be found in them.")
    # NAB's null detector loses 1 for each window that is judged, its perfect one gains 1 for each there is.
    whole = sum(len(one) for one in (*windows, *judged))
    each = [float(_reached(np.array([threshold]), *one)[0]) for one in _all_gains(scores, worths)]
    return Scored(100 * sum(each) / whole, threshold, tuple(100 * one / whole for one in each))


def _all_gains(scores: Sequence[ArrayLike], worths: Sequence[Worth]) -> list[tuple[Floats, Floats]]:
    return [_gains(np.asarray(one, dtype=np.float64), of) for one, of in zip(scores, worths, strict=True)]


def _gains(scores: Floats, of: Worth) -> tuple[Floats, Floats]:
    """Scores of rows, descending, and what all rows down to each get more than no detection at all does."""
    judged = np.arange(of.first, len(scores))
    order = judged[np.argsort(-scores[judged], kind="stable")]
    steps, numbers = of.values[order].copy(), of.windows[order]
    for number in np.unique(numbers[numbers != OUTSIDE]):
        within = np.flatnonzero(numbers == number)
        # No detection counts -1, so the first one found adds 1 and its worth; a later one what it is worth more.
        steps[within] = np.diff(np.maximum.accumulate(steps[within]), prepend=-1.0)
    return scores[order], np.cumsum(steps)


def _reached(thresholds: Floats, descending: Floats, gains: Floats) -> Floats:
    """The gain of one series at each threshold."""
    counts = np.searchsorted(-descending, -thresholds, side="right")
    return np.concatenate([[0.0], gains])[counts]


def _sigmoid(position: Floats) -> Floats:
    """From nearly 1 at -1, the left edge of a window, through 0 at 0, its right, to -1 far behind."""
    found: Floats = np.where(position > FAR_BEHIND, -1.0, 2.0 / (1.0 + np.exp(5.0 * position)) - 1.0)
    return found
