"""One forest by itself: its score attributed, beside shap's trees."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from onnx import ModelProto
from sklearn.ensemble import IsolationForest

from resonance_attribution.network import Network, read_network
from resonance_attribution.shapley import Attribution, of_worths
from resonance_auto_retrainer.export.ensemble import export_ensemble
from resonance_modeling.onnx_ensemble import MEAN_PATH, SCALED
from resonance_training.forest import average_path_length
from resonance_training.fusion import FusedDetector
from resonance_training.tabular import TabularDetector

Floats = NDArray[np.float64]

SCORE: Final = "forest_score"
"""Name of the value inside an exported file that is the forest's score, (n, 1)."""


@dataclass(frozen=True, slots=True)
class Forest:
    """A forest as scikit-learn has it, and the file that it was exported to.

    Attributes:
        sklearn: As it was trained.
        network: Its file.
        depth: c(psi): from a mean path length h to the score 2^(-h / depth).
    """

    sklearn: IsolationForest
    network: Network
    depth: float

    @classmethod
    def learn(cls, rows: Floats) -> Forest:
        """Of rows on the scales of comparison."""
        detector = TabularDetector(rows)
        network = read_network(ModelProto.FromString(export_ensemble(FusedDetector(detector))))
        assert network is not None
        trained = detector.isolation.forest
        return cls(trained, network, float(average_path_length(np.array([trained.max_samples_]))[0]))

    def attribution(self, vector: Floats, reference: Floats, of: str = SCORE) -> Attribution:
        """Shapley values of the forest's score, or of `MEAN_PATH`, of a vector on the scales of comparison."""
        above, below = vector.astype(np.float32), reference.astype(np.float32)
        players = np.flatnonzero(above != below)
        (table,) = self.network.tables([of], SCALED, above, below, players, {})
        (found,) = of_worths(table, players, len(vector))
        return found

    def identity(self, vector: Floats, reference: Floats) -> float:
        """How far -2^(-(base + sum of the path's attributions) / depth) is from scikit-learn's score."""
        path = self.attribution(vector, reference, MEAN_PATH)
        score = -(2.0 ** (-(path.base + path.values.sum()) / self.depth))
        return abs(score - float(self.sklearn.score_samples(vector[np.newaxis])[0]))
