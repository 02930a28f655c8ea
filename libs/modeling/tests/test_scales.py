"""Scales on which features are compared and learned from."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from resonance_contracts.features import FEATURE_NAMES, INDEX, WIDTH
from resonance_modeling.scales import TRANSFORMS, from_scale, population_on_scale, to_scale


def test_every_feature_has_a_scale():
    assert tuple(TRANSFORMS) == FEATURE_NAMES


@given(st.lists(st.floats(0, 0.999), min_size=WIDTH, max_size=WIDTH))
def test_the_way_back_from_a_scale_is_the_way_there(values):
    row = np.array(values)
    back, spread = from_scale(to_scale(row[np.newaxis])[0], np.zeros(WIDTH))
    assert back == pytest.approx(row, abs=1e-9)
    assert (spread == 0).all()


def test_values_outside_a_scale_are_clipped_to_it():
    values = np.zeros((1, WIDTH))
    values[0, INDEX["messages_per_minute"]] = -5.0
    values[0, INDEX["error_rate"]] = 1.5
    scaled = to_scale(values)[0]
    assert scaled[INDEX["messages_per_minute"]] == 0.0
    assert scaled[INDEX["error_rate"]] == pytest.approx(np.pi / 2)


def test_a_population_is_brought_to_scale_as_its_members_are():
    rng = np.random.default_rng(1)
    values = np.zeros((200_000, WIDTH))
    log, share, plain = (INDEX[n] for n in ("requests_per_user", "error_rate", "ip_entropy"))
    values[:, log] = rng.lognormal(3.0, 0.4, len(values)) - 1.0
    values[:, share] = rng.beta(40, 360, len(values))
    values[:, plain] = rng.normal(1.0, 0.2, len(values))
    mean, spread = population_on_scale(values.mean(axis=0), values.std(axis=0))
    scaled = to_scale(values)
    for index in (log, share, plain):
        assert mean[index] == pytest.approx(scaled[:, index].mean(), rel=0.02)
        assert spread[index] == pytest.approx(scaled[:, index].std(), rel=0.03)


def test_arcsine_has_the_sampling_variance_that_is_claimed_of_many_messages():
    rng = np.random.default_rng(2)
    values = np.zeros((100_000, WIDTH))
    values[:, INDEX["error_rate"]] = rng.binomial(100, 0.3, len(values)) / 100
    assert to_scale(values)[:, INDEX["error_rate"]].var() == pytest.approx(0.25 / 100, rel=0.05)
