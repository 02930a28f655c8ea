"""Quantiles that are learned as vectors come, against those of the weighted past."""

from __future__ import annotations

import numpy as np
import pytest

from resonance_predictor.baseline import HALF_LIFE, Moments, Prior
from resonance_predictor.deviation import SIDES
from resonance_predictor.quantiles import LEVELS, Quantiles, usual_range

USERS = 30
STEPS = 3_000
MINUTES = 1.0 / 6.0


def learned(values: np.ndarray) -> np.ndarray:
    """Quantiles (users, 3) after values (users, steps)."""
    moments, quantiles = Moments(np.zeros(1), len(values)), Quantiles(1, len(values))
    slots, minutes = np.arange(len(values)), np.full(len(values), MINUTES)
    for column in values.T:
        quantiles.learn(slots, moments.learn(slots, column[:, np.newaxis], minutes))
    return moments.mean + quantiles.distance[:, :, 0]


def shares_below(values: np.ndarray, at: np.ndarray) -> np.ndarray:
    """Share of the weighted past below each of three quantiles, (users, 3)."""
    weights = 0.5 ** (np.arange(values.shape[1])[::-1] * MINUTES / HALF_LIFE)
    return ((values[:, np.newaxis] < at[:, :, np.newaxis]) * weights).sum(axis=2) / weights.sum()


@pytest.mark.parametrize("kind", ["normal", "exponential", "drift", "shift"])
def test_they_are_those_of_the_weighted_past(kind):
    rng = np.random.default_rng(1)
    noise = rng.normal(size=(USERS, STEPS))
    values = {
        "normal": 8.0 + 0.3 * noise,
        "exponential": rng.exponential(size=noise.shape),
        "drift": noise + np.linspace(0.0, 3.0, STEPS),
        "shift": noise + 3.0 * (np.arange(STEPS) > STEPS // 2),
    }[kind]
    away = np.abs(shares_below(values, learned(values)) - LEVELS)
    assert away.mean(axis=0).max() < (0.08 if kind == "shift" else 0.03)


def test_what_never_changes_is_its_own_range():
    assert learned(np.full((1, 50), 3.7))[0] == pytest.approx([3.7] * 3, abs=1e-6)


def test_a_stranger_has_the_range_of_the_population():
    prior = Prior.unknown()
    nothing = Quantiles(len(SIDES), 1), Moments(SIDES, 1)
    low, median, high = usual_range(*nothing, prior, 0, np.zeros(len(SIDES)))
    assert (median == 0.0).all()
    assert high == pytest.approx(1.6449 * np.sqrt(prior.variance), rel=1e-3)
    assert low == pytest.approx(-high)


def test_room_is_made_and_slots_are_cleared():
    quantiles = Quantiles(1, 2)
    quantiles.assume_normal(np.array([1]), np.ones((1, 1)))
    quantiles.grow(4)
    assert quantiles.distance[1, :, 0] == pytest.approx([-1.645, 0.0, 1.645], abs=1e-3)
    quantiles.clear(1)
    assert not quantiles.distance.any()
