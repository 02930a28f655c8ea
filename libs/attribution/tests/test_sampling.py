"""Shapley values from some of the coalitions, and how far off they say they may be."""

from __future__ import annotations

from math import inf

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.stats import t

from resonance_attribution.attribution import ENUMERATED, attribution
from resonance_attribution.deadline import Deadline
from resonance_attribution.sampling import FEW, LEAST_PAIRS, ROWS, Until, quantile, sampled
from resonance_attribution.shapley import shapley
from tests.support.scores import Score

Floats = NDArray[np.float64]
K = 12


def game(seed: int) -> tuple[Score, Floats, Floats]:
    rng = np.random.default_rng(seed)
    return Score(rng.normal(size=(K,))), rng.normal(size=K) + 1.0, rng.normal(size=K) * 0.2


def test_the_bound_holds_in_as_many_cases_as_it_says() -> None:
    cases = 200
    held = 0
    for seed in range(cases):
        score, vector, reference = game(seed)
        found = sampled(score, vector, reference)
        held += np.abs(found.values - shapley(score, vector, reference).values).max() <= found.bound
    # 95 of 100 are promised; three standard errors of 200 cases.
    assert held / cases >= 0.95 - 3 * np.sqrt(0.95 * 0.05 / cases)


@pytest.mark.parametrize("seed", range(5))
def test_efficiency_holds_whatever_is_drawn(seed: int) -> None:
    score, vector, reference = game(seed)
    found = sampled(score, vector, reference)
    assert found.base == pytest.approx(score.score(reference[np.newaxis])[0], abs=1e-12)
    assert found.base + found.values.sum() == pytest.approx(score.score(vector[np.newaxis])[0], abs=1e-12)
    assert found.residual < 1e-9


def test_more_rows_give_a_smaller_bound_and_no_more_than_allowed_are_scored() -> None:
    score, vector, reference = game(1)
    few, many = (sampled(score, vector, reference, Until(rows)) for rows in (ROWS, 40 * ROWS))
    assert many.bound < few.bound / 4
    assert few.rows <= ROWS
    assert many.rows <= 40 * ROWS
    assert sum(score.rows) == few.rows + many.rows


def test_what_one_feature_or_two_together_add_is_exact() -> None:
    rng = np.random.default_rng(2)
    alone, pairs = rng.normal(size=K), rng.normal(size=(K, K))

    class Quadratic:
        def score(self, vectors: Floats) -> Floats:
            return np.asarray(vectors @ alone + ((vectors @ pairs) * vectors).sum(axis=1))

    vector, reference = rng.normal(size=(2, K))
    found = sampled(Quadratic(), vector, reference)
    np.testing.assert_allclose(found.values, shapley(Quadratic(), vector, reference).values, atol=1e-9)
    assert found.bound < 1e-9


@pytest.mark.parametrize("near", [0.05, 0.01])
def test_sampling_goes_on_until_the_values_are_near_enough(near: float) -> None:
    score, vector, reference = game(6)
    assert sampled(score, vector, reference).bound > near
    found = sampled(score, vector, reference, Until(10**7, near))
    assert found.bound <= near
    assert np.abs(found.values - shapley(score, vector, reference).values).max() <= 2 * near


def test_a_deadline_that_has_passed_leaves_the_least_that_tells_a_bound() -> None:
    score, vector, reference = game(7)
    found = sampled(score, vector, reference, Until(10**7, deadline=Deadline(-1)))
    assert found.rows == 2 + 2 * LEAST_PAIRS * (K - 1) == sum(score.rows)
    assert 0 < found.bound < inf


def test_a_deadline_ends_what_would_take_long() -> None:
    score, vector, reference = game(8)
    found = sampled(score, vector, reference, Until(10**9, deadline=Deadline(0.2)))
    assert 2 + 2 * LEAST_PAIRS * (K - 1) < found.rows < 10**9


@pytest.mark.parametrize("differ", range(FEW + 1))
def test_few_features_are_enumerated(differ: int) -> None:
    score, vector, reference = game(9)
    reference[differ:] = vector[differ:]
    found = sampled(score, vector, reference)
    assert (found.sampled, found.bound, found.rows) == (False, 0.0, 2**differ)
    assert found.rows <= 2 + 2 * LEAST_PAIRS * max(0, differ - 1)


def test_the_same_question_gets_the_same_answer() -> None:
    score, vector, reference = game(3)
    first, second = (sampled(score, vector, reference).values.tobytes() for _ in range(2))
    assert first == second


def test_up_to_eleven_features_every_coalition_is_looked_at_where_as_many_rows_may_be_scored() -> None:
    score, vector, reference = game(4)
    reference[ENUMERATED:] = vector[ENUMERATED:]
    many = Until(2**ENUMERATED)
    exact = attribution(score, vector, reference, many)
    assert (exact.sampled, exact.bound, exact.rows) == (False, 0.0, 2**ENUMERATED)
    reference[ENUMERATED] += 1.0
    assert attribution(score, vector, reference, Until(2 ** (ENUMERATED + 1))).sampled


@pytest.mark.parametrize("differ", range(1, K + 1))
@pytest.mark.parametrize("rows", [ROWS, ROWS // 2])
def test_no_more_rows_are_scored_than_may_be_and_efficiency_holds_all_the_same(differ: int, rows: int) -> None:
    score, vector, reference = game(11)
    reference[differ:] = vector[differ:]
    found = attribution(score, vector, reference, Until(rows))
    assert found.rows == sum(score.rows) <= rows
    assert found.sampled == (2**differ > rows)
    assert found.base + found.values.sum() == pytest.approx(score.score(vector[np.newaxis])[0], abs=1e-9)
    exact = shapley(score, vector, reference)
    assert np.abs(found.values - exact.values).max() <= found.error_bound


def test_with_many_features_there_are_still_enough_orders_to_tell_a_bound() -> None:
    rng = np.random.default_rng(5)
    vector, reference = rng.normal(size=(2, 60))
    score = Score(rng.normal(size=60) / 8)
    found = attribution(score, vector, reference)
    assert found.rows == 2 + LEAST_PAIRS * 2 * 59
    assert 0 < found.bound < 1


@pytest.mark.parametrize("freedom", [7, 20, 100])
@pytest.mark.parametrize("probability", [0.95, 0.998, 0.9999])
def test_quantiles_are_those_of_students_t(freedom: int, probability: float) -> None:
    assert quantile(probability, freedom) == pytest.approx(t.ppf(probability, freedom), rel=0.01)
