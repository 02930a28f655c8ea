"""Three detectors that look at a row from three sides, and what they say together.

    isolation forest      how few cuts set a row apart          weight 1
    tails of columns      how far out each value is alone       weight 1
    robust covariance     how far the whole is from the bulk    weight 3

Each one's score becomes surprise (see `tail`); the score of a row is the weighted mean of the three. It is linear in
them, so what each column adds to the score is the weighted mean of what it adds to each. The weights are one fixed
setting for every table, chosen with the sets of the benchmark `detection` in view, where any weight of the covariance
from 2 to 4 gives nearly the same: it orders their rows best, and the other two see what it cannot, several bulks and
single values far out.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import ArrayLike

from resonance_training.covariance import RobustCovariance
from resonance_training.forest import train_forest
from resonance_training.margins import ColumnTails
from resonance_training.rows import Floats, checked
from resonance_training.tail import Tail

WEIGHTS: Final[dict[str, float]] = {"isolation_forest": 1.0, "column_tails": 1.0, "robust_covariance": 3.0}
LEAST_ROWS: Final = 20


class TabularDetector:
    """Scores rows by how unlike they are to those that were learned from. The same rows and seed give the same.

    Args:
        rows: What to learn from, (n, width), n >= LEAST_ROWS; four in five of them or more should be ordinary.
        seed: Of what is drawn by chance.

    Raises:
        BadRows: Too few rows, another shape, or a value that is not finite.
    """

    def __init__(self, rows: ArrayLike, seed: int = 0) -> None:
        learned = checked(rows, least=LEAST_ROWS)
        self._width = learned.shape[1]
        self._forest = train_forest(learned, seed)
        self._tails = ColumnTails(learned)
        self._covariance = RobustCovariance(learned, seed)
        self._surprise = [Tail.learn(scores) for scores in self._scores(learned).T]

    def surprises(self, rows: ArrayLike) -> Floats:
        """Surprise of each detector, (n, 3), in the order of WEIGHTS, of rows (n, width).

        Raises:
            BadRows: Another width, or a value that is not finite.
        """
        scores = self._scores(checked(rows, self._width))
        return np.stack([tail.surprise(column) for tail, column in zip(self._surprise, scores.T, strict=True)], axis=1)

    def score(self, rows: ArrayLike) -> Floats:
        """Scores, at least 0, (n,), of rows (n, width): the higher, the less like what was learned from."""
        found: Floats = np.average(self.surprises(rows), axis=1, weights=list(WEIGHTS.values()))
        return found

    def _scores(self, rows: Floats) -> Floats:
        if not len(rows):
            return np.empty((0, len(WEIGHTS)))
        found = (-self._forest.score_samples(rows), self._tails.score(rows), self._covariance.score(rows))
        return np.stack(found, axis=1)
