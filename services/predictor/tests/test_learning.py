"""What baselines learn from, and what not."""

from __future__ import annotations

import numpy as np
import pytest

from resonance_predictor.detection import PartitionDetector

START_US = 10**15
MINUTE_US = 60_000_000


class Life:
    """One user whose vectors come every ten seconds."""

    def __init__(self, synthetic, terms) -> None:
        self.synthetic = synthetic
        self.detector = PartitionDetector(terms)
        self.now_us = START_US
        self.number = 0

    def live(self, minutes: float, **features: float) -> None:
        vectors = []
        for _ in range(int(minutes * 6)):
            self.number += 1
            self.now_us += 10_000_000
            values = self.synthetic.values(**features)
            vectors.append(self.synthetic.vector("u_a", self.number, self.now_us, values))
        self.detector.apply(self.number, self.synthetic.batch(vectors))

    def pause(self, minutes: float) -> None:
        self.now_us += int(minutes * MINUTE_US)

    @property
    def usual_pace(self) -> float:
        """Messages a minute that the baseline takes for normal."""
        return float(np.expm1(self.detector._users.baseline.mean[0, 0]))

    @property
    def minutes_learned(self) -> float:
        return float(self.detector._users.baseline.weight[0])


@pytest.fixture
def life(synthetic):
    found = Life(synthetic, synthetic.terms)
    found.live(40)
    return found


def test_what_is_flagged_teaches_nothing(life):
    before, learned = life.usual_pace, life.detector._users.learned[0]
    assert before == pytest.approx(6.0)
    life.live(30, messages_per_minute=300, requests_per_user=3000)
    assert life.usual_pace == before
    assert life.detector._users.learned[0] == learned


def test_after_two_hours_it_is_the_new_normal(life):
    life.live(119, messages_per_minute=300, requests_per_user=3000)
    assert life.usual_pace == pytest.approx(6.0)
    life.live(60, messages_per_minute=300, requests_per_user=3000)
    assert life.usual_pace > 30.0


def test_the_beginning_of_a_sitting_teaches_less(synthetic):
    early, late = Life(synthetic, synthetic.terms), Life(synthetic, synthetic.terms)
    for _ in range(5):
        early.live(2)
        early.pause(6)
    late.live(20)
    assert early.minutes_learned < 0.5
    assert late.minutes_learned > 10.0


def test_who_comes_back_after_a_day_is_new(life):
    assert life.minutes_learned > 20.0
    life.pause(25 * 60)
    life.live(1)
    assert life.minutes_learned < 0.1


def test_who_comes_back_within_a_day_is_not(life):
    before = life.minutes_learned
    life.pause(23 * 60)
    life.live(1)
    assert life.minutes_learned > before


def test_a_model_learns_whom_it_is_always_surprised_by(synthetic):
    odd = Life(synthetic, synthetic.scored_terms)
    odd.live(60, requests_per_user=100)  # tail probability 0.14
    assert odd.detector._users.habit.mean[0, 0] == pytest.approx(0.02 * 100 / np.log(10), rel=0.01)
