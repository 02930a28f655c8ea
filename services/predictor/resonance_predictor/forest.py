"""The isolation forest in force: resonance_modeling's scorer as the detection sees a model."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from resonance_modeling.scorer import ForestScorer
from resonance_predictor.baseline import Prior
from resonance_predictor.scorer import ModelVersion

Floats = NDArray[np.float64]


class Forest:
    """One version of the forest. Safe to share between partitions.

    Attributes:
        model: Which one.
        prior: What its training population says of a user not seen before.
        median: The population's medians, (WIDTH,): the ordinary value of a feature that is not given.
    """

    def __init__(self, scorer: ForestScorer) -> None:
        population = scorer.manifest.population
        self._scorer = scorer
        self.model = ModelVersion(scorer.manifest.model_name, scorer.version)
        self.prior = Prior.of_population(np.array(population.mean), np.array(population.spread))
        self.median: Floats = np.array(population.median)

    def score(self, values: Floats) -> Floats:
        """Scores (n,), 0 ordinary to 1 anomalous, of vectors (n, WIDTH)."""
        return self._scorer.score(values)

    def tail_probability(self, scores: Floats) -> Floats:
        """Share of ordinary vectors that score at least as high, (n,)."""
        return self._scorer.tail_probability(scores)
