"""Deviation from the user's own normal, where no model scored.

Each feature carries its distance from the user's mean in standard deviations, whichever way it goes; the score is
their sum (a city-block distance). So they add up by definition, and a burst and a silence weigh alike.
"""

from __future__ import annotations

from math import fsum
from typing import Final

import numpy as np
from numpy.typing import NDArray

from resonance_attribution.shapley import Attribution, checked
from resonance_contracts.features import FEATURES

Floats = NDArray[np.float64]

FARTHEST: Final = 1e6
"""Deviations are told up to here, so that one absurd value cannot drown the sum of the others in rounding."""

_PLACES: Final = 12
_SMALLEST_STEP: Final = {"": 0.01, "bit": 0.1}
SMALLEST_SPREAD: Final[Floats] = np.array([_SMALLEST_STEP.get(feature.unit, 1.0) for feature in FEATURES])
"""Least spread per feature, in its unit: one message, one byte, one second, a hundredth of a share. Somebody who
never did a thing would otherwise be infinitely far from doing it once."""


def deviations(vector: Floats, mean: Floats, spread: Floats) -> Attribution:
    """Distances in standard deviations; vector, mean and spread have shape (WIDTH,) and are finite, spread >= 0."""
    with np.errstate(over="ignore"):
        distance = np.abs(vector - mean) / np.maximum(spread, SMALLEST_SPREAD)
    values: Floats = np.minimum(distance, FARTHEST).round(_PLACES)
    return checked(0.0, fsum(values.tolist()), values)
