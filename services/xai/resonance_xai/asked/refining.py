"""Makes suggestions as small as they can be, and their numbers as short as they can be."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from resonance_attribution.deadline import Deadline
from resonance_xai.asked.candidates import consistent
from resonance_xai.asked.subject import Rows, Subject

Floats = NDArray[np.float64]

_HALVINGS: Final = 10
_DIGITS: Final = (2, 3, 4, 6)


def refined(subject: Subject, vector: Floats, missed: Rows, rows: Sequence[Floats], deadline: Deadline) -> list[Floats]:
    """Rows that still hold, each nearer to `vector`, with values of few digits; as they came after the deadline."""
    return [row if deadline.passed else _shortened(subject, vector, missed, _nearer(subject, vector, missed, row))
            for row in rows]  # fmt: skip


def _holds(subject: Subject, vector: Floats, missed: Rows, row: Floats) -> bool:
    rows = row[np.newaxis]
    return bool(consistent(subject, vector, rows)[0] and missed(rows)[0] <= 0.0)


def _nearer(subject: Subject, vector: Floats, missed: Rows, row: Floats) -> Floats:
    """Each changed value moved back towards the vector's, on the scale of comparison, as far as the row holds."""
    start = subject.to_scale(vector[np.newaxis])[0]
    for place in np.flatnonzero(row != vector).tolist():
        there = subject.to_scale(row[np.newaxis])[0]
        share, back = 1.0, 0.0
        for _ in range(_HALVINGS):
            middle = (share + back) / 2
            scaled = there.copy()
            scaled[place] = start[place] + middle * (there[place] - start[place])
            tried = row.copy()
            tried[place] = _possible(subject, place, float(subject.from_scale(scaled[np.newaxis])[0, place]))
            if tried[place] != vector[place] and _holds(subject, vector, missed, tried):
                share, row = middle, tried
            else:
                back = middle
    return row


def _shortened(subject: Subject, vector: Floats, missed: Rows, row: Floats) -> Floats:
    """Each changed value with the fewest digits with which the row holds."""
    for place in np.flatnonzero(row != vector).tolist():
        for value in _shorter(float(row[place]), float(vector[place])):
            tried = row.copy()
            tried[place] = _possible(subject, place, value)
            if tried[place] != vector[place] and _holds(subject, vector, missed, tried):
                row = tried
                break
    return row


def _shorter(value: float, now: float) -> list[float]:
    """Roundings away from the present value, those with few digits first."""
    if value == 0.0:
        return []
    found = []
    for digits in _DIGITS:
        step = 10.0 ** (np.floor(np.log10(abs(value))) + 1 - digits)
        up = value > now
        found.append(float(f"{(np.ceil if up else np.floor)(value / step) * step:.{digits + 2}g}"))
    return found


def _possible(subject: Subject, place: int, value: float) -> float:
    column = subject.columns[place]
    if column.whole:
        value = float(np.round(value))
    return float(np.clip(value, column.lower, column.upper))
