"""Shapley values from whole layers of coalitions and a sample of the others, and how far off they say they may be."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from resonance_attribution.layers import LEAST, design_of, layered
from resonance_attribution.sampling import FEW, Until, sampled
from resonance_attribution.shapley import MOST_PLAYERS, shapley
from tests.support.scores import Score

Floats = NDArray[np.float64]
K = 10
ROWS = 200


def game(seed: int, k: int = K) -> tuple[Score, Floats, Floats]:
    rng = np.random.default_rng(seed)
    return Score(rng.normal(size=k)), rng.normal(size=k) + 1.0, rng.normal(size=k) * 0.2


def error(found: Floats, exact: Floats) -> float:
    return float(np.abs(found - exact).max())


@pytest.mark.parametrize("k", [9, 12])
def test_the_bound_holds_in_as_many_cases_as_it_says(k: int) -> None:
    cases = 200
    held = 0
    for seed in range(cases):
        score, vector, reference = game(seed, k)
        found = layered(score, vector, reference, ROWS)
        held += error(found.values, shapley(score, vector, reference).values) <= found.bound
    # 95 of 100 are promised; three standard errors of 200 cases.
    assert held / cases >= 0.95 - 3 * np.sqrt(0.95 * 0.05 / cases)


def test_values_are_right_on_average() -> None:
    score, vector, reference = game(1)
    drawn = np.array([layered(score, vector, reference, 100, bytes([seed])).values for seed in range(250)])
    exact = shapley(score, vector, reference).values
    standard_errors = drawn.std(axis=0, ddof=1) / np.sqrt(len(drawn))
    assert (np.abs(drawn.mean(axis=0) - exact) <= 4.0 * standard_errors).all()


def test_the_error_is_less_than_that_of_orders_with_no_fewer_rows() -> None:
    ours, of_orders = [], []
    for seed in range(40):
        score, vector, reference = game(seed)
        exact = shapley(score, vector, reference).values
        orders = sampled(score, vector, reference, Until(ROWS))
        here = layered(score, vector, reference, orders.rows)
        assert here.rows <= orders.rows
        ours.append(error(here.values, exact))
        of_orders.append(error(orders.values, exact))
    assert np.mean(ours) < 0.8 * np.mean(of_orders)


def test_what_one_feature_or_two_together_add_is_exact() -> None:
    rng = np.random.default_rng(2)
    alone, pairs = rng.normal(size=K), rng.normal(size=(K, K))

    class Quadratic:
        def score(self, vectors: Floats) -> Floats:
            return np.asarray(vectors @ alone + ((vectors @ pairs) * vectors).sum(axis=1))

    vector, reference = rng.normal(size=(2, K))
    found = layered(Quadratic(), vector, reference, ROWS)
    assert found.sampled
    np.testing.assert_allclose(found.values, shapley(Quadratic(), vector, reference).values, atol=1e-9)
    assert found.bound < 1e-6


@pytest.mark.parametrize("k", range(MOST_PLAYERS + 1))
@pytest.mark.parametrize("rows", [146, 256])
def test_no_more_rows_are_scored_than_may_be_and_efficiency_holds_all_the_same(k: int, rows: int) -> None:
    score, vector, reference = game(11, k)
    reference = np.append(reference, 3.0)
    vector, score.weights = np.append(vector, 3.0), np.append(score.weights, 1.0)
    found = layered(score, vector, reference, rows)
    assert found.rows == sum(score.rows) <= rows
    assert found.sampled == (2**k > rows)
    assert found.values[k] == 0.0
    assert found.base == pytest.approx(score.score(reference[np.newaxis])[0], abs=1e-10)
    assert found.base + found.values.sum() == pytest.approx(score.score(vector[np.newaxis])[0], abs=1e-10)


@pytest.mark.parametrize("k", range(FEW + 1, MOST_PLAYERS + 1))
@pytest.mark.parametrize("pairs", [0, 72, 127])
def test_each_layer_has_enough_to_tell_its_spread_and_that_of_single_players_is_whole(k: int, pairs: int) -> None:
    design = design_of(k, pairs)
    sizes = [len(layer) for layer in design.layers]
    assert sum(sizes) == 2 ** (k - 1) - 1
    assert design.taken[0] == sizes[0] == k
    assert all(min(LEAST, size) <= n <= size for n, size in zip(design.taken.tolist(), sizes, strict=True))
    assert design.taken.sum() <= max(pairs, k + LEAST * (k // 2 - 1))


def test_the_same_question_gets_the_same_answer_and_another_seed_other_coalitions() -> None:
    score, vector, reference = game(3)
    first, second, other = (layered(score, vector, reference, ROWS, seed).values for seed in (b"1", b"1", b"2"))
    assert first.tobytes() == second.tobytes() != other.tobytes()


def test_more_players_than_can_be_enumerated_are_refused() -> None:
    score, vector, reference = game(4, MOST_PLAYERS + 1)
    with pytest.raises(ValueError, match="expected at most 16 features that differ, got 17"):
        layered(score, vector, reference, ROWS)
