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

SUPPORT: Final = 0.6
"""Share of the rows that the bulk is made of: clusters of up to two fifths do not move it."""

MOST_ROWS: Final = 5_000
"""More rows cost time and change nothing."""

ROWS_A_COLUMN: Final = 5
"""With fewer rows than this for each column a subset says nothing of a covariance; a shrunk one of all is taken."""

RIDGE: Final = 1e-6
FLAT: Final = 1e-9


class RobustCovariance:
    """Squared Mahalanobis distance from the bulk. Columns that never change say nothing and are left out.

    Args:
        rows: What to learn from, (n, width), n >= 2, finite.
        seed: Of the subsets that are tried.
    """

    def __init__(self, rows: Floats, seed: int) -> None:
        self._low = rows.min(axis=0)
        self._range = np.ptp(rows, axis=0)
        self._kept = np.flatnonzero(self._range > FLAT * np.maximum(1.0, np.abs(rows).max(axis=0)))
        scaled = self._scaled(_some(rows, seed))
        self._center, covariance = _bulk(scaled, seed) if len(self._kept) else (np.empty(0), np.empty((0, 0)))
        width = len(self._center)
        ridge = RIDGE * np.trace(covariance) / max(width, 1) + np.finfo(np.float64).tiny
        self._precision = np.linalg.inv(covariance + ridge * np.eye(width))

    def score(self, rows: Floats) -> Floats:
        """Squared distances, (n,), of rows (n, width)."""
        away = self._scaled(rows) - self._center
        found: Floats = np.einsum("ij,jk,ik->i", away, self._precision, away)
        return found

    def _scaled(self, rows: Floats) -> Floats:
        scaled: Floats = (rows[:, self._kept] - self._low[self._kept]) / self._range[self._kept]
        return scaled


def _some(rows: Floats, seed: int) -> Floats:
    if len(rows) <= MOST_ROWS:
        return rows
    return rows[np.random.default_rng(seed).choice(len(rows), MOST_ROWS, replace=False)]


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
