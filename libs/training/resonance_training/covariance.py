"""Distance from the bulk of the rows, by a covariance that a minority of them cannot bend.

The minimum covariance determinant (Rousseeuw and Van Driessen 1999, "A Fast Algorithm for the Minimum Covariance
Determinant Estimator"): the mean and covariance of those three fifths of the rows that lie closest together.
"""

from __future__ import annotations

import warnings
from typing import Final

import numpy as np
from sklearn.covariance import LedoitWolf, MinCovDet

from resonance_training.rows import Floats
from resonance_training.standard import FLAT, some

SUPPORT: Final = 0.6
"""Share of the rows that the bulk is made of: clusters of up to two fifths do not move it."""

MOST_ROWS: Final = 5_000
"""More rows cost time and change nothing."""

ROWS_A_COLUMN: Final = 5
"""With fewer rows than this for each column a subset says nothing of a covariance; a shrunk one of all is taken."""

RIDGE: Final = 1e-6


class RobustCovariance:
    """Squared Mahalanobis distance from the bulk, |(x - center) @ whitening|^2. Columns that never change say nothing.

    Attributes:
        center: The middle of the bulk, (width,).
        whitening: A square root of the precision, (width, k); k columns change.

    Args:
        rows: What to learn from, (n, width), n >= 2, finite.
        seed: Of the subsets that are tried.
    """

    def __init__(self, rows: Floats, seed: int) -> None:
        low, span = rows.min(axis=0), np.ptp(rows, axis=0)
        kept = np.flatnonzero(span > FLAT * np.maximum(1.0, np.abs(rows).max(axis=0)))
        self.center, self.whitening = low, np.zeros((rows.shape[1], len(kept)))
        if not len(kept):
            return
        # Learned in the columns' own ranges, so that none is lost beside a larger one.
        scaled = (some(rows, MOST_ROWS, seed)[:, kept] - low[kept]) / span[kept]
        middle, covariance = _bulk(scaled, seed)
        ridge = RIDGE * np.trace(covariance) / len(kept) + np.finfo(np.float64).tiny
        precision = np.linalg.inv(covariance + ridge * np.eye(len(kept)))
        self.center[kept] += middle * span[kept]
        self.whitening[kept] = np.linalg.cholesky(precision) / span[kept, np.newaxis]

    def score(self, rows: Floats) -> Floats:
        """Squared distances, (n,), of rows (n, width)."""
        found: Floats = (((rows - self.center) @ self.whitening) ** 2).sum(axis=1)
        return found


def _bulk(rows: Floats, seed: int) -> tuple[Floats, Floats]:
    """Mean (width,) and covariance (width, width) of the bulk."""
    if len(rows) >= ROWS_A_COLUMN * rows.shape[1]:
        try:
            with warnings.catch_warnings():
                # Of subsets whose columns depend on one another; the ridge is there for them.
                warnings.simplefilter("ignore")
                found = MinCovDet(support_fraction=SUPPORT, random_state=seed).fit(rows)
            return found.location_, found.covariance_
        except ValueError:
            # Three fifths of the rows are the same one.
            pass
    shrunk = LedoitWolf().fit(rows)
    return shrunk.location_, shrunk.covariance_
