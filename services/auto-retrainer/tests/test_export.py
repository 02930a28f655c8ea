"""The oracle: the exported forest is scikit-learn's, to 1e-6, on every row; and the same for a row in any batch."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Protocol

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from sklearn.ensemble import IsolationForest

from resonance_auto_retrainer.export.forest import nodes_of, on_exact_grid, round_down
from resonance_contracts.features import WIDTH
from resonance_modeling.onnx_ensemble import as_float32
from resonance_training.forest import average_path_length, train_forest

Values = NDArray[np.float64]


class Exported(Protocol):
    """`ForestAlone`."""

    onnx: bytes

    def score(self, rows: Values) -> Values: ...


Alone = Callable[[IsolationForest], Exported]


@pytest.fixture(scope="module")
def exported(forest: IsolationForest, alone: Alone) -> Exported:
    return alone(forest)


def mean_path(forest: IsolationForest, rows: Values) -> Values:
    """E[h(x)] from scikit-learn's own leaves, apart from the code under test."""
    given_rows = as_float32(rows, WIDTH)
    total = np.zeros(len(rows))
    for tree in forest.estimators_:
        leaves = tree.apply(given_rows)
        depth = np.asarray(tree.decision_path(given_rows).sum(axis=1)).ravel() - 1
        total += depth + [harmonic_length(int(n)) for n in tree.tree_.n_node_samples[leaves]]
    return total / len(forest.estimators_)


def harmonic_length(n: int) -> float:
    """c(n) as the paper writes it."""
    if n <= 2:
        return float(max(n - 1, 0))
    return 2 * (np.log(n - 1) + 0.5772156649015329) - 2 * (n - 1) / n


def test_scores_ten_thousand_random_rows_as_scikit_learn(
    forest: IsolationForest, exported: Exported, make_values: Callable[..., Values]
) -> None:
    rows = make_values(10_000, seed=2)
    rows[::3] *= np.random.default_rng(3).lognormal(0, 2, size=(len(rows[::3]), WIDTH))
    trained = -forest.score_samples(as_float32(rows, WIDTH))
    difference = np.abs(exported.score(rows) - trained)
    assert difference.max() <= 1e-6
    assert np.ptp(trained) > 0.2


def test_the_score_is_two_to_the_minus_path_over_c(
    forest: IsolationForest, exported: Exported, make_values: Callable[..., Values]
) -> None:
    rows = make_values(500, seed=4)
    expected = 2 ** (-mean_path(forest, rows) / harmonic_length(256))
    np.testing.assert_allclose(-forest.score_samples(as_float32(rows, WIDTH)), expected, rtol=0, atol=4e-16)
    np.testing.assert_allclose(exported.score(rows), expected, rtol=0, atol=1e-6)


@pytest.mark.parametrize("size", [1, 2, 3, 7, 31, 49, 50, 51, 64, 129, 1000])
def test_a_row_has_one_score_whatever_batch_it_is_in(
    exported: Exported, make_values: Callable[..., Values], size: int
) -> None:
    rows = make_values(1000, seed=5)
    batched = np.concatenate([exported.score(rows[i : i + size]) for i in range(0, len(rows), size)])
    assert np.array_equal(batched, exported.score(rows))


def test_the_same_rows_give_the_same_file(values: Values, exported: Exported, alone: Alone) -> None:
    assert alone(train_forest(as_float32(values, WIDTH))).onnx == exported.onnx


@pytest.mark.parametrize("n", [2, 3, 10, 255, 257])
def test_small_samples_export_too(make_values: Callable[..., Values], alone: Alone, n: int) -> None:
    rows = make_values(n)
    forest = train_forest(as_float32(rows, WIDTH))
    np.testing.assert_allclose(alone(forest).score(rows), -forest.score_samples(as_float32(rows, WIDTH)), atol=1e-6)


def test_equal_rows_export_too(alone: Alone) -> None:
    rows = np.ones((300, WIDTH))
    forest = train_forest(as_float32(rows, WIDTH))
    np.testing.assert_allclose(alone(forest).score(rows), -forest.score_samples(as_float32(rows, WIDTH)), atol=1e-6)


@given(st.floats(allow_nan=False, allow_infinity=False), st.floats(width=32, allow_nan=False, allow_infinity=False))
def test_rounding_a_threshold_down_keeps_every_decision(threshold: float, value: float) -> None:
    limit = max(min(threshold, 3e38), -3e38)
    rounded = float(round_down(np.array([limit]))[0])
    nearest = np.float32(limit)
    neighbours = [nearest, np.nextafter(nearest, np.float32(np.inf)), np.nextafter(nearest, np.float32(-np.inf))]
    for x in (value, *map(float, neighbours)):
        assert (x <= rounded) == (x <= limit)


def test_leaves_add_up_without_rounding_in_any_order(forest: IsolationForest) -> None:
    nodes = nodes_of(forest)
    base, leaves = on_exact_grid(nodes.path, nodes.tree, nodes.leaf)
    random = np.random.default_rng(8)
    for pick in (np.max, np.min, random.choice):
        chosen = np.array([pick(leaves[(nodes.tree == t) & nodes.leaf]) for t in range(len(forest.estimators_))])
        exact = sum((Fraction(float(leaf)) for leaf in chosen), Fraction(0))
        for _ in range(20):
            total = np.float32(0)
            for leaf in random.permutation(chosen):
                total = np.float32(total + leaf)
            assert Fraction(float(total)) == exact
    assert np.abs(base + leaves.astype(np.float64) - nodes.path)[nodes.leaf].max() < 2.0**-14


def test_data_of_many_equal_rows_keeps_its_distance_from_the_tolerance(alone: Alone) -> None:
    rows = np.repeat(np.random.default_rng(17).lognormal(1.0, 0.7, size=(40, WIDTH)), 50, axis=0)
    forest = train_forest(as_float32(rows, WIDTH))
    difference = alone(forest).score(rows) + forest.score_samples(as_float32(rows, WIDTH))
    assert np.abs(difference).max() <= 4e-7


def test_average_path_length_is_that_of_the_paper() -> None:
    n = np.array([0, 1, 2, 3, 256, 10_000])
    np.testing.assert_allclose(average_path_length(n), [harmonic_length(int(i)) for i in n], rtol=1e-15)
    assert average_path_length(np.array([256]))[0] == pytest.approx(10.2448, abs=1e-4)
