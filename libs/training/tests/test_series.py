"""The detector of series: online, the same for every unit, quiet on what is ordinary, and finds what was planted."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from sys import float_info

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resonance_training.rows import BadRows, Floats
from resonance_training.series.detector import ALERT_ABOVE, LEAST_ROWS, QUIET_ROWS, SeriesDetector, score_series

START = datetime(2024, 1, 1)
FIVE_MINUTES = timedelta(minutes=5)
MOST_FALSE_ALERTS = 3.0 / 1_000
"""Of the rows of a stationary series, whatever the distribution."""


def scores_of(values: Floats, step: timedelta = FIVE_MINUTES) -> Floats:
    return np.array(score_series((START + place * step, value) for place, value in enumerate(values.tolist())))


def noise(rows: int, seed: int = 1) -> Floats:
    return np.random.default_rng(seed).normal(size=rows)


def daily(rows: int, step: timedelta = FIVE_MINUTES, seed: int = 1) -> Floats:
    return 10 + 5 * np.sin(2 * np.pi * np.arange(rows) * (step / timedelta(days=1))) + noise(rows, seed)


def autoregressive(chance: np.random.Generator, rows: int) -> Floats:
    found, shocks = np.zeros(rows), chance.normal(size=rows)
    for place in range(1, rows):
        found[place] = 0.9 * found[place - 1] + shocks[place]
    return found


STATIONARY: dict[str, Callable[[np.random.Generator, int], Floats]] = {
    "white noise": lambda chance, rows: chance.normal(size=rows),
    "heavy tails": lambda chance, rows: chance.standard_t(2, size=rows),
    "log-normal": lambda chance, rows: np.exp(chance.normal(size=rows)),
    "autoregressive": autoregressive,
    "by the time of the day": lambda chance, rows: daily(rows) + chance.normal(size=rows),
    "counts": lambda chance, rows: chance.poisson(3, rows).astype(np.float64),
    "rare events": lambda chance, rows: chance.poisson(0.02, rows).astype(np.float64),
}


@pytest.mark.parametrize("kind", STATIONARY)
def test_false_alerts_are_few_on_what_does_not_change(kind: str) -> None:
    values = STATIONARY[kind](np.random.default_rng(7), 10_000)
    assert np.mean(scores_of(values) > ALERT_ABOVE) <= MOST_FALSE_ALERTS


@pytest.mark.parametrize("value", [0.0, 45.0, -1e300])
def test_a_constant_series_scores_nothing(value: float) -> None:
    assert not scores_of(np.full(1_000, value)).any()


@given(
    st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=LEAST_ROWS, max_size=LEAST_ROWS + 60),
    st.integers(0, 60),
)
@settings(max_examples=40)
def test_a_score_depends_on_its_own_and_earlier_rows_alone(values: list[float], cut: int) -> None:
    whole, prefix = scores_of(np.array(values)), scores_of(np.array(values[: len(values) - cut]))
    assert whole[: len(prefix)].tolist() == prefix.tolist()
    assert ((whole >= 0) & (whole <= 1)).all()


def test_longer_prefixes_and_second_runs_give_the_same_bit_for_bit() -> None:
    values = daily(6_000)
    whole = scores_of(values)
    assert whole[:5_000].tolist() == scores_of(values[:5_000]).tolist()
    assert whole.tolist() == scores_of(values).tolist()


@pytest.mark.parametrize("unit", [2.0**-900, 2.0**1000])
def test_units_do_not_matter(unit: float) -> None:
    values = daily(1_500)
    assert scores_of(values * unit).tolist() == scores_of(values).tolist()


def test_the_largest_numbers_there_are_can_be_scored() -> None:
    values = np.where(np.arange(1_000) % 2, float_info.max, -float_info.max) * (1 + 1e-3 * noise(1_000)).clip(0, 1)
    assert np.isfinite(scores_of(values)).all()


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_what_is_no_number_is_refused_and_forgotten(value: float) -> None:
    values, detector = daily(600), SeriesDetector()
    found = []
    for place, one in enumerate(values.tolist()):
        time = START + place * FIVE_MINUTES
        with pytest.raises(BadRows, match=f"Every value must be finite, but that of {time} is {value}"):
            detector.score(time, value)
        found.append(detector.score(time, one))
    assert found == scores_of(values).tolist()


PLANTED: dict[str, Callable[[Floats], Floats]] = {
    "a spike": lambda values: values + np.where(np.arange(len(values)) < 2, 30.0, 0.0),
    "a drop": lambda values: values - np.where(np.arange(len(values)) < 2, 30.0, 0.0),
    "a higher level": lambda values: values + 15.0,
    "nothing moves": lambda values: np.full_like(values, 40.0),
}


@pytest.mark.parametrize("step", [timedelta(seconds=1), timedelta(minutes=1), FIVE_MINUTES, timedelta(hours=1)])
@pytest.mark.parametrize("kind", PLANTED)
def test_what_was_planted_is_found_at_any_pace(kind: str, step: timedelta) -> None:
    values, at = daily(3_000, step), 2_500
    values[at:] = PLANTED[kind](values[at:])
    assert scores_of(values, step)[at : at + 60].max() > ALERT_ABOVE


def test_a_day_that_is_missing_is_found() -> None:
    busy = (np.arange(4_000) % 288 >= 108) & (np.arange(4_000) % 288 < 216)
    values = np.where(busy, 80.0, 20.0) + noise(4_000)
    missing = slice(10 * 288 + 108, 10 * 288 + 216)
    values[missing] -= 60.0
    assert scores_of(values)[missing].max() > ALERT_ABOVE


def test_an_incident_is_reported_once_until_it_was_quiet_for_long() -> None:
    values = noise(4_000)
    for place in (3_000, 3_000 + QUIET_ROWS // 2, 3_000 + 3 * QUIET_ROWS):
        values[place] += 50.0
    alerts = np.flatnonzero(scores_of(values) > ALERT_ABOVE)
    assert 3_000 in alerts
    assert not ((alerts > 3_000) & (alerts <= 3_000 + QUIET_ROWS)).any()
    assert not scores_of(values)[3_001 : 3_001 + QUIET_ROWS].any()
    assert 3_000 + 3 * QUIET_ROWS in alerts


def test_no_row_is_scored_before_enough_are_known() -> None:
    values = noise(LEAST_ROWS)
    values[-1] = 1e6
    assert not scores_of(values).any()
    assert scores_of(np.array([])).tolist() == []
