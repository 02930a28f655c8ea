"""How surprised the model usually is by a user."""

from __future__ import annotations

import numpy as np
import pytest

from resonance_predictor import habit
from resonance_predictor.baseline import Moments

SLOT = np.array([0])


def test_surprise_is_the_order_of_magnitude_of_rarity():
    tails = np.array([1.0, 0.1, 1e-4, 1e-12, np.nan])
    assert habit.surprise(tails).tolist() == pytest.approx([0.0, 1.0, 4.0, habit.MOST, 0.0])


def test_a_new_user_is_allowed_what_everybody_is():
    assert habit.allowance(Moments(np.zeros(1), 1), SLOT)[0] == pytest.approx(habit.LEAST)


def test_somebody_who_is_always_rare_is_allowed_to_be():
    habits = Moments(np.zeros(1), 1)
    rng = np.random.default_rng(4)
    for value in rng.normal(3.5, 0.3, 300):
        habits.learn(SLOT, np.array([[value]]), np.array([1.0]))
    assert habit.allowance(habits, SLOT)[0] > 4.5
