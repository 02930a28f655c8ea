"""Sequences to learn from: the vectors of a sitting, and the one that came after them (see `resonance_modeling`)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from resonance_auto_retrainer.window import TrainingSet
from resonance_modeling.scales import to_scale
from resonance_modeling.sequences import STEPS

MOST: Final = 20_000
"""More of them cost time and change little."""


@dataclass(frozen=True, slots=True)
class Sequences:
    """Entry i of each is sequence i.

    Attributes:
        recent: The vectors before, oldest first, on the scales of comparison, (n, STEPS, width); NaN where there were
            fewer. Each has one at least.
        target: The vectors that came, on these scales, (n, width).
        users: A 64-bit hash of each one's user, (n,).
    """

    recent: NDArray[np.float32]
    target: NDArray[np.float64]
    users: NDArray[np.uint64]


def sequences_of(data: TrainingSet, most: int = MOST) -> Sequences:
    """Every vector that has one before it in its sitting, sitting by sitting; at most `most` of them, evenly spread."""
    order = np.argsort(data.sittings, kind="stable")
    sittings = data.sittings[order]
    first = np.searchsorted(sittings, sittings, side="left")
    followers = _spread(np.flatnonzero(first < np.arange(len(order))), most)
    steps = followers[:, np.newaxis] + np.arange(-STEPS, 0)
    there = steps >= first[followers][:, np.newaxis]
    scaled = to_scale(data.values)
    recent = scaled.astype(np.float32)[order[np.maximum(steps, 0)]]
    recent[~there] = np.nan
    return Sequences(recent, scaled[order[followers]], data.users[order[followers]])


def _spread(places: NDArray[np.intp], most: int) -> NDArray[np.intp]:
    if len(places) <= most:
        return places
    return places[np.linspace(0, len(places) - 1, most).astype(np.intp)]
