"""Evidence: strong and persistent, by event time."""

from __future__ import annotations

import pytest

from resonance_predictor.evidence import HITS, Evidence

SECOND = 1_000_000
ENOUGH = 1.0


def seconds_until_enough(excess: float, step_s: float) -> float:
    evidence, time_s = Evidence(), 0.0
    while evidence.add(excess, round(step_s * SECOND)) < ENOUGH:
        time_s += step_s
        assert time_s < 3600, "never enough"
    return time_s + step_s


@pytest.mark.parametrize("step_s", [0.25, 2.0, 10.0])
def test_time_counts_not_vectors(step_s):
    assert seconds_until_enough(2.0, step_s) == pytest.approx(30.0, abs=step_s)


def test_stronger_is_sooner():
    assert seconds_until_enough(6.0, 1.0) < seconds_until_enough(2.0, 1.0) < seconds_until_enough(0.5, 1.0)


def test_few_vectors_are_never_enough():
    evidence = Evidence()
    amounts = [evidence.add(100.0, 20 * SECOND) for _ in range(HITS)]
    assert amounts == [0.0] * (HITS - 1) + [pytest.approx(100.0)]


def test_a_moment_is_forgotten():
    evidence = Evidence()
    evidence.add(5.0, 10 * SECOND)
    assert evidence
    evidence.add(-3.5, 60 * SECOND)
    assert not evidence
    assert evidence.hits == 0


def test_a_long_silence_proves_nothing():
    evidence = Evidence()
    for _ in range(10):
        assert not evidence.add(1.0, 600 * SECOND)


def test_its_peak_is_the_highest_sum_of_enough_hits_until_it_is_0():
    evidence = Evidence()
    peaks = []
    for excess in (3.0, 3.0, 3.0, -1.5, 3.0, -12.0):
        evidence.add(excess, 10 * SECOND)
        peaks.append(evidence.peak)
    assert peaks == pytest.approx([0.0, 0.0, 1.5, 1.5, 1.75, 0.0])


def test_cleared_it_starts_anew():
    evidence = Evidence()
    for _ in range(3):
        evidence.add(6.0, 5 * SECOND)
    evidence.clear()
    assert evidence == Evidence()
