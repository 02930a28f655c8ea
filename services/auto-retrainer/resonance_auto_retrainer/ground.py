"""What a search of parameters learns from and judges by: people and times apart, and incidents that are planted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from resonance_auto_retrainer.holdout import drawn
from resonance_training.forest import SEED
from resonance_training.parameters import Parameters
from resonance_training.quality import Planted, Quality, planted, quality
from resonance_training.rows import Floats
from resonance_training.tabular import TabularDetector

PARTS: Final = 5
"""Of the people: three are learned from, one judges, one checks."""

EARLIER: Final = 0.6
"""Share of the vectors, by time, that is learned from."""

MOST_LEARNED: Final = 8_000
MOST_JUDGED: Final = 4_000
LEAST_ROWS: Final = 200
"""Of each part; with fewer of them chance decides."""


@dataclass(frozen=True, slots=True)
class Ground:
    """What a search learns from and judges by.

    Attributes:
        learned: Rows that every trial learns from, (n, width), on the scales of comparison.
        first, second: What trials are judged by, and what the winner is checked on.
    """

    learned: Floats
    first: Planted
    second: Planted

    def quality(self, parameters: Parameters) -> tuple[Quality, Quality]:
        """See `Judge.quality`."""
        detector = TabularDetector(self.learned, SEED, parameters)
        first, second = (quality(detector.score(one.rows), one.anomalous) for one in (self.first, self.second))
        return first, second


def ground_of(scaled: Floats, users: NDArray[np.uint64]) -> Ground | None:
    """Deals vectors out; None where there are too few to tell anything.

    Args:
        scaled: Vectors on the scales of comparison, by time, (n, width).
        users: Number of the user of each, (n,).
    """
    people = drawn(np.unique(users))
    first, second = len(people) * (PARTS - 2) // PARTS, len(people) * (PARTS - 1) // PARTS
    earlier = np.arange(len(users)) < EARLIER * len(users)
    places = [
        _thinned(np.isin(users, people[:first]) & earlier, MOST_LEARNED),
        _thinned(np.isin(users, people[first:second]) & ~earlier, MOST_JUDGED),
        _thinned(np.isin(users, people[second:]) & ~earlier, MOST_JUDGED),
    ]
    if min(map(len, places)) < LEAST_ROWS:
        return None
    return Ground(scaled[places[0]], planted(scaled[places[1]], SEED), planted(scaled[places[2]], SEED + 1))


def _thinned(those: NDArray[np.bool_], most: int) -> NDArray[np.intp]:
    """At most so many places, evenly spread."""
    places = np.flatnonzero(those)
    return places if len(places) <= most else places[np.linspace(0, len(places) - 1, most).astype(np.intp)]
