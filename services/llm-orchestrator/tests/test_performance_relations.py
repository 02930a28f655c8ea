"""What leads what: planted lags are found, and unrelated series are seldom taken for related."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from resonance_llm_orchestrator.performance.changes import Course, course_of
from resonance_llm_orchestrator.performance.distributions import f_tail, normal_tails
from resonance_llm_orchestrator.performance.grid import Floats
from resonance_llm_orchestrator.performance.relations import foretelling, relations_of, scores_of

pytestmark = pytest.mark.long

SETS = 200


def noise(random: np.random.Generator, count: int, persistence: float) -> Floats:
    """An AR(1) with innovations of 1."""
    fresh, values = random.normal(size=count + 50), np.zeros(count + 50)
    for i in range(1, count + 50):
        values[i] = persistence * values[i - 1] + fresh[i]
    return values[50:]


def courses(series: dict[str, Floats]) -> dict[str, Course]:
    return {name: course for name, values in series.items() if (course := course_of(values)) is not None}


def led(random: np.random.Generator, lag: int, persistence: float) -> dict[str, Floats]:
    cause = noise(random, 220, persistence)
    effect = 0.6 * np.roll(cause, lag) + noise(random, 220, 0.4)
    return {"effect": effect[20:], "other": noise(random, 200, 0.5), "cause": cause[20:]}


@pytest.mark.parametrize("persistence", [0.0, 0.5])
def test_a_planted_lag_is_found_and_foretells(persistence: float) -> None:
    random, found = np.random.default_rng(5), 0
    for _ in range(SETS):
        lag = int(random.integers(1, 11))
        series = led(random, lag, persistence)
        first = relations_of(series, courses(series))[:1]
        found += [(r.source, r.target, r.lag, r.leads) for r in first] == [("cause", "effect", lag, True)]
    assert found >= 0.95 * SETS


@pytest.mark.parametrize("persistence", [0.0, 0.5, 0.9])
def test_unrelated_series_are_seldom_related(persistence: float) -> None:
    random, found = np.random.default_rng(6), 0
    for _ in range(SETS):
        series = {name: noise(random, 200, persistence) for name in "abcd"}
        found += bool(relations_of(series, courses(series)))
    assert found <= 0.03 * SETS


def test_series_that_move_at_once_have_no_direction() -> None:
    random = np.random.default_rng(1)
    shared = noise(random, 200, 0.5)
    series = {name: shared + 0.5 * noise(random, 200, 0) for name in "ab"}
    (relation,) = relations_of(series, courses(series))
    assert (relation.lag, relation.leads, relation.foretells) == (0, False, None)
    assert 0.5 < relation.correlation <= 1 and relation.p < 1e-6


def test_the_sign_is_told() -> None:
    series = led(np.random.default_rng(2), 4, 0.3)
    series["effect"] = -series["effect"]
    assert relations_of(series, courses(series))[0].correlation < -0.3


def test_a_spike_in_both_is_no_relation() -> None:
    random = np.random.default_rng(3)
    series = {name: noise(random, 200, 0.2) for name in "ab"}
    series["a"][100] += 50
    series["b"][103] += 50
    assert relations_of(series, courses(series)) == []


def test_gaps_and_short_series_are_endured() -> None:
    series = led(np.random.default_rng(4), 3, 0.3)
    series["effect"][50:70] = np.nan
    assert relations_of(series, courses(series))[0].lag == 3
    short = {name: values[:25] for name, values in series.items()}
    assert relations_of(short, courses(short)) == []
    flat = {"a": np.zeros(200), "b": np.zeros(200), "c": np.arange(200.0), "d": np.arange(200.0)}
    assert all(-1 <= relation.correlation <= 1 for relation in relations_of(flat, courses(flat)))


def test_changes_of_a_leader_and_its_follower_are_matched() -> None:
    series = led(np.random.default_rng(8), 5, 0.2)
    series["cause"][100:] += 8
    series["effect"][105:] += 8
    (relation,) = [r for r in relations_of(series, courses(series)) if r.leads]
    assert (relation.source, relation.target, relation.lag) == ("cause", "effect", 5)
    assert relation.changes is not None and abs(relation.changes - 5) <= 2


def test_foretelling_is_an_f_test_of_the_sources_past() -> None:
    series = led(np.random.default_rng(9), 2, 0.3)
    ahead, back = (foretelling(series[a], series[b], 3) for a, b in (("cause", "effect"), ("effect", "cause")))
    assert ahead is not None and ahead < 1e-6
    assert back is not None and back > 0.01
    assert foretelling(series["cause"][:20], series["effect"][:20], 3) is None


@pytest.mark.parametrize(("f", "between", "within"), [(0.1, 1, 30), (1.0, 5, 100), (4.2, 3, 17), (30.0, 20, 1_900)])
def test_tails_are_those_of_scipy(f: float, between: int, within: int) -> None:
    assert f_tail(f, between, within) == pytest.approx(float(stats.f.sf(f, between, within)), rel=1e-9)
    assert normal_tails(-f) == pytest.approx(2 * float(stats.norm.sf(f)), rel=1e-9)


def test_scores_keep_order_and_gaps() -> None:
    scores = scores_of(np.array([3.0, np.nan, 1e9, -2.0]))
    assert np.isnan(scores[1]) and scores[3] < scores[0] < scores[2] and scores[0] == pytest.approx(0)
