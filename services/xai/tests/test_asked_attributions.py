"""Attributions, lines and trees of any table model."""

from __future__ import annotations

from collections.abc import Callable
from math import inf

import numpy as np
import pytest
from numpy.typing import NDArray

from resonance_xai.asked.agreement import agreement, rank_correlation, same_sign
from resonance_xai.asked.attributed import EXACT, MOST_EXACT, SAMPLED, attributed
from resonance_xai.asked.columns import Column
from resonance_xai.asked.deadline import Deadline
from resonance_xai.asked.linear import REPEATS, line_around
from resonance_xai.asked.overview import overview
from resonance_xai.asked.permutations import LEAST_PAIRS, sampled
from resonance_xai.asked.subject import Subject, Unit, medians
from resonance_xai.asked.surrogate import surrogate, text
from resonance_xai.shapley import shapley

Floats = NDArray[np.float64]


def subject_of(score: Callable[[Floats], Floats], width: int, seed: int = 0) -> Subject:
    ordinary = np.random.default_rng(seed).normal(size=(400, width))
    columns = tuple(Column(f"x{i}") for i in range(width))
    return Subject("model", "v1", "y", Unit.SCORE, columns, score, ordinary, medians(ordinary, columns))


def crooked(rows: Floats) -> Floats:
    """Sums, products and steps of the columns."""
    steps = (rows > 0.3).astype(float)
    return np.tanh(rows @ np.linspace(-1, 1, rows.shape[1])) + rows[:, 0] * rows[:, 1] * steps[:, 2]


class Scores:
    score = staticmethod(crooked)


def test_sampled_values_are_within_their_bound_of_the_exact_ones_and_add_up() -> None:
    rng, missed = np.random.default_rng(4), 0
    for seed in range(40):
        vector, reference = rng.normal(size=10), np.zeros(10)
        near = sampled(crooked, vector, reference, Deadline(), target=0.0, most_rows=4_000, seed=seed)
        exact = shapley(Scores(), vector, reference)
        missed += bool(np.abs(near.attribution.values - exact.values).max() > near.bound)
        assert near.attribution.base + near.attribution.values.sum() == pytest.approx(near.attribution.score, abs=1e-12)
    # Stated at 95 of 100; of 40, more than 6 misses would come once in 100,000.
    assert missed <= 6


def test_sampling_goes_on_until_the_bound_is_small_enough() -> None:
    vector, reference = np.linspace(1, 2, 12), np.zeros(12)
    bounds = [sampled(crooked, vector, reference, Deadline(), target=t, most_rows=10**7).bound for t in (0.1, 0.02)]
    assert bounds[0] <= 0.1
    assert bounds[1] <= 0.02


def test_a_deadline_that_has_passed_still_leaves_an_answer_with_its_bound() -> None:
    near = sampled(crooked, np.ones(12), np.zeros(12), Deadline(-1), target=0.0, most_rows=10**7)
    assert near.pairs == LEAST_PAIRS
    assert 0 < near.bound < inf


@pytest.mark.parametrize(("differ", "method"), [(MOST_EXACT, EXACT), (MOST_EXACT + 1, SAMPLED)])
def test_up_to_eleven_differing_columns_are_enumerated_and_more_are_sampled(differ: int, method: str) -> None:
    subject = subject_of(crooked, 14)
    vector = subject.reference.copy()
    vector[:differ] += 1.0
    found = attributed(subject, vector, subject.reference, Deadline(60))
    assert found.method == method
    assert found.confidence == (1.0 if method == EXACT else 0.95)
    assert not found.partial
    assert (found.attribution.values[differ:] == 0.0).all()


def test_without_time_to_enumerate_the_answer_is_sampled_and_partial() -> None:
    subject = subject_of(crooked, 11)
    found = attributed(subject, subject.reference + 1.0, subject.reference, Deadline(0))
    assert (found.method, found.partial) == (SAMPLED, True)
    assert found.bound > 0


def test_the_line_around_a_linear_model_is_the_model() -> None:
    weights = np.array([3.0, -1.0, 0.5])
    subject = subject_of(lambda rows: rows @ weights, 3)
    vector = np.array([1.0, 2.0, -1.0])
    line = line_around(subject, vector, subject.reference, Deadline())
    assert line is not None
    assert line.repeats == REPEATS
    assert line.r2 > 0.999
    assert line.rank_correlation == line.sign_agreement == 1.0
    np.testing.assert_allclose(line.effects, weights * (vector - subject.reference), rtol=0.02)
    exact = attributed(subject, vector, subject.reference, Deadline()).attribution.values
    assert not agreement(exact, line.effects, vector != subject.reference).low


def test_the_line_around_a_model_that_is_no_line_says_so() -> None:
    subject = subject_of(lambda rows: np.sin(7 * rows).sum(axis=1), 6)
    line = line_around(subject, np.full(6, 0.4), subject.reference, Deadline())
    assert line is not None
    assert line.r2 < 0.3
    assert line.rank_correlation < 0.9


def test_there_is_no_line_after_the_deadline() -> None:
    subject = subject_of(crooked, 4)
    assert line_around(subject, np.ones(4), subject.reference, Deadline(-1)) is None


def test_agreement_is_that_of_ranks_and_of_signs() -> None:
    one, other = np.array([3.0, 2.0, -1.0, 0.5]), np.array([9.0, 4.0, -8.0, 1.0])
    assert rank_correlation(one, other) == pytest.approx(1.0)
    assert same_sign(one, other) == 1.0
    opposite = agreement(one, -other, np.ones(4, dtype=bool))
    assert (opposite.rank, opposite.sign, opposite.low) == (pytest.approx(-1.0), 0.0, True)
    assert rank_correlation(np.array([1.0, 1.0, 2.0]), np.array([1.0, 1.0, 2.0])) == pytest.approx(1.0)
    assert rank_correlation(one, np.ones(4)) == 0.0


def test_a_tree_imitates_a_tree_and_knows_how_well() -> None:
    subject = subject_of(lambda rows: np.where(rows[:, 1] <= 0.5, 1.0, np.where(rows[:, 0] <= -0.2, 2.0, 4.0)), 3)
    found = surrogate(subject, 2)
    assert found.r2 > 0.99
    assert found.root.leaves == 3
    assert found.root.end(np.array([0.0, 2.0, 0.0])).value == pytest.approx(4.0, abs=0.05)
    questions = [(subject.names[node.column], small) for node, small in found.root.walk(np.array([-1.0, 2.0, 0.0]))]
    assert questions == [("x1", False), ("x0", True)]
    assert text(found, subject.names).splitlines()[0].startswith("x1 <= 0.")
    assert surrogate(subject, 2) == found


def test_a_tree_that_imitates_badly_says_so() -> None:
    subject = subject_of(lambda rows: np.sin(9 * rows[:, 0] * rows[:, 1]), 2)
    assert surrogate(subject, 2).r2 < 0.2


def test_a_column_that_does_nothing_has_no_importance() -> None:
    subject = subject_of(lambda rows: rows[:, 0] * 2 + rows[:, 2] ** 2, 3)
    found = overview(subject, 60)
    assert found.importance[1] == pytest.approx(0.0, abs=1e-12)
    assert found.order[-1] == 1
    np.testing.assert_allclose(
        found.values.sum(axis=1), subject.score(found.rows) - subject.score(subject.reference[None])[0], atol=1e-9
    )
