"""Each user's own normal."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from resonance_predictor.baseline import (
    DOUBT,
    HALF_LIFE,
    MINUTES_ALONE,
    Moments,
    Prior,
    judge,
    trust,
)
from resonance_predictor.deviation import LEAST_SPREAD, SIDES
from resonance_predictor.severity import DEVIATION_LOW

SLOT = np.array([0])
WIDTH = len(SIDES)


def learned(values: np.ndarray, minutes: np.ndarray, side: float = 0.0) -> Moments:
    moments = Moments(np.array([side]), 1)
    for value, weight in zip(values, minutes, strict=True):
        moments.learn(SLOT, np.array([[value]]), np.array([weight]))
    return moments


@given(st.lists(st.tuples(st.floats(-50, 50), st.floats(0.01, 1.0)), min_size=1, max_size=40))
def test_mean_and_variance_are_those_of_the_weighted_past(seen):
    values, minutes = map(np.array, zip(*seen, strict=True))
    age = minutes.sum() - np.cumsum(minutes)
    weights = minutes * 0.5 ** (age / HALF_LIFE)
    mean = np.average(values, weights=weights)
    found = learned(values, minutes)
    assert found.weight[0] == pytest.approx(weights.sum())
    assert found.mean[0, 0] == pytest.approx(mean, abs=1e-9)
    assert found.variance[0, 0] == pytest.approx(np.average((values - mean) ** 2, weights=weights), abs=1e-6)


def test_a_one_sided_spread_is_the_standard_deviation_of_what_is_symmetric():
    values = np.random.default_rng(3).normal(5.0, 2.0, 5000)
    found = learned(values, np.full(len(values), 0.1), side=1.0)
    assert np.sqrt(found.variance[0, 0]) == pytest.approx(2.0, rel=0.1)


def test_silences_do_not_widen_the_spread_above():
    values = np.where(np.arange(2000) % 4 == 0, 0.0, 5.0)
    both = learned(values, np.full(len(values), 0.1))
    above = learned(values, np.full(len(values), 0.1), side=1.0)
    assert above.variance[0, 0] < 0.7 * both.variance[0, 0]


def test_slots_that_are_not_named_do_not_change():
    moments = Moments(np.zeros(2), 3)
    moments.learn(np.array([1]), np.array([[4.0, 5.0]]), np.array([1.0]))
    assert moments.weight.tolist() == [0.0, 1.0, 0.0]
    moments.grow(5)
    assert moments.mean[1].tolist() == [4.0, 5.0]
    moments.clear(1)
    assert not moments.mean.any()
    assert not moments.weight.any()


def deviation_of(moments: Moments, prior: Prior, value: float) -> float:
    found = judge(moments, prior, SLOT, np.full((1, WIDTH), value), np.zeros((1, WIDTH)))
    return float(found.deviation[0, 0])


def test_alone_a_user_is_not_judged_before_enough_was_seen():
    moments = Moments(SIDES, 1)
    for _ in range(int(MINUTES_ALONE) - 1):
        moments.learn(SLOT, np.ones((1, WIDTH)), np.array([1.0]))
    assert deviation_of(moments, Prior.unknown(), 100.0) == 0.0
    for _ in range(2):
        moments.learn(SLOT, np.ones((1, WIDTH)), np.array([1.0]))
    assert deviation_of(moments, Prior.unknown(), 100.0) > 10.0


def test_a_new_user_is_judged_by_the_population_and_later_by_their_own_past():
    prior = Prior.of_population(np.full(WIDTH, 10.0), np.full(WIDTH, 3.0))
    moments = Moments(SIDES, 1)
    new = deviation_of(moments, prior, float(np.log1p(40.0)))
    for _ in range(300):
        moments.learn(SLOT, np.full((1, WIDTH), np.log1p(40.0)), np.array([1.0]))
    used = deviation_of(moments, prior, float(np.log1p(40.0)))
    assert new > 2.0
    assert abs(used) < 0.1


def test_nobody_is_narrower_than_the_least_spread():
    moments = Moments(SIDES, 1)
    for _ in range(1000):
        moments.learn(SLOT, np.ones((1, WIDTH)), np.array([1.0]))
    found = deviation_of(moments, Prior.unknown(), 1.0 + 3.0 * float(LEAST_SPREAD[0]))
    assert found == pytest.approx(3.0, rel=0.01)


def test_less_than_usual_is_no_deviation_of_volume():
    moments = Moments(SIDES, 1)
    for _ in range(100):
        moments.learn(SLOT, np.full((1, WIDTH), 5.0), np.array([1.0]))
    assert deviation_of(moments, Prior.unknown(), 0.0) < 0.0


def test_doubtful_vectors_teach_less_and_findings_nothing():
    sizes = np.array([[0.0], [DOUBT], [(DOUBT + DEVIATION_LOW) / 2], [DEVIATION_LOW], [50.0]])
    assert trust(sizes).tolist() == pytest.approx([1.0, 1.0, 0.5, 0.0, 0.0])
