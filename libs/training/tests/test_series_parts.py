"""What the detector of series is made of: ranks, times of the day, decaying means."""

from __future__ import annotations

from datetime import datetime, timedelta
from math import log

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resonance_training.series.day import DAYS, TimesOfDay
from resonance_training.series.rank import SlidingRank
from resonance_training.series.views import DecayingMean, Views

NOON = datetime(2024, 5, 1, 12)
DAY = timedelta(days=1)


@given(st.lists(st.integers(0, 8).map(float), min_size=1, max_size=60), st.integers(1, 20), st.integers(0, 20))
def test_surprise_is_that_of_the_share_that_was_as_high(values: list[float], most: int, least: int) -> None:
    rank = SlidingRank(most, least)
    for place, value in enumerate(values):
        known = values[max(place - most, 0) : place]
        share = (sum(one >= value for one in known) + 1) / (len(known) + 1)
        expected = -log(share) if len(known) >= least else 0.0
        assert rank.surprise(value) == pytest.approx(expected)
        assert 0.0 <= expected <= rank.utmost + 1e-12


def test_what_differs_by_rounding_alone_is_a_tie() -> None:
    rank = SlidingRank(100, 0)
    for _ in range(50):
        rank.surprise(0.3)
    assert rank.surprise(0.1 + 0.2) == 0.0
    assert rank.surprise(0.301) == pytest.approx(log(52))


def test_the_nearest_of_other_days_around_the_time_counts() -> None:
    times = TimesOfDay()
    assert times.distance(NOON, 5.0) is None
    assert times.distance(NOON + timedelta(minutes=5), 9.0) is None
    assert times.distance(NOON + DAY, 8.0) == 1.0
    assert times.distance(NOON + DAY + timedelta(minutes=15), 5.0) == 0.0
    assert times.distance(NOON + DAY + timedelta(minutes=25), 5.0) is None


def test_days_are_remembered_for_a_week() -> None:
    times = TimesOfDay()
    times.distance(NOON, 5.0)
    for day in range(1, DAYS):
        assert times.distance(NOON + day * DAY, 50.0) == (45.0 if day == 1 else 0.0)
    assert times.distance(NOON + DAYS * DAY, 6.0) == 1.0
    assert times.distance(NOON + (DAYS + 1) * DAY, 5.0) == 1.0


def test_rows_of_one_slot_of_a_day_are_a_band() -> None:
    times = TimesOfDay()
    for second, value in enumerate((3.0, 1.0, 7.0)):
        times.distance(NOON + timedelta(seconds=second), value)
    assert times.distance(NOON + DAY, 4.0) == 0.0
    assert times.distance(NOON + 2 * DAY, 9.5) == 2.5


def test_midnight_is_no_other_day() -> None:
    times = TimesOfDay()
    midnight = datetime(2024, 5, 2)
    assert times.distance(midnight - timedelta(minutes=5), 1.0) is None
    assert times.distance(midnight, 2.0) is None
    assert times.distance(midnight + DAY - timedelta(minutes=5), 1.5) == 0.5


def test_a_mean_is_plain_while_values_are_few_and_decays_then() -> None:
    mean = DecayingMean(9)
    assert [mean.add(value) for value in (1.0, 2.0, 6.0)] == pytest.approx([1.0, 1.5, 3.0])
    for _ in range(200):
        mean.add(10.0)
    assert mean.value == pytest.approx(10.0)
    assert mean.add(20.0) == pytest.approx(12.0)


def test_views_say_nothing_where_there_is_nothing_to_hold_a_row_against() -> None:
    views = Views()
    assert views.look(NOON, 1.0).each() == (None, None, None, None)
    assert views.look(NOON + timedelta(minutes=1), 4.0).each() == (3.0, None, 1.5, -3.0)
    later = views.look(NOON + DAY, 2.0)
    assert (later.jump, later.day) == (0.0, 0.0)
