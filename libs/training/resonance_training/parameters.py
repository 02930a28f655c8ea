"""What can be set of the detectors: what a search may change, and what a manifest says of a training."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Self

from resonance_training.rows import BadRows
from resonance_training.tail import KNEE


@dataclass(frozen=True, slots=True)
class Parameters:
    """One setting of all detectors; the defaults are those for tables of which nothing is known.

    Attributes:
        ordinary: Share of the rows that is taken to be ordinary, at least 4/5, below 1. What more rows than the rest
            do is far out, and the further, the less the ordinary ones differ in it: where groups of ordinary people
            are as small as a fifth, and anomalies were left out, it should be near 1.
        forest_trees: Trees of the isolation forest. The paper has 100; as one of five detectors 64 do as well, and
            trees are most of what scoring costs. On the sets of the benchmark `detection` 100, 64 and 48 give 83.6 and
            44.1 alike.
        forest_sample: Rows per tree, the paper's psi: more of them swamp and mask anomalies.
        svm_outside: Share of the rows that may lie outside, the nu of the one-class SVM. It costs time in every score.
        svm_reach: The kernel's gamma, over columns: in standardised columns, 1 is scikit-learn's "scale".
        autoencoder_squeeze: Columns for each hidden unit.
        autoencoder_epochs: Passes over the rows.
        autoencoder_rate: Learning rate.
        isolation_forest_weight, column_tails_weight, robust_covariance_weight, one_class_svm_weight,
        autoencoder_weight, lstm_weight: What each says counts, above 0.
    """

    ordinary: float = KNEE
    forest_trees: int = 64
    forest_sample: int = 256
    svm_outside: float = 0.1
    svm_reach: float = 1.0
    autoencoder_squeeze: float = 4.0
    autoencoder_epochs: int = 30
    autoencoder_rate: float = 0.003
    isolation_forest_weight: float = 1.0
    column_tails_weight: float = 1.0
    robust_covariance_weight: float = 2.0
    one_class_svm_weight: float = 0.5
    autoencoder_weight: float = 2.0
    lstm_weight: float = 0.5

    @property
    def weights(self) -> dict[str, float]:
        """Weight of each detector that looks at one row, by name, in order."""
        return {
            "isolation_forest": self.isolation_forest_weight,
            "column_tails": self.column_tails_weight,
            "robust_covariance": self.robust_covariance_weight,
            "one_class_svm": self.one_class_svm_weight,
            "autoencoder": self.autoencoder_weight,
        }

    @property
    def lstm_share(self) -> float:
        """Part of the recurrent model in the score where something was expected."""
        return self.lstm_weight / (self.lstm_weight + sum(self.weights.values()))

    def to_dict(self) -> dict[str, str | int | float]:
        """As a manifest has them."""
        return asdict(self)

    @classmethod
    def of(cls, given: Mapping[str, str | int | float]) -> Self:
        """From a manifest; what it does not name has its default, what is not named here is passed over.

        Raises:
            BadRows: A value is not a number.
        """
        found: dict[str, Any] = {}
        for field in fields(cls):
            value = given.get(field.name, field.default)
            if isinstance(value, str) or not isinstance(value, int | float):
                raise BadRows(f"Expected a number as {field.name}, but got {value!r}.")
            found[field.name] = int(value) if isinstance(field.default, int) else float(value)
        return cls(**found)
