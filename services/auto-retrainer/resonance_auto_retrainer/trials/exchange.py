"""Whether a version took one feature for another: it would score as the champion does with the two exchanged. No I/O.

Overlap of reasons cannot tell that where both features are reasons about as often. But for a version that is the
champion with two columns exchanged, exchanging them in what the champion is shown brings the two together, and no
retraining on other people does that for any pair. So each pair is tried, on vectors in which every feature goes through
all that it is. Where scores are near their end, another pair than the one that was mistaken may bring them nearest:
that some pair does is what tells.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import combinations
from typing import Final

import numpy as np
from numpy.typing import NDArray

from resonance_contracts.features import FEATURE_NAMES, WIDTH

Floats = NDArray[np.float64]
Score = Callable[[Floats], Floats]
"""From vectors, (n, WIDTH), to scores, (n,)."""

OF_EACH: Final = 30
"""Vectors by which a feature goes through its values."""

LEAST_APART: Final = 0.7
"""Distance of the scores with two features exchanged that is asked, as a share of that without.

Of trainings that differ in nothing but whom they saw, one in a thousand is below 0.73 for the pair where it is least
(`python -m tests.bench.explaining.retrained`); the limit is a little wider.
"""


@dataclass(frozen=True, slots=True)
class Exchange:
    """The two features that a version is likeliest to have taken for one another.

    Attributes:
        one, other: The features.
        distance: Mean difference of its scores from the champion's where these are exchanged, as a share of that where
            they are not; 1 where they are the same.
    """

    one: str
    other: str
    distance: float

    @property
    def likely(self) -> bool:
        """Whether that is more than chance."""
        return self.distance < LEAST_APART

    def __str__(self) -> str:
        return (
            f"it scores as the champion would if {self.one} were {self.other} and the other way round: they are "
            f"{self.distance:.0%} as far apart then (at least {LEAST_APART:.0%} is asked)"
        )


def likeliest(candidate: Score, champion: Score, vectors: Floats, kept: NDArray[np.bool_]) -> Exchange:
    """The pair whose exchange brings the scores nearest to one another.

    Args:
        candidate, champion: The versions.
        vectors: See `varied`.
        kept: Features that may have been taken for another, (WIDTH,), two or more: those that did not drift.
    """
    pairs = list(combinations(np.flatnonzero(kept).tolist(), 2))
    here, there = candidate(vectors), champion(vectors)
    apart = float(np.abs(here - there).mean())
    exchanged = np.repeat(vectors[np.newaxis], len(pairs), axis=0)
    for rows, (one, other) in zip(exchanged, pairs, strict=True):
        rows[:, [one, other]] = rows[:, [other, one]]
    scores = champion(exchanged.reshape(-1, WIDTH)).reshape(len(pairs), -1)
    distances = np.abs(here - scores).mean(axis=1)
    nearest = int(np.argmin(distances))
    share = float(distances[nearest]) / apart if apart > 0.0 else 1.0
    names = [FEATURE_NAMES[place] for place in pairs[nearest]]
    return Exchange(names[0], names[1], share)


def varied(ordinary: Floats) -> Floats:
    """Ordinary vectors, OF_EACH for each feature, in which it goes through its values evenly, however rare they are."""
    found = []
    for column in ordinary.T:
        order = np.argsort(column, kind="stable")
        wanted = np.quantile(np.unique(column), np.linspace(0.0, 1.0, OF_EACH))
        places = np.searchsorted(column[order], wanted)
        found.append(ordinary[order[np.minimum(places, len(order) - 1)]])
    return np.concatenate(found)
