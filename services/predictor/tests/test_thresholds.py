"""Thresholds from a budget of false incidents: by what was measured beforehand, and by what was seen since."""

from __future__ import annotations

import numpy as np
import pytest

from resonance_predictor.peaks import APART_US, DAY_US, HALF_LIFE_US, NOTHING, Grounds, Learned, Ordinary, mean_excess
from resonance_predictor.severity import Severity
from resonance_predictor.thresholds import (
    DEFAULT_BUDGET,
    HIGH,
    LOOSEST,
    MEDIUM,
    ORDINARY,
    SHARES,
    STRICTEST,
    Cuts,
    thresholds,
)

KINDS = list(Grounds)


def seen(grounds: Grounds, rate: float, scale: float, count: int) -> Learned:
    """So many exponential peaks of one kind of evidence, as they are learned from."""
    ordinary = ORDINARY[grounds]
    learned = Learned(1000.0 * count / rate)
    for excess in np.random.default_rng(1).exponential(scale, count).tolist():
        if excess < ordinary.end - ordinary.begin:
            learned = learned.and_one(grounds, excess)
    return learned


def test_the_shares_are_those_of_a_whole() -> None:
    assert sum(SHARES.values()) == pytest.approx(1.0)


@pytest.mark.parametrize("grounds", KINDS)
def test_before_anything_was_seen_it_is_what_was_measured_beforehand(grounds: Grounds) -> None:
    ordinary = ORDINARY[grounds]
    tail = ordinary.tail(NOTHING.peaks[grounds], 0.0)
    assert (tail.rate, tail.scale) == pytest.approx((ordinary.rate, ordinary.scale))
    assert tail.level(ordinary.rate / np.e) == pytest.approx(ordinary.begin + ordinary.scale)


def test_the_mean_excess_is_that_of_what_is_exponential_and_stays_below_a_width() -> None:
    excess = np.random.default_rng(1).exponential(2.0, 200_000)
    assert mean_excess(2.0, 3.0) == pytest.approx(excess[excess < 3.0].mean(), rel=0.01)


@pytest.mark.parametrize("grounds", KINDS)
@pytest.mark.parametrize(("more", "longer"), [(3.0, 1.0), (0.4, 1.0), (1.0, 1.3), (2.0, 0.8)])
def test_they_follow_the_traffic(grounds: Grounds, more: float, longer: float) -> None:
    """With peaks more or less frequent and long than measured beforehand, the budget is kept all the same."""
    ordinary = ORDINARY[grounds]
    rate, scale = more * ordinary.rate, longer * ordinary.scale
    level = thresholds(0.2, seen(grounds, rate, scale, 20_000)).of(grounds).low
    assert ordinary.end < level
    false = rate * np.exp(-(level - ordinary.begin) / scale)
    assert false == pytest.approx(SHARES[grounds] * 0.2, rel=0.35)


@pytest.mark.parametrize("grounds", KINDS)
def test_a_bearable_number_less_is_a_threshold_more(grounds: Grounds) -> None:
    few, many = thresholds(0.4).of(grounds), thresholds(4.0).of(grounds)
    assert many.low < many.medium < many.high
    assert few.low == pytest.approx(many.medium)
    assert few.medium == pytest.approx(many.high)
    assert (MEDIUM, HIGH) == (0.1, 0.01)


@pytest.mark.parametrize("grounds", KINDS)
def test_nobody_can_bend_them_beyond_bounds(grounds: Grounds) -> None:
    ordinary = ORDINARY[grounds]
    flooded, still = Learned(1.0), Learned(1e9)
    for _ in range(10_000):
        flooded = flooded.and_one(grounds, 0.99 * ordinary.width)
    asked = [4.0 * share for share in (1.0, MEDIUM, HIGH)]
    found = thresholds(4.0, flooded).of(grounds)
    for cut, strictest, loosest in zip(
        (found.low, found.medium, found.high),
        (thresholds(STRICTEST * budget).of(grounds).low for budget in asked),
        (max(thresholds(LOOSEST * budget).of(grounds).low, ordinary.end) for budget in asked),
        strict=True,
    ):
        assert cut == pytest.approx(strictest)
        assert loosest <= cut
    assert thresholds(4.0, still).of(grounds).low == thresholds(LOOSEST * 4.0).of(grounds).low >= ordinary.end


def test_no_threshold_lies_among_the_peaks_that_are_learned_from() -> None:
    for budget in (0.1, DEFAULT_BUDGET, 100.0):
        for learned in (NOTHING, Learned(1e9)):
            found = thresholds(budget, learned)
            assert all(found.of(grounds).low >= ORDINARY[grounds].end for grounds in Grounds)


def test_what_was_learned_fades() -> None:
    learned = Learned(1000.0).and_one(Grounds.CLIMB, 2.0)
    later = learned
    for _ in range(HALF_LIFE_US // DAY_US):
        later = later.after(DAY_US, 10, NOTHING)
    assert later.peaks[Grounds.CLIMB].count == pytest.approx(0.5)
    assert later.peaks[Grounds.CLIMB].excess == pytest.approx(1.0)
    assert 500.0 < later.user_days < 500.0 + 10 * HALF_LIFE_US / DAY_US


def test_a_clock_that_is_years_ahead_is_a_day_at_most() -> None:
    assert Learned().after(1000 * DAY_US, 10, NOTHING).user_days == 10.0


def test_new_peaks_count_whole() -> None:
    lately = Learned().and_one(Grounds.SURPRISE, 0.2)
    assert Learned().after(DAY_US // 24, 48, lately) == Learned(2.0, lately.peaks)


def test_a_sum_has_the_gravest_grade_that_it_reaches() -> None:
    cuts = Cuts(1.0, 2.0, 3.0)
    assert [cuts.grade(total) for total in (1.0, 1.9, 2.0, 3.0, 30.0)] == [
        Severity.LOW, Severity.LOW, Severity.MEDIUM, Severity.HIGH, Severity.HIGH,
    ]  # fmt: skip


def test_what_is_measured_beforehand_is_sound() -> None:
    for grounds, ordinary in ORDINARY.items():
        assert isinstance(ordinary, Ordinary)
        assert 0 < ordinary.begin < ordinary.end
        assert SHARES[grounds] > 0
    assert APART_US < DAY_US
