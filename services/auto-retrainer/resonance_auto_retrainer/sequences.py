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
"""Sequences that are learned from: more cost time and change little."""


@dataclass(frozen=True, slots=True)
class Sequences:
    """Entry i of each is sequence i.

    Attributes:
        recent: The vectors before, oldest first, on the scales of comparison, (n, STEPS, width); NaN where there were
            fewer. Each has one at least.
        target: The vectors that came, on these scales, (n, width).
        places: Place of each target among the vectors of the training set, (n,).
    """

    recent: NDArray[np.float32]
    target: NDArray[np.float64]
    places: NDArray[np.intp]

    def __len__(self) -> int:
        return len(self.places)

    def thinned(self, among: NDArray[np.bool_], most: int = MOST) -> Sequences:
        """At most `most`, evenly spread, of those whose targets are among some vectors of the training set.

        Args:
            among: Which vectors, one entry for each of the training set.
            most: How many.
        """
        some = np.flatnonzero(among[self.places])
        if len(some) > most:
            some = some[np.linspace(0, len(some) - 1, most).astype(np.intp)]
        return Sequences(self.recent[some], self.target[some], self.places[some])


def sequences_of(data: TrainingSet) -> Sequences:
    """Every vector that has one before it in its sitting, sitting by sitting."""
    order = np.argsort(data.sittings, kind="stable")
    sittings = data.sittings[order]
    first = np.searchsorted(sittings, sittings, side="left")
    followers = np.flatnonzero(first < np.arange(len(order)))
    steps = followers[:, np.newaxis] + np.arange(-STEPS, 0)
    there = steps >= first[followers][:, np.newaxis]
    scaled = to_scale(data.values)
    recent = scaled.astype(np.float32)[order[np.maximum(steps, 0)]]
    recent[~there] = np.nan
    places = order[followers]
    return Sequences(recent, scaled[places], places)
