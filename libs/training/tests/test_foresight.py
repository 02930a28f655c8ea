"""How far rows are from what was expected of them, and what that adds to what the other detectors say."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from resonance_training.foresight import Foresight
from resonance_training.fusion import FusedDetector, fused
from resonance_training.parameters import Parameters
from resonance_training.rows import BadRows, Floats
from resonance_training.sequence import FARTHEST, expected
from resonance_training.tabular import TabularDetector
from resonance_training.tail import Tail

WIDTH = 4


def moods(n: int, seed: int) -> tuple[Floats, Floats]:
    """Vectors of people who are each about as they were, (n, 8, WIDTH), and the next one."""
    rng = np.random.default_rng(seed)
    rows = rng.normal(0, 2, (n, 1, WIDTH)) + rng.normal(0, 0.1, (n, 9, WIDTH))
    return rows[:, :-1], rows[:, -1]


@pytest.fixture(scope="module")
def foresight() -> Foresight:
    recent, target = moods(3_000, 1)
    return Foresight.learn(recent, target, np.arange(3_000) % 3 == 0)


def test_surprise_is_that_of_people_who_were_not_learned_from(foresight: Foresight) -> None:
    recent, target = moods(4_000, 2)
    surprise = foresight.surprise(target, expected(foresight.weights, recent))
    for share in (0.5, 0.2):
        assert np.mean(surprise >= -np.log(share)) == pytest.approx(share, abs=0.05)


def test_somebody_elses_ordinary_vector_is_a_surprise(foresight: Foresight) -> None:
    recent, target = moods(1_000, 3)
    foreseen = expected(foresight.weights, recent)
    own, others = foresight.surprise(target, foreseen), foresight.surprise(np.roll(target, 1, axis=0), foreseen)
    assert np.median(others) > np.quantile(own, 0.99)


def test_one_feature_counts_as_the_farthest_at_most(foresight: Foresight) -> None:
    foreseen = np.zeros((2, WIDTH))
    rows = foreseen.copy()
    rows[:, 1] = foresight.weights.residual_spread[1] * np.array([FARTHEST, 1e6])
    first, second = foresight.surprise(rows, foreseen)
    assert first == pytest.approx(second)


def test_where_nothing_was_expected_there_is_no_surprise(foresight: Foresight) -> None:
    foreseen = np.zeros((3, WIDTH))
    foreseen[1] = np.nan
    assert np.isnan(foresight.surprise(np.ones((3, WIDTH)), foreseen)).tolist() == [False, True, False]


def test_shapes_must_be_the_same(foresight: Foresight) -> None:
    with pytest.raises(BadRows, match=r"of rows \(2, 4\) in the same shape, but got \(3, 4\)"):
        foresight.surprise(np.zeros((2, WIDTH)), np.zeros((3, WIDTH)))


def test_the_whole_is_the_weighted_mean_of_those_that_say_something() -> None:
    found = fused(np.array([1.0, 1.0]), np.array([3.0, np.nan]))
    np.testing.assert_allclose(found, [1.0 + 2.0 * Parameters().lstm_share, 1.0])


def test_it_counts_in_the_score_as_its_weight_says(foresight: Foresight) -> None:
    _, target = moods(200, 4)
    detector = FusedDetector(TabularDetector(target), foresight)
    certain = FusedDetector(detector.tabular, replace(foresight, tail=Tail(np.array([0.0]), np.array([0.0]), 1e-9)))
    foreseen = np.where(np.arange(200)[:, np.newaxis] % 2, target + 1.0, np.nan)
    lifted = certain.score(target, foreseen) - detector.tabular.score(target)
    assert np.array_equal(lifted == 0.0, np.arange(200) % 2 == 0)
    weights = detector.weights
    assert pytest.approx(weights["lstm"] / sum(weights.values())) == Parameters().lstm_share
