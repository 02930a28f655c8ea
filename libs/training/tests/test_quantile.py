"""Quantile regression: the same as scikit-learn's, which solves the primal program."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import QuantileRegressor

from resonance_training.quantile import fit_quantile
from resonance_training.rows import Floats


def examples(seed: int, n: int = 200) -> tuple[Floats, Floats]:
    """Inputs of different sizes, and what comes, whose spread grows with one of them."""
    random = np.random.default_rng(seed)
    rows = random.normal(size=(n, 5)) * [1.0, 10.0, 0.1, 1.0, 0.0] + [0.0, 50.0, 0.0, 1.0, 0.0]
    return rows, rows @ [1.0, -0.1, 3.0, 0.0, 0.0] + random.standard_t(3, n) * (1.0 + np.abs(rows[:, 0]))


def objective(
    rows: Floats, came: Floats, level: float, penalty: float, coefficients: Floats, intercept: float
) -> float:
    missed = came - rows @ coefficients - intercept
    return float(np.maximum(level * missed, (level - 1.0) * missed).mean() + penalty * np.abs(coefficients).sum())


@pytest.mark.parametrize("level", [0.1, 0.5, 0.9])
@pytest.mark.parametrize("penalty", [0.0, 1e-4, 1e-2])
def test_it_finds_what_scikit_learn_finds(level: float, penalty: float) -> None:
    for seed in range(3):
        rows, came = examples(seed)
        found = fit_quantile(rows, came, level, penalty)
        other = QuantileRegressor(quantile=level, alpha=penalty).fit(rows, came)
        reached = objective(rows, came, level, penalty, found.coefficients, found.intercept)
        assert reached == pytest.approx(
            objective(rows, came, level, penalty, other.coef_, float(other.intercept_)), rel=1e-9
        )
        np.testing.assert_allclose(found.predict(rows), other.predict(rows), atol=1e-6)


def test_the_share_below_is_the_level() -> None:
    rows, came = examples(7, 1000)
    for level in (0.05, 0.3, 0.95):
        assert (came < fit_quantile(rows, came, level, 0.0).predict(rows)).mean() == pytest.approx(level, abs=0.01)


def test_a_penalty_that_is_large_leaves_the_quantile_of_what_came() -> None:
    rows, came = examples(7, 1000)
    found = fit_quantile(rows, came, 0.9, 10.0)
    assert (found.coefficients == 0).all()
    assert found.intercept == pytest.approx(np.quantile(came, 0.9), abs=0.1)


def test_what_never_changes_is_predicted() -> None:
    found = fit_quantile(np.zeros((50, 3)), np.full(50, 2.5), 0.9, 1e-3)
    assert (found.coefficients == 0).all()
    assert found.intercept == pytest.approx(2.5)


def test_what_cannot_be_solved_is_said() -> None:
    with pytest.raises(ArithmeticError, match=r"quantile 1\.5 of 10 examples was not found"):
        fit_quantile(np.zeros((10, 1)), np.arange(10.0), 1.5, 0.0)
