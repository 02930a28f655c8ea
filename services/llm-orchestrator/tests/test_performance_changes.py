"""Changes and departures: planted ones are found where they are, and noise is seldom taken for one."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from resonance_llm_orchestrator.performance.changes import course_of, pelt
from resonance_llm_orchestrator.performance.departures import Usual, departures_of
from resonance_llm_orchestrator.performance.grid import Floats, of_pairs, of_values

SETS = 200


def noise(random: np.random.Generator, count: int, persistence: float) -> Floats:
    """An AR(1) with a standard deviation of 1."""
    fresh, values = random.normal(size=count + 50), np.zeros(count + 50)
    for i in range(1, count + 50):
        values[i] = persistence * values[i - 1] + fresh[i]
    return values[50:] * np.sqrt(1 - persistence**2)


def exhaustive(values: Floats, penalty: float, shortest: int) -> float:
    """The least cost, by trying every last change."""
    best = [-penalty] + [np.inf] * values.size
    for end in range(shortest, values.size + 1):
        for begin in range(end - shortest + 1):
            part = values[begin:end]
            cost = best[begin] + float(np.sum((part - part.mean()) ** 2)) + penalty
            best[end] = min(best[end], cost)
    return best[-1]


@pytest.mark.parametrize("seed", range(20))
def test_pruning_loses_no_optimum(seed: int) -> None:
    random = np.random.default_rng(seed)
    values = noise(random, 60, 0.3) + np.repeat(random.normal(0, 3, 6), 10)
    starts, cost = pelt(values, 3.0, 5)
    assert cost == pytest.approx(exhaustive(values, 3.0, 5))
    assert min(np.diff([0, *starts, 60])) >= 5


@pytest.mark.parametrize("persistence", [0.0, 0.5])
def test_a_planted_change_is_found_within_two_samples(persistence: float) -> None:
    random, found = np.random.default_rng(5), 0
    for _ in range(SETS):
        at, values = int(random.integers(30, 170)), noise(random, 200, persistence)
        values[at:] += 5 * random.choice([-1, 1])
        course = course_of(values)
        assert course is not None
        found += len(course.starts) == 1 and abs(course.starts[0] - at) <= 2
    assert found >= 0.95 * SETS


@pytest.mark.parametrize(
    ("count", "persistence", "most"),
    [(60, 0.0, 0.01), (60, 0.5, 0.03), (200, 0.0, 0.01), (200, 0.5, 0.03), (200, 0.7, 0.05)],
)
def test_noise_is_seldom_taken_for_a_change_a_trend_or_a_departure(count: int, persistence: float, most: float) -> None:
    random, changed, departed = np.random.default_rng(6), 0, 0
    for _ in range(SETS):
        course = course_of(noise(random, count, persistence))
        assert course is not None
        changed += bool(course.starts or course.slope)
        departed += bool(departures_of(course, None))
    assert changed <= most * SETS and departed <= 0.02 * SETS


@pytest.mark.parametrize(
    ("draw", "most"),
    [
        (lambda random: random.lognormal(0, 0.3, 200), 0.1),
        (lambda random: random.poisson(0.3, 200).astype(float), 0.1),
        (lambda random: np.round(random.normal(0, 0.3, 200)), 0.2),
    ],
    ids=["waiting times", "rare events", "rounded"],
)
def test_values_that_are_not_normal_are_seldom_out_of_the_ordinary(draw: Any, most: float) -> None:
    random, changed, departed = np.random.default_rng(6), 0, 0
    for _ in range(SETS):
        course = course_of(draw(random))
        assert course is not None
        changed += bool(course.starts or course.slope)
        departed += bool(departures_of(course, None))
    assert changed <= 0.03 * SETS and departed <= most * SETS


def test_a_straight_line_is_a_trend_and_no_staircase() -> None:
    course = course_of(np.linspace(10, 30, 120) + noise(np.random.default_rng(1), 120, 0))
    assert course is not None and course.starts == ()
    assert course.slope == pytest.approx(20 / 119, rel=0.1)


def test_single_spikes_are_departures_and_no_changes() -> None:
    values = noise(np.random.default_rng(2), 200, 0)
    values[[40, 41, 120]] += 12
    course = course_of(values)
    assert course is not None and course.starts == ()
    found = departures_of(course, None)
    assert [(one.first, one.last, one.values) for one in found] == [(40, 41, 2), (120, 120, 1)]
    assert all(one.spreads > 8 for one in found)


def test_departures_are_from_the_baseline_where_there_is_one() -> None:
    values = noise(np.random.default_rng(3), 60, 0)
    course = course_of(values)
    assert course is not None
    assert [one.values for one in departures_of(course, Usual(100.0, 1.0))] == [60]
    assert departures_of(course, Usual(0.0)) == []


def test_a_constant_series_does_nothing_and_a_noiseless_step_changes() -> None:
    course = course_of(np.full(50, 7.0))
    assert course is not None and (course.starts, course.slope, departures_of(course, None)) == ((), 0.0, [])
    step = course_of(np.repeat([1e9, 1e9 + 1], 25))
    assert step is not None and step.starts == (25,)


def test_too_few_values_are_not_looked_into_and_gaps_are_left_out() -> None:
    assert course_of(np.arange(19.0)) is None
    values = noise(np.random.default_rng(4), 100, 0)
    values[60:] += 8
    values[10:20] = np.nan
    course = course_of(values)
    assert course is not None and course.values.size == 90
    assert int(course.cells[course.starts[0]]) == 60


@pytest.mark.parametrize("scale", [1e-9, 1.0, 1e12])
def test_the_unit_does_not_matter(scale: float) -> None:
    values = noise(np.random.default_rng(7), 100, 0)
    values[50:] += 6
    course = course_of(values * scale)
    assert course is not None and course.starts == (50,)


def test_uneven_times_are_put_on_the_grid_of_the_slowest() -> None:
    fast = [(float(t), float(t)) for t in range(0, 100, 1)]
    slow = [(t + (0.3 if t % 20 else -0.2), 5.0) for t in range(0, 100, 10)]
    grid = of_pairs({"fast": fast, "slow": slow, "silent": [(50.0, None)]})
    assert grid.step_s == pytest.approx(10, abs=0.6)
    assert {values.size for values in grid.series.values()} == {grid.series["slow"].size}
    assert np.isfinite(grid.series["slow"]).all() and np.isnan(grid.series["silent"]).all()
    assert grid.series["fast"][3] == pytest.approx(30, abs=4)
    assert grid.time_of(3) == pytest.approx(30, abs=2)


def test_order_does_not_matter_and_one_moment_is_a_grid_of_one() -> None:
    pairs = [(float(t), float(t % 7)) for t in range(50)]
    ordered, mixed = of_pairs({"a": pairs}), of_pairs({"a": pairs[::-1]})
    assert np.array_equal(ordered.series["a"], mixed.series["a"])
    assert of_pairs({"a": [(1.0, 2.0), (1.0, 4.0)]}).series["a"].tolist() == [3.0]
    assert of_pairs({"a": []}).series["a"].size == 0


def test_a_long_span_gets_a_coarser_grid() -> None:
    assert of_pairs({"a": [(0.0, 1.0), (1.0, 1.0), (2.0, 1.0), (1e15, 2.0)]}).series["a"].size == 2_000


def test_values_without_times_end_together() -> None:
    grid = of_values({"a": [1.0, None, 3.0], "b": [9.0]})
    assert np.array_equal(grid.series["b"], [np.nan, np.nan, 9.0], equal_nan=True)
    assert np.array_equal(grid.series["a"], [1.0, np.nan, 3.0], equal_nan=True)
    assert (grid.time_of(1), grid.seconds(2)) == (None, None)
