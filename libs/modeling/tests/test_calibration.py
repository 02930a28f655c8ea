"""Tail probabilities: monotone, in (0, 1], the empirical tail inside, an exponential one beyond."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from resonance_modeling.calibration import FLOOR, KNOTS, SMALLEST_EXCESS, Calibration
from resonance_modeling.errors import InvalidCalibration

UNIT = st.floats(0.0, 1.0, allow_nan=False)
SCORES = st.lists(UNIT, min_size=1, max_size=400)


@given(SCORES, st.lists(UNIT, min_size=2, max_size=50))
def test_never_rises_with_the_score_and_stays_in_range(learned: list[float], asked: list[float]) -> None:
    tails = Calibration.learn(learned).tail_probability(np.sort(asked))
    assert (np.diff(tails) <= 0).all()
    assert (tails >= FLOOR).all()
    assert (tails <= 1).all()


@given(SCORES)
def test_a_knot_has_the_share_of_scores_that_are_at_least_as_high(learned: list[float]) -> None:
    calibration = Calibration.learn(learned)
    assert len(calibration.scores) <= KNOTS
    for score in calibration.scores:
        share = sum(s >= score for s in learned) / len(learned)
        assert calibration.tail_probability(score) == pytest.approx(share, rel=1e-12)


@given(SCORES)
def test_reads_back_the_same_from_json(learned: list[float]) -> None:
    calibration = Calibration.learn(learned)
    assert Calibration.model_validate_json(calibration.model_dump_json()) == calibration


def test_follows_the_empirical_tail_between_its_knots() -> None:
    learned = np.random.default_rng(5).beta(2, 5, size=20_000)
    calibration = Calibration.learn(learned)
    asked = np.quantile(learned, [0.01, 0.3, 0.5, 0.9, 0.99, 0.999])
    shares = [(learned >= score).mean() for score in asked]
    np.testing.assert_allclose(calibration.tail_probability(asked), shares, rtol=0.05)


def test_knots_a_subnormal_number_apart_give_no_infinite_slope() -> None:
    asked = [0.0, 5e-324, 1.0]
    tails = Calibration.learn([0.0, 1e-323, 1.0]).tail_probability(asked)
    assert (np.diff(tails) <= 0).all()
    assert tails[-1] == pytest.approx(1 / 3)


def test_continues_an_exponential_tail_beyond_the_highest_score() -> None:
    learned = 0.3 + np.random.default_rng(6).exponential(0.05, size=5000)
    calibration = Calibration.learn(learned)
    highest = learned.max()
    assert calibration.excess == pytest.approx(0.05, rel=0.25)
    assert calibration.tail_probability(highest) == pytest.approx(1 / 5000)
    beyond = calibration.tail_probability(highest + calibration.excess)
    assert beyond == pytest.approx(1 / 5000 / math.e)


def test_below_the_lowest_score_everything_is_higher() -> None:
    assert Calibration.learn([0.4, 0.5]).tail_probability([0.0, 0.4]).tolist() == [1.0, 1.0]


def test_one_score_or_equal_scores_give_a_map_too() -> None:
    for learned in ([0.5], [0.5] * 100):
        calibration = Calibration.learn(learned)
        assert calibration.excess == SMALLEST_EXCESS
        assert calibration.tail_probability(0.5) == 1.0
        assert calibration.tail_probability(0.5 + SMALLEST_EXCESS) == pytest.approx(1 / math.e)
        assert calibration.tail_probability(1.0) == FLOOR


def test_keeps_the_shape_of_what_it_is_asked() -> None:
    calibration = Calibration.learn([0.1, 0.2])
    assert calibration.tail_probability(0.1).shape == ()
    assert calibration.tail_probability(np.zeros((0,))).shape == (0,)
    assert calibration.tail_probability(np.zeros((2, 3))).shape == (2, 3)


@pytest.mark.parametrize("scores", [[], [0.1, math.nan], [math.inf]])
def test_refuses_scores_nothing_can_be_learned_from(scores: list[float]) -> None:
    with pytest.raises(InvalidCalibration, match="finite"):
        Calibration.learn(scores)


@pytest.mark.parametrize(
    ("scores", "tails", "excess", "why"),
    [
        ((0.2, 0.1), (1.0, 0.5), 0.1, "strictly ascending"),
        ((0.1, 0.2), (1.0, 1.0), 0.1, "strictly descending"),
        ((0.1, 0.2), (0.9, 0.5), 0.1, "fall from 1"),
        ((0.1, 0.2), (1.0, 0.0), 0.1, "stay above 0"),
        ((0.1, 0.2), (1.0,), 0.1, "as many tails"),
        ((0.1, 0.2), (1.0, 0.5), 0.0, "greater than or equal"),
        ((0.1, math.nan), (1.0, 0.5), 0.1, "finite"),
    ],
)
def test_refuses_a_map_that_is_none(
    scores: tuple[float, ...], tails: tuple[float, ...], excess: float, why: str
) -> None:
    with pytest.raises(ValidationError, match=why):
        Calibration(scores=scores, tails=tails, excess=excess)
