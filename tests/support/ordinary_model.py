"""An anomaly model as the auto-retrainer makes it, of vectors as ordinary people have them."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from resonance_auto_retrainer.training import train
from resonance_auto_retrainer.window import TrainingSet
from resonance_contracts.features import FEATURE_NAMES, FEATURES, INDEX, WIDTH
from resonance_modeling.artifact import Artifact

USERS = 50
MINUTE_US = 60_000_000


def ordinary_vectors(n: int, seed: int) -> NDArray[np.float64]:
    """Skewed, discrete, bounded and constant columns, as real vectors have them; (n, WIDTH)."""
    random = np.random.default_rng(seed)
    values = random.lognormal(1.0, 0.7, size=(n, WIDTH))
    values[:, INDEX["messages_per_minute"]] = np.rint(values[:, INDEX["messages_per_minute"]])
    values[:, INDEX["error_rate"]] = random.beta(1, 30, size=n)
    values[:, INDEX["rate_limit_violations"]] = 0.0
    values[:, INDEX["burstiness_score"]] = random.uniform(-1, 1, size=n)
    values[:, INDEX["login_intervals"]] = 3_600.0
    return np.clip(values, [feature.lower for feature in FEATURES], [feature.upper for feature in FEATURES])


def ordinary_set(n: int, seed: int = 1) -> TrainingSet:
    """`n` vectors of fifty people, each in one sitting."""
    users = np.arange(n, dtype=np.uint64) % USERS
    sittings = users.astype(np.int64)
    values, called = ordinary_vectors(n, seed), np.zeros(n, dtype=np.bool_)
    return TrainingSet(values, users, sittings, 0, n * MINUTE_US, ("live",), 0, called, np.ones(n, dtype=np.int64))


def ordinary_model(n: int = 3000, seed: int = 1) -> Artifact:
    """A model of `n` vectors; another seed gives another version. Trained once a process: the same gives the same."""
    return _trained(n, seed)


@cache
def _trained(n: int, seed: int) -> Artifact:
    return train(ordinary_set(n, seed), {})


def features_of(vector: NDArray[np.float64]) -> dict[str, float]:
    """A vector by name of feature."""
    return dict(zip(FEATURE_NAMES, vector.tolist(), strict=True))
