"""The ordinary population that explanations compare with and new users' baselines start from."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from resonance_modeling.artifact import Population


def population_of(values: NDArray[np.float64]) -> Population:
    """Median, mean and standard deviation of each feature over vectors of shape (n, width), n >= 1."""
    return Population(
        median=tuple(np.median(values, axis=0).tolist()),
        mean=tuple(values.mean(axis=0).tolist()),
        spread=tuple(values.std(axis=0).tolist()),
    )
