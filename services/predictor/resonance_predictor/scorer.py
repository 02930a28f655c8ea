"""A model, as the detection sees it."""

from __future__ import annotations

from typing import Protocol

import msgspec
import numpy as np
from numpy.typing import NDArray

from resonance_modeling.scorer import Scores
from resonance_predictor.baseline import Prior

Floats = NDArray[np.float64]


class ModelVersion(msgspec.Struct, frozen=True):
    """Which model: its name, and the content hash of its artifact (SHA-256, hexadecimal)."""

    name: str
    version: str


class OtherVersions(msgspec.Struct, frozen=True):
    """Which versions there are beside the champion: see `terms.Others`."""

    challenger: ModelVersion | None = None
    share: float = 0.0
    shadow: ModelVersion | None = None
    former: ModelVersion | None = None


class Scorer(Protocol):
    """A model that scores vectors.

    Attributes:
        model: Which one.
        members: Names of its detectors.
        prior: What its training population says of a user not seen before.
    """

    @property
    def model(self) -> ModelVersion: ...

    @property
    def prior(self) -> Prior: ...

    @property
    def members(self) -> tuple[str, ...]: ...

    @property
    def looks_back(self) -> bool:
        """Whether it compares a vector with what was expected of it."""

    def expected(self, recent: NDArray[np.float32]) -> Floats | None:
        """What it expects after recent vectors, (n, WIDTH); see `EnsembleScorer.expected`."""

    def judge(self, scaled: Floats, expected: Floats | None = None) -> Scores:
        """What it says of vectors on the scales of comparison, (n, WIDTH), of which something was expected."""


def model_of(scorer: Scorer | None) -> ModelVersion | None:
    """Which model it is; None of none."""
    return None if scorer is None else scorer.model
