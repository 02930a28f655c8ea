"""How features are held against their own past."""

from __future__ import annotations

import numpy as np

from resonance_contracts.features import FEATURE_NAMES, INDEX, WIDTH
from resonance_predictor.deviation import LEAST_SPREAD, YARDSTICKS, sampling_variance


def test_every_feature_has_a_yardstick():
    assert tuple(YARDSTICKS) == FEATURE_NAMES
    assert (LEAST_SPREAD > 0).all()


def test_noise_of_few_messages_falls_with_their_number():
    values = np.zeros((2, WIDTH))
    values[:, INDEX["messages_per_minute"]] = (0.0, 25.0)
    noise = sampling_variance(values)[:, INDEX["error_rate"]]
    assert noise.tolist() == [0.25, 0.01]
