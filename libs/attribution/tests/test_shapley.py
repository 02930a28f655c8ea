"""Axioms of Shapley values, and independent ways to compute them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from resonance_attribution.errors import EfficiencyViolated
from resonance_attribution.shapley import MOST_PLAYERS, Attribution, checked, membership, shapley, weights
from resonance_contracts.features import WIDTH

Floats = NDArray[np.float64]


@dataclass
class Function:
    """A scorer from a function of rows; it counts the rows it was asked for."""

    function: Callable[[Floats], Floats]
    rows: list[int] = field(default_factory=list)

    def score(self, vectors: Floats) -> Floats:
        self.rows.append(len(vectors))
        return self.function(vectors)


def wavy(rows: Floats) -> Floats:
    """Neither additive nor symmetric, with interactions of every order."""
    weighted = rows * np.arange(1, rows.shape[1] + 1)
    return np.asarray(1 / (1 + np.exp(-np.sin(weighted.sum(axis=1)) - np.prod(np.cos(rows), axis=1))))


def by_permutations(function: Callable[[Floats], Floats], vector: Floats, reference: Floats) -> Floats:
    """Shapley's own definition: the mean of what each feature adds over all orders of arrival."""
    total = np.zeros(len(vector))
    orders = list(permutations(range(len(vector))))
    for order in orders:
        row = reference.copy()
        before = function(row[None])[0]
        for feature in order:
            row[feature] = vector[feature]
            after = function(row[None])[0]
            total[feature] += after - before
            before = after
    return total / len(orders)


VALUES = st.floats(-5, 5).map(lambda x: round(x, 3))


@given(st.integers(1, 5).flatmap(lambda k: st.tuples(*[st.lists(VALUES, min_size=k, max_size=k)] * 2)))
@settings(max_examples=40)
def test_equals_the_mean_over_all_orders(case: tuple[list[float], list[float]]) -> None:
    vector, reference = (np.array(values) for values in case)
    found = shapley(Function(wavy), vector, reference)
    np.testing.assert_allclose(found.values, by_permutations(wavy, vector, reference), atol=1e-11)


@given(st.lists(VALUES, min_size=WIDTH, max_size=WIDTH), st.lists(VALUES, min_size=WIDTH, max_size=WIDTH))
@settings(max_examples=10)
def test_efficiency_base_and_attributions_are_the_score(values: list[float], others: list[float]) -> None:
    vector, reference = np.array(values), np.array(others)
    found = shapley(Function(wavy), vector, reference)
    assert found.base == wavy(reference[None])[0]
    assert found.score == wavy(vector[None])[0]
    assert abs(found.base + found.values.sum() - found.score) < 1e-9
    assert found.residual < 1e-9


def test_dummy_a_feature_that_changes_nothing_gets_nothing() -> None:
    rng = np.random.default_rng(1)
    vector, reference = rng.normal(size=8), rng.normal(size=8)
    found = shapley(Function(lambda rows: wavy(rows[:, [0, 1, 2, 4, 5, 6, 7]])), vector, reference)
    assert found.values[3] == 0.0
    assert np.abs(np.delete(found.values, 3)).min() > 1e-6


def test_symmetry_features_that_do_the_same_get_the_same() -> None:
    rng = np.random.default_rng(2)
    vector, reference = rng.normal(size=7), rng.normal(size=7)
    vector[5], reference[5] = vector[2], reference[2]
    found = shapley(Function(lambda rows: wavy(np.sort(rows[:, [2, 5]], axis=1)) + rows[:, 0]), vector, reference)
    assert found.values[2] == pytest.approx(found.values[5], abs=1e-12)


def test_linearity_values_of_a_sum_are_sums_of_values() -> None:
    rng = np.random.default_rng(3)
    vector, reference = rng.normal(size=6), rng.normal(size=6)

    def other(rows: Floats) -> Floats:
        return np.asarray(np.tanh(rows.prod(axis=1)))

    both = shapley(Function(lambda rows: wavy(rows) + other(rows)), vector, reference)
    apart = [shapley(Function(f), vector, reference).values for f in (wavy, other)]
    np.testing.assert_allclose(both.values, apart[0] + apart[1], atol=1e-11)


def test_features_equal_to_the_reference_are_left_out_and_cost_nothing() -> None:
    vector, reference = np.ones(WIDTH), np.ones(WIDTH)
    vector[[2, 7, 11]] = [4.0, 5.0, 6.0]
    scorer = Function(wavy)
    found = shapley(scorer, vector, reference)
    assert sum(scorer.rows) == 2**3
    assert set(np.flatnonzero(found.values)) == {2, 7, 11}


def test_the_reference_itself_has_nothing_to_explain() -> None:
    reference = np.arange(WIDTH, dtype=np.float64)
    found = shapley(Function(wavy), reference.copy(), reference)
    assert found.base == found.score
    assert not found.values.any()


def test_rows_are_scored_in_few_batches() -> None:
    scorer = Function(wavy)
    shapley(scorer, np.ones(WIDTH), np.zeros(WIDTH))
    assert scorer.rows == [2**WIDTH]


def test_more_features_than_can_be_enumerated_are_refused() -> None:
    width = MOST_PLAYERS + 1
    with pytest.raises(ValueError, match=f"at most {MOST_PLAYERS}"):
        shapley(Function(wavy), np.ones(width), np.zeros(width))


def test_attributions_that_do_not_add_up_are_refused() -> None:
    assert isinstance(checked(0.25, 0.75, np.array([0.5])), Attribution)
    with pytest.raises(EfficiencyViolated, match="miss the score"):
        checked(0.25, 0.75, np.array([0.5 + 2e-9]))
    with pytest.raises(EfficiencyViolated):
        checked(0.25, float("nan"), np.array([0.5]))


@pytest.mark.parametrize("k", range(1, 7))
def test_each_row_of_the_matrix_weighs_joining_against_staying_out(k: int) -> None:
    matrix, inside = weights(k), membership(k)
    assert matrix.shape == (k, 2**k)
    for player in range(k):
        assert matrix[player, inside[:, player]].sum() == pytest.approx(1.0)
        assert matrix[player, ~inside[:, player]].sum() == pytest.approx(-1.0)


def test_repeats_are_identical_to_the_last_bit() -> None:
    rng = np.random.default_rng(6)
    vector, reference = rng.normal(size=WIDTH), rng.normal(size=WIDTH)
    first, second = (shapley(Function(wavy), vector, reference).values.tobytes() for _ in range(2))
    assert first == second
