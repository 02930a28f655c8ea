"""Deviations from the user's own normal."""

from __future__ import annotations

from math import fsum

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from resonance_contracts.features import FEATURES, INDEX, WIDTH
from resonance_xai.deviation import FARTHEST, SMALLEST_SPREAD, deviations

FINITE = st.lists(st.floats(-1e9, 1e9), min_size=WIDTH, max_size=WIDTH).map(np.array)
SPREADS = st.lists(st.floats(0, 1e6), min_size=WIDTH, max_size=WIDTH).map(np.array)


@given(FINITE, FINITE, SPREADS)
def test_they_add_up_and_none_is_negative(vector: np.ndarray, mean: np.ndarray, spread: np.ndarray) -> None:
    found = deviations(vector, mean, spread)
    assert (found.values >= 0).all()
    assert found.base == 0.0
    assert found.score == fsum(found.values.tolist())
    assert found.residual <= 1e-9 * max(1.0, found.score)


def test_less_counts_as_much_as_more() -> None:
    mean, spread = np.full(WIDTH, 10.0), np.full(WIDTH, 2.0)
    more, less = mean.copy(), mean.copy()
    more[3], less[3] = 16.0, 4.0
    assert deviations(more, mean, spread).values[3] == deviations(less, mean, spread).values[3] == 3.0


def test_somebody_who_never_did_a_thing_is_not_infinitely_far_from_it() -> None:
    vector, zero = np.zeros(WIDTH), np.zeros(WIDTH)
    vector[INDEX["rate_limit_violations"]] = 5.0
    vector[INDEX["error_rate"]] = 0.05
    found = deviations(vector, zero, zero)
    assert found.values[INDEX["rate_limit_violations"]] == 5.0
    assert found.values[INDEX["error_rate"]] == pytest.approx(5.0)
    assert len(SMALLEST_SPREAD) == len(FEATURES)
    assert (SMALLEST_SPREAD > 0).all()


def test_an_absurd_value_is_told_as_far_and_no_farther() -> None:
    vector = np.full(WIDTH, 1e308)
    found = deviations(vector, -vector, np.zeros(WIDTH))
    assert (found.values == FARTHEST).all()
    assert found.score == WIDTH * FARTHEST
