"""The parts of the watch: units, what is expected, evidence, steadiness."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from resonance_training.drift.blocks import UNIT, Block
from resonance_training.drift.evidence import SHIFTS, Evidence
from resonance_training.drift.expectation import MOST, Expectation
from resonance_training.drift.statistics import ALONE, LEAST_SPREAD, Units
from resonance_training.drift.steadiness import Steadiness

Floats = NDArray[np.float64]

HOUR_US = 3_600_000_000
SERIES = 400


def block(values: Floats, number: int = 0) -> Block:
    whole = np.rint(values / UNIT).astype(np.int64)
    products = (whole.T @ whole)[np.triu_indices(values.shape[1])]
    return Block(number, len(values), len(values), whole.sum(axis=0), products)


def surprises(values: Floats, reference: int) -> Floats:
    """Of series (n, blocks), after so many blocks of reference, (blocks - reference, n)."""
    expectation, found = Expectation(len(values), HOUR_US), []
    for number, now in enumerate(values.T):
        if number >= reference:
            found.append(expectation.surprise(number, 100, now))
        expectation.learn(number, 100, now)
    return np.array(found)


def test_blocks_like_the_reference_measure_zero() -> None:
    values = np.random.default_rng(1).standard_normal((5000, 3)) * [1.0, 7.0, 0.0] + [0.0, 3.0, 5.0]
    values[:, 1] += 5 * values[:, 0]
    units = Units.of([block(values[:2000]), block(values[2000:])])
    np.testing.assert_allclose(units.mean, values.mean(axis=0), atol=1e-3)
    np.testing.assert_allclose(units.spread[:2], values.std(axis=0)[:2], rtol=1e-3)
    assert units.spread[2] == LEAST_SPREAD
    measured = units.measure(block(values))
    assert measured[:5] == pytest.approx(0.0, abs=1e-3)
    # A value that stands still: less than the least spread, and related to nothing.
    assert measured[5] == pytest.approx(np.log(ALONE**2 / (1 + ALONE**2)) / 2, abs=1e-3)
    r = np.corrcoef(values[:, 0], values[:, 1])[0, 1] / (1 + ALONE**2)
    assert measured[6:] == pytest.approx([np.arctanh(r), 0.0, 0.0], abs=1e-3)


def test_a_shift_measures_its_size_in_standard_deviations() -> None:
    values = np.random.default_rng(1).standard_normal((5000, 2)) * [2.0, 0.5]
    units = Units.of([block(values)])
    assert units.measure(block(values + np.array([1.0, -1.0])))[:2] == pytest.approx([0.5, -2.0], rel=0.05)
    assert units.measure(block(values * 3.0))[2:4] == pytest.approx(np.log(3.0), rel=0.02)


@pytest.mark.parametrize("memory", [0.0, 0.5])
@pytest.mark.parametrize("cycle", [0.0, 5.0])
def test_surprise_is_standard_normal_after_a_day_of_reference(memory: float, cycle: float) -> None:
    random = np.random.default_rng(2)
    noise, blocks = random.standard_normal((SERIES, 600)), np.arange(600)
    for i in range(1, 600):
        noise[:, i] += memory * noise[:, i - 1]
    day = cycle * np.cos(2 * np.pi * blocks / 24 + random.uniform(0, 6, (SERIES, 1)))
    found = surprises(0.07 * (noise + day) + random.standard_normal((SERIES, 1)), reference=24)
    assert abs(found.mean()) < 0.02
    assert found[48:].std() == pytest.approx(1.0, abs=0.03)
    assert found[:48].std() < 1.1
    assert (found >= 2.0).mean() == pytest.approx(0.0228, abs=0.006)
    assert (found <= -2.0).mean() == pytest.approx(0.0228, abs=0.006)


def test_hours_that_were_never_seen_do_not_surprise() -> None:
    """From twelve hours of a cycle nobody knows the other twelve."""
    blocks = np.arange(36)
    values = np.sin(2 * np.pi * blocks / 24) + 0.05 * np.random.default_rng(3).standard_normal((SERIES, 36))
    assert np.abs(surprises(values, reference=12)[:12]).mean() < 1.0


def test_a_shift_surprises_and_no_block_surprises_without_end() -> None:
    values = 0.1 * np.random.default_rng(4).standard_normal((SERIES, 200))
    values[:, 199] += 0.3
    assert surprises(values, 199).mean() == pytest.approx(2.4, abs=0.1)
    values[:, 199] += 1e6
    assert surprises(values, 199) == pytest.approx(MOST)


def test_a_wild_block_is_not_taken_for_ordinary() -> None:
    values = 0.1 * np.random.default_rng(5).standard_normal((SERIES, 202))
    values[:, 199] += 100.0
    after = surprises(values, 200)
    assert np.abs(after).mean() == pytest.approx(0.8, abs=0.05)


def test_a_block_that_is_missing_is_thought_to_have_been_as_expected() -> None:
    expectation = Expectation(1, HOUR_US)
    random = np.random.default_rng(6)
    value = 0.0
    for number in range(500):
        value = 0.8 * value + random.standard_normal()
        expectation.learn(number, 100, np.array([3.0 + value]))
    high = np.array([3.0 + 2.0])
    for number in range(500, 504):
        expectation.learn(number, 100, high)
    follows, apart = (expectation.surprise(number, 100, high)[0] for number in (504, 506))
    # 0.2 · 2 of noise 1, and 2 of noise 1 / sqrt(1 - 0.8²).
    assert follows < 0.8 < apart


def test_a_small_block_surprises_less() -> None:
    expectation = Expectation(1, HOUR_US)
    for number, value in enumerate(np.random.default_rng(7).standard_normal(300)):
        expectation.learn(number, 100, np.array([value]))
    large, small = (expectation.surprise(300, vectors, np.array([2.0]))[0] for vectors in (100, 25))
    assert small == pytest.approx(large / 2, rel=0.05)


def test_evidence_of_nothing_reaches_a_threshold_no_sooner_than_after_so_many_blocks() -> None:
    """Shin, Ramdas and Rinaldo's bound on the average run length, on surprises that are what they should be."""
    random = np.random.default_rng(8)
    lengths, enough = [], np.log(50.0)
    for _ in range(40):
        evidence, waiting = Evidence(50), np.ones(50, dtype=bool)
        for block_number in range(1, 2000):
            evidence.add(random.standard_normal(50))
            reached = waiting & (evidence.log_mean >= enough)
            lengths += [block_number] * int(reached.sum())
            waiting &= ~reached
        lengths += [2000] * int(waiting.sum())
    assert 50 <= np.mean(lengths) <= 150


