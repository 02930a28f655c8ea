"""Distance from the bulk of the rows, by a covariance that a minority of them cannot bend.

The minimum covariance determinant: the mean and covariance of those three fifths of the rows that lie closest together,
found deterministically (Hubert, Rousseeuw and Verdonck 2012, "A Deterministic Algorithm for Robust Location and
Scatter"): from a few robust first guesses, the closest rows are taken, their mean and covariance computed, and so again
until nothing changes; the guess that ends with the smallest determinant wins. As is usual, the rows that lie within the
97.5 % ellipsoid of that are then taken for the final estimate.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np
from scipy.special import ndtri
from scipy.stats import chi2, rankdata

from resonance_training.rows import Floats
from resonance_training.standard import FLAT, some

SUPPORT: Final = 0.6
"""Share of the rows that the bulk is made of: clusters of up to two fifths do not move it."""

INSIDE: Final = 0.975
"""Share of normally distributed rows that the final estimate is made of."""

MOST_ROWS: Final = 5_000
"""More rows cost time and change nothing."""

STEPS: Final = 100
RIDGE: Final = 1e-4
NORMAL_MAD: Final = 1.4826
"""From the median absolute deviation to the standard deviation of a normal distribution."""


class RobustCovariance:
    """Squared Mahalanobis distance from the bulk, |(x - center) @ whitening|^2. Columns that never change say nothing.

    Attributes:
        center: The middle of the bulk, (width,).
        whitening: A square root of the precision, (width, k); k columns change.

    Args:
        rows: What to learn from, (n, width), n >= 2, finite.
        seed: Of the rows that are drawn where there are many.
    """

    def __init__(self, rows: Floats, seed: int) -> None:
        low, span = rows.min(axis=0), np.ptp(rows, axis=0)
        kept = np.flatnonzero(span > FLAT * np.maximum(1.0, np.abs(rows).max(axis=0)))
        self.center, self.whitening = low, np.zeros((rows.shape[1], len(kept)))
        if not len(kept):
            return
        # Learned in the columns' own ranges, so that none is lost beside a larger one.
        scaled = (some(rows, MOST_ROWS, seed)[:, kept] - low[kept]) / span[kept]
        middle, covariance = bulk(scaled)
        self.center[kept] += middle * span[kept]
        self.whitening[kept] = np.linalg.cholesky(np.linalg.inv(covariance)) / span[kept, np.newaxis]

    def score(self, rows: Floats) -> Floats:
        """Squared distances, (n,), of rows (n, width)."""
        found: Floats = (((rows - self.center) @ self.whitening) ** 2).sum(axis=1)
        return found


def bulk(rows: Floats) -> tuple[Floats, Floats]:
    """Mean (width,) and covariance (width, width) of the bulk of rows (n, width), n >= 2."""
    count = max(int(np.ceil(SUPPORT * len(rows))), min(len(rows), rows.shape[1] + 1))
    ended = [_concentrate(rows, first, count) for first in _first_guesses(rows)]
    _, distances = min(ended, key=lambda one: one[0])
    # The median distance of normal rows is that of the chi-squared distribution: that brings the covariance to scale.
    limit = chi2.ppf(INSIDE, rows.shape[1]) / chi2.ppf(0.5, rows.shape[1]) * np.median(distances)
    inside = rows[distances <= max(float(limit), float(np.partition(distances, count - 1)[count - 1]))]
    return inside.mean(axis=0), _covariance(inside)


def _concentrate(rows: Floats, distances: Floats, count: int) -> tuple[float, Floats]:
    """Concentration steps from first distances (n,): the log-determinant that they end with, and the distances (n,)."""
    smallest = np.inf
    for _ in range(STEPS):
        closest = rows[np.argpartition(distances, count - 1)[:count]]
        covariance = _covariance(closest)
        determinant = float(np.linalg.slogdet(covariance)[1])
        if determinant >= smallest:
            break
        smallest = determinant
        distances = _distances(rows, closest.mean(axis=0), covariance)
    return smallest, distances


def _first_guesses(rows: Floats) -> Iterator[Floats]:
    """Distances (n,) by several scatters, each robust in its own way."""
    middle = np.median(rows, axis=0)
    at = (rows - middle) / _scales(rows - middle, np.std(rows, axis=0))
    ranks = np.stack([rankdata(column) for column in at.T], axis=1)
    length = np.linalg.norm(at, axis=1)
    closest = at[np.argsort(length, kind="stable")[: (len(at) + 1) // 2]]
    normal = ndtri((ranks - 1 / 3) / (len(at) + 1 / 3))
    signs = at / np.maximum(length, FLAT)[:, np.newaxis]
    for told in (np.tanh(at), ranks, normal, signs, closest):
        _, axes = np.linalg.eigh(_covariance(told))
        along = at @ axes
        center = np.median(along, axis=0)
        spread = _scales(along - center, np.std(along, axis=0))
        yield (((along - center) / spread) ** 2).sum(axis=1)


def _scales(away: Floats, otherwise: Floats) -> Floats:
    """Robust spread of columns whose median is 0; the standard deviation where half of the values are the same."""
    found = NORMAL_MAD * np.median(np.abs(away), axis=0)
    return np.where(found > FLAT, found, np.maximum(otherwise, FLAT))


def _distances(rows: Floats, middle: Floats, covariance: Floats) -> Floats:
    found: Floats = (((rows - middle) @ np.linalg.cholesky(np.linalg.inv(covariance))) ** 2).sum(axis=1)
    return found


def _covariance(rows: Floats) -> Floats:
    """Covariance (width, width) that can be inverted whatever the rows."""
    width = rows.shape[1]
    found: Floats = np.cov(rows, rowvar=False, bias=True).reshape(width, width)
    found += (RIDGE * np.trace(found) / width + 1e-12) * np.eye(width)
    return found
