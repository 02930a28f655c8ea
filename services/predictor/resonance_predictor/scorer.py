"""The model in force, as the detection sees it."""

from __future__ import annotations

from typing import Protocol

import msgspec
import numpy as np
from numpy.typing import NDArray

from resonance_predictor.baseline import Prior

Floats = NDArray[np.float64]


class ModelVersion(msgspec.Struct, frozen=True):
    """Which model: its name, and the content hash of its artifact (SHA-256, hexadecimal)."""

    name: str
    version: str


class Scorer(Protocol):
    """A model that scores vectors.

    Attributes:
        model: Which one.
        prior: What its training population says of a user not seen before.
    """

    @property
    def model(self) -> ModelVersion: ...

    @property
    def prior(self) -> Prior: ...

    def score(self, values: Floats) -> Floats:
        """Scores (n,), 0 ordinary to 1 anomalous, of vectors (n, WIDTH)."""

    def tail_probability(self, scores: Floats) -> Floats:
        """Share of ordinary vectors that score at least as high, (n,)."""