def test_evidence_grows_by_what_a_shift_says_and_knows_where_it_began() -> None:
    evidence, random = Evidence(2), np.random.default_rng(9)
    for _ in range(200):
        evidence.add(random.standard_normal(2))
    began = [evidence.add(np.array([2.0, -1.0])).copy() for _ in range(30)]
    two, minus_one = list(SHIFTS).index(2.0), list(SHIFTS).index(-1.0)
    assert evidence.likeliest.tolist() == [two, minus_one]
    assert evidence.log_sums[0, two] == pytest.approx(30 * 2.0, abs=2.0)
    assert evidence.log_sums[1, minus_one] == pytest.approx(30 * 0.5, abs=4.0)
    assert not any(b[0, two] for b in began[1:])


def test_steadiness_is_one_for_what_is_independent_and_more_for_good_and_bad_days() -> None:
    random, one_kind = np.random.default_rng(10), np.zeros(SERIES, dtype=np.intp)
    independent, days = Steadiness(one_kind, 24), Steadiness(one_kind, 24)
    for _ in range(30):
        day = 0.5 * random.standard_normal(SERIES)
        for _ in range(24):
            now = random.standard_normal(SERIES)
            independent.learn(now)
            days.learn((now + day) / np.hypot(1.0, 0.5))
    assert 1.0 <= independent.variance.mean() < 1.2
    # (1 + 24 · 0.25) / 1.25, and a thirtieth for thirty days.
    assert days.variance.mean() == pytest.approx(5.6 * 31 / 30, abs=0.4)


def test_a_change_that_began_does_not_hide_itself() -> None:
    steadiness, random = Steadiness(np.arange(2), 24), np.random.default_rng(11)
    for _ in range(7 * 24):
        steadiness.learn(random.standard_normal(2))
    for _ in range(24):
        steadiness.learn(np.array([3.0, 0.0]))
    assert steadiness.variance[0] < 3.5
