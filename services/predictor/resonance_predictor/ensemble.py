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
        median: The population's medians, (WIDTH,): the ordinary value of a feature that is not given.
    """

    def __init__(self, scorer: EnsembleScorer) -> None:
        population = scorer.population
        self._scorer = scorer
        self.model = ModelVersion(scorer.manifest.model_name, scorer.version)
        self.members = scorer.members
        self.prior = Prior.of_population(np.array(population.mean), np.array(population.spread))
        self.median: Floats = np.array(population.median)

    def judge(self, scaled: Floats) -> Scores:
        """What it says of vectors on the scales of comparison, (n, WIDTH)."""
        return self._scorer.judge(scaled)

    def scores(self, values: Floats) -> Scores:
        """What it says of vectors in the features' units, (n, WIDTH)."""
        return self._scorer.scores(values)
