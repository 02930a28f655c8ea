"""The ensemble in force: resonance_modeling's scorer as the detection sees a model."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from resonance_modeling.scorer import EnsembleScorer, Scores
from resonance_predictor.baseline import Prior
from resonance_predictor.scorer import ModelVersion

Floats = NDArray[np.float64]


class Ensemble:
    """One version of the ensemble. Safe to share between partitions.

    Attributes:
        model: Which one.
        members: Names of its detectors.
        prior: What its training population says of a user not seen before.
        looks_back: Whether the last of them compares a vector with what was expected of it.
        members_alone: Names of those that look at a vector alone: all but that one.
        median: The population's medians, (WIDTH,): the ordinary value of a feature that is not given.
    """

    def __init__(self, scorer: EnsembleScorer) -> None:
        population = scorer.population
        self._scorer = scorer
        self.model = ModelVersion(scorer.manifest.model_name, scorer.version)
        self.members = scorer.members
        self.looks_back = scorer.looks_back
        self.members_alone = scorer.members[:-1] if scorer.looks_back else scorer.members
        self.prior = Prior.of_population(np.array(population.mean), np.array(population.spread))
        self.median: Floats = np.array(population.median)

    def expected(self, recent: NDArray[np.float32]) -> Floats | None:
        """What it expects after recent vectors, (n, WIDTH); see `EnsembleScorer.expected`."""
        return self._scorer.expected(recent)

    def judge(self, scaled: Floats, expected: Floats | None = None) -> Scores:
        """What it says of vectors on the scales of comparison, (n, WIDTH), of which something was expected."""
        return self._scorer.judge(scaled, expected)

    def scores(self, values: Floats) -> Scores:
        """What it says of vectors in the features' units, (n, WIDTH)."""
        return self._scorer.scores(values)
