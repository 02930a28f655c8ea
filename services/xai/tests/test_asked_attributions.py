"""Attributions, lines and trees of any table model."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from resonance_attribution.agreement import agreement, rank_correlation, same_sign
from resonance_attribution.attribution import ENUMERATED, Attributed
from resonance_attribution.deadline import Deadline
from resonance_attribution.loaded import Loaded
from resonance_attribution.sampling import FEW, LEAST_PAIRS
from resonance_attribution.shapley import ENUMERATION, SAMPLING, Attribution, shapley
from resonance_auto_retrainer.training import train
from resonance_xai.asked.columns import Column, catalogue_columns
from resonance_xai.asked.in_time import in_time
from resonance_xai.asked.linear import REPEATS, line_around
from resonance_xai.asked.overview import overview
from resonance_xai.asked.served import served, with_incidents
from resonance_xai.asked.subject import Subject, Unit, medians
from resonance_xai.asked.surrogate import surrogate, text
from resonance_xai.plots.words import fidelity_of
from tests.support.ordinary_model import ordinary_vectors
from tests.support.simulated_people import simulated_people

Floats = NDArray[np.float64]


def subject_of(score: Callable[[Floats], Floats], width: int, seed: int = 0) -> Subject:
    ordinary = np.random.default_rng(seed).normal(size=(400, width))
    columns = tuple(Column(f"x{i}") for i in range(width))
    return Subject("model", "v1", "y", Unit.SCORE, columns, score, ordinary, medians(ordinary, columns))


def crooked(rows: Floats) -> Floats:
    """Sums, products and steps of the columns."""
    steps = (rows > 0.3).astype(float)
    return np.tanh(rows @ np.linspace(-1, 1, rows.shape[1])) + rows[:, 0] * rows[:, 1] * steps[:, 2]


@pytest.mark.parametrize(("differ", "method"), [(ENUMERATED, ENUMERATION), (ENUMERATED + 1, SAMPLING)])
def test_up_to_eleven_differing_columns_are_enumerated_and_more_are_sampled(differ: int, method: str) -> None:
    subject = subject_of(crooked, 14)
    vector = subject.reference.copy()
    vector[:differ] += 1.0
    found = in_time(subject, vector, subject.reference, Deadline(60))
    assert found.attribution.method == method
    assert found.confidence == (1.0 if method == ENUMERATION else 0.95)
    assert not found.partial
    assert (found.attribution.values[differ:] == 0.0).all()


def test_without_time_to_enumerate_the_answer_is_sampled_and_partial() -> None:
    subject = subject_of(crooked, 11)
    found = in_time(subject, subject.reference + 1.0, subject.reference, Deadline(0))
    assert (found.attribution.sampled, found.partial) == (True, True)
    assert found.attribution.bound > 0


def test_without_time_to_go_on_sampling_the_answer_is_partial_and_has_its_bound() -> None:
    subject = subject_of(crooked, 14)
    found = in_time(subject, subject.reference + 1.0, subject.reference, Deadline(0))
    assert (found.attribution.sampled, found.partial) == (True, True)
    assert found.attribution.rows == 2 + 2 * LEAST_PAIRS * 13
    assert 0 < found.attribution.bound < 1


def test_a_few_columns_are_enumerated_whatever_the_deadline() -> None:
    subject = subject_of(crooked, FEW)
    found = in_time(subject, subject.reference + 1.0, subject.reference, Deadline(-1))
    assert (found.attribution.method, found.confidence, found.partial) == (ENUMERATION, 1.0, False)


def test_a_way_without_rows_is_taken_and_where_it_gives_nothing_rows_are_scored() -> None:
    subject = subject_of(crooked, 4)
    vector = subject.reference + 1.0
    part = shapley(subject, vector, subject.reference)
    whole = Attributed(Attribution(0.0, 1.0, np.array([1.0, 0, 0, 0]), 0.0), {"forest": part})
    found = in_time(replace(subject, exact=lambda *_: whole), vector, subject.reference, Deadline(0))
    assert (found.attribution, found.members, found.partial) == (whole.whole, whole.members, False)
    other = in_time(replace(subject, exact=lambda *_: None), vector, subject.reference, Deadline())
    np.testing.assert_array_equal(other.attribution.values, part.values)
    assert other.members == {}


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
    exact = in_time(subject, vector, subject.reference, Deadline()).attribution.values
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
    found = surrogate(subject, 2)
    assert found.r2 < 0.2 and found.poor
    assert fidelity_of(found, "en")[-1] == "It imitates badly: do not rely on it."
    assert fidelity_of(found, "ru")[-1] == "Дерево повторяет модель плохо: полагаться на него нельзя."


@pytest.mark.long
def test_a_model_of_traffic_is_imitated_where_it_matters_and_for_ordinary_vectors_it_is_said_not_to_be() -> None:
    data = simulated_people()
    found = surrogate(served("anomaly_detection", Loaded(train(data, {})), data.values))
    assert found.planted and found.root.depth <= 4
    assert min(found.r2, found.r2_unusual) >= 0.8 > 0.5 > found.r2_ordinary
    assert 0.0 <= min(found.root.value, found.root.below.value if found.root.below else 1.0) < 1.0
    said = fidelity_of(found, "en")
    assert said[0].startswith(f"It explains {found.r2:.2g} of the model's variance (R² of log(1 + surprise)) on 2,000")
    assert said[-1].startswith("It hardly tells ordinary ones from each other")


def test_incidents_are_planted_in_every_vector_within_what_can_be_and_always_the_same() -> None:
    rows = ordinary_vectors(330, 1)
    found = with_incidents(rows, 3)
    np.testing.assert_array_equal(found, with_incidents(rows, 3))
    assert (np.abs(found - rows).max(axis=1) > 0).mean() > 0.9
    lower, upper = ([getattr(one, end) for one in catalogue_columns()] for end in ("lower", "upper"))
    assert ((found >= lower) & (found <= upper)).all()


def test_held_out_rows_are_none_that_the_tree_was_fitted_to() -> None:
    seen: list[Floats] = []

    def kept(rows: Floats, seed: int) -> Floats:
        seen.append(rows)
        return rows

    found = surrogate(replace(subject_of(crooked, 4), unusual=kept))
    fitted, held = ({row.tobytes() for row in rows} for rows in seen)
    assert not fitted & held and len(fitted) > 250 and found.held_out == 2000


def test_a_column_that_does_nothing_has_no_importance() -> None:
    subject = subject_of(lambda rows: rows[:, 0] * 2 + rows[:, 2] ** 2, 3)
    found = overview(subject, 60)
    assert found.importance[1] == pytest.approx(0.0, abs=1e-12)
    assert found.order[-1] == 1
    np.testing.assert_allclose(
        found.values.sum(axis=1), subject.score(found.rows) - subject.score(subject.reference[None])[0], atol=1e-9
    )
