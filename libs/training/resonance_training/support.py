"""Distance from where ordinary rows are dense, by a one-class support vector machine.

Schölkopf et al. 2001, "Estimating the Support of a High-Dimensional Distribution", with the radial basis function as
kernel, in standardised columns.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from sklearn.svm import OneClassSVM

from resonance_training.parameters import Parameters
from resonance_training.rows import Floats
from resonance_training.standard import Standard, some

DEFAULTS: Final = Parameters()
MOST_ROWS: Final = 2_000
"""More rows cost time, in learning and in every score, and change nothing."""


class SupportVectors:
    """rho - sum of alpha_i exp(-gamma |x - v_i|^2): above 0 outside of the dense region, and at most rho.

    Attributes:
        standard: The units of the columns.
        vectors: The support vectors v_i in these units, (k, width).
        alphas: Their weights, (k,), above 0.
        gamma, rho: As in the formula.

    Args:
        rows: What to learn from, (n, width), n >= 2, finite; ordinary ones, as far as can be told.
        seed: Of the rows that are drawn where there are many.
        parameters: See there.
    """

    def __init__(self, rows: Floats, seed: int, parameters: Parameters = DEFAULTS) -> None:
        self.standard = Standard.learn(rows)
        self.gamma = parameters.svm_reach / rows.shape[1]
        machine = OneClassSVM(nu=parameters.svm_outside, gamma=self.gamma)
        machine.fit(some(self.standard.apply(rows), MOST_ROWS, seed))
        self.vectors: Floats = machine.support_vectors_
        self.alphas: Floats = machine.dual_coef_[0]
        self.rho = float(machine.offset_[0])

    def score(self, rows: Floats) -> Floats:
        """How far outside, (n,), of rows (n, width)."""
        at = self.standard.apply(rows)
        squared = (at**2).sum(axis=1)[:, np.newaxis] - 2.0 * at @ self.vectors.T + (self.vectors**2).sum(axis=1)
        found: Floats = self.rho - np.exp(-self.gamma * np.maximum(squared, 0.0)) @ self.alphas
        return found
