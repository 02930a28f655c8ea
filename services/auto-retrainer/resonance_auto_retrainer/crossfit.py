"""Scores that users get from forests that have not seen them.

A forest knows the users it was trained on: their own vectors score lower than those of somebody new, and vectors of one
user resemble each other. A calibration on training scores would therefore call too much of a new user's ordinary
traffic rare. Cross-conformal prediction (Vovk 2015, "Cross-conformal predictors") is the remedy: users are dealt into
folds, each fold is scored by a forest trained on the others, and the calibration is learned from all these scores.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from resonance_training.forest import train_forest

FOLDS: Final = 5


def folds_of(users: NDArray[np.uint64]) -> NDArray[np.int64]:
    """Fold of each vector, shape (n,), 0 to FOLDS - 1: all vectors of a user are in one, users evenly dealt."""
    _, ranks = np.unique(users, return_inverse=True)
    return np.asarray(ranks % FOLDS, dtype=np.int64)


def unseen_scores(rows: NDArray[np.float32], users: NDArray[np.uint64]) -> NDArray[np.float64]:
    """Scores in [0, 1] of each row by a forest that was trained without its user, shape (n,).

    Args:
        rows: Shape (n, width).
        users: Hash of each row's user, shape (n,); with fewer than two users a fold cannot be scored by others, and
            the rows are scored by a forest of all of them.
    """
    folds = folds_of(users)
    scores = np.empty(len(rows))
    present = np.unique(folds)
    if len(present) == 1:
        return np.asarray(-train_forest(rows).score_samples(rows), dtype=np.float64)
    for fold in present:
        inside = folds == fold
        scores[inside] = -train_forest(rows[~inside]).score_samples(rows[inside])
    return scores
