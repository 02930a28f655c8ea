"""Values that a suggestion may try in each column."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from resonance_contracts.features import Change
from resonance_xai.asked.subject import Subject

Floats = NDArray[np.float64]

_QUANTILES: Final = np.array([0.0, 0.025, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.975, 1.0])
_STEPS: Final = np.linspace(0.0, 1.0, 9)


def candidates(subject: Subject, vector: Floats, reference: Floats) -> list[Floats]:
    """For each column, values that it may be given, nearest first; none for one that nobody can move.

    They are quantiles of the ordinary rows and steps, on the scale of comparison, from the vector's value to the
    reference's: all within the column's range, on the side to which it can be moved, whole where it is whole.
    """
    scaled = subject.to_scale(np.stack([vector, reference]))
    path = subject.from_scale(scaled[0] + _STEPS[:, np.newaxis] * (scaled[1] - scaled[0]))
    ordinary = np.quantile(subject.ordinary, _QUANTILES, axis=0) if len(subject.ordinary) else path[:0]
    every = np.concatenate([path, ordinary, reference[np.newaxis]])
    return [_of_column(subject, vector, every[:, place], place) for place in range(subject.width)]


def _of_column(subject: Subject, vector: Floats, values: Floats, place: int) -> Floats:
    column, now = subject.columns[place], vector[place]
    if column.change is Change.NONE:
        return np.zeros(0)
    if column.whole:
        values = np.round(values)
    values = np.unique(values[(values >= column.lower) & (values <= column.upper)])
    if column.change is Change.LOWER:
        values = values[values < now]
    if column.change is Change.HIGHER:
        values = values[values > now]
    values = values[values != now]
    return values[np.argsort(np.abs(values - now), kind="stable")]


def costs(subject: Subject, vector: Floats, rows: Floats) -> Floats:
    """Distance of rows, (n, width), from `vector`: the sum of the changes, in spreads of each column, (n,).

    Wachter, Mittelstadt, Russell 2017, "Counterfactual Explanations Without Opening the Black Box": the Manhattan
    distance weighted by the inverse median absolute deviation.
    """
    moved = np.abs(subject.to_scale(rows) - subject.to_scale(vector[np.newaxis])) / subject.spread
    found: Floats = np.where(rows == vector, 0.0, moved).sum(axis=1)
    return found


def consistent(subject: Subject, vector: Floats, rows: Floats) -> NDArray[np.bool_]:
    """Which rows keep the order of columns that count some of what others count, (n,), as far as `vector` does."""
    kept = np.ones(len(rows), dtype=bool)
    for less, more in subject.pairs:
        if vector[less] <= vector[more]:
            kept &= rows[:, less] <= rows[:, more]
    return kept
