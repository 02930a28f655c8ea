"""Linear quantile regression with a penalty, by the linear program that has a row for each input, not for each example.

The conditional quantile at level τ is the β that minimises mean(ρτ(y - b - Xβ)) + α‖β‖₁ (Koenker and Bassett 1978,
"Regression Quantiles"; the penalty as in scikit-learn's `QuantileRegressor`, which gives the same β). Its dual asks for
a weight of each example within [0, 1] and says one thing of each input (Koenker 2005, "Quantile Regression", 6.2):

    max aᵀy   where   |xⱼᵀ(a - (1 - τ))| ≤ nα   for each input j,   Σ(a - (1 - τ)) = 0,   0 ≤ a ≤ 1

Its prices are b and β. There are far fewer inputs than examples, so it is solved five times as fast as the primal one;
that matters, because the solver lets nothing else of the process run meanwhile.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import linprog

from resonance_training.rows import Floats


@dataclass(frozen=True, slots=True)
class QuantileRegression:
    """A plane below which a share of what comes lies.

    Attributes:
        coefficients: Of each input, (inputs,).
        intercept: Where all inputs are 0.
    """

    coefficients: Floats
    intercept: float

    def predict(self, rows: Floats) -> Floats:
        """The quantile at each row, (n,)."""
        return np.asarray(rows @ self.coefficients + self.intercept)


def fit_quantile(rows: Floats, came: Floats, level: float, penalty: float) -> QuantileRegression:
    """Learns a quantile.

    Args:
        rows: Inputs, (n, inputs).
        came: What is predicted, (n,).
        level: Which quantile, between 0 and 1.
        penalty: α, at least 0.

    Raises:
        ArithmeticError: The solver found none; the text is what it said.
    """
    n, inputs = rows.shape
    middle, slack = (1.0 - level) * rows.sum(axis=0), n * penalty
    solved = linprog(
        -came,
        A_ub=np.vstack([rows.T, -rows.T]),
        b_ub=np.concatenate([middle + slack, slack - middle]),
        A_eq=np.ones((1, n)),
        b_eq=[(1.0 - level) * n],
        bounds=(0.0, 1.0),
        # There is nothing to simplify, and looking for it takes as long as solving.
        method="highs-ds",
        options={"presolve": False},
    )
    if solved.status != 0:
        raise ArithmeticError(f"The quantile {level:g} of {n} examples was not found: {solved.message}")
    prices = solved.ineqlin.marginals
    return QuantileRegression(prices[inputs:] - prices[:inputs], float(-solved.eqlin.marginals[0]))
