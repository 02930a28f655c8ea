"""Training of the isolation forest (Liu, Ting and Zhou 2008, "Isolation Forest")."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import IsolationForest

from resonance_training.parameters import Parameters

SEED: Final = 20_080_415
"""Fixed, so that the same rows give the same forest."""

DEFAULTS: Final = Parameters()


def train_forest(rows: NDArray[np.floating], seed: int = SEED, parameters: Parameters = DEFAULTS) -> IsolationForest:
    """Trains a forest on rows of shape (n, width), n >= 2. The same rows in the same order give the same forest.

    scikit-learn takes the rows as float32.
    """
    sample = min(parameters.forest_sample, len(rows))
    forest = IsolationForest(n_estimators=parameters.forest_trees, max_samples=sample, random_state=seed)
    forest.fit(rows)
    return forest


def average_path_length(n: NDArray[np.int64]) -> NDArray[np.float64]:
    """c(n), equation 1 of the paper: mean path length of an unsuccessful search in a tree of n rows.

    0 for one row, 1 for two, else 2 H(n - 1) - 2 (n - 1) / n with H(i) = ln(i) + Euler's constant, which is
    the paper's and scikit-learn's approximation of the harmonic number.
    """
    rows = np.asarray(n, dtype=np.float64)
    many = np.maximum(rows, 3.0)
    length = 2.0 * (np.log(many - 1.0) + np.euler_gamma) - 2.0 * (many - 1.0) / many
    return np.where(rows <= 1, 0.0, np.where(rows == 2, 1.0, length))
