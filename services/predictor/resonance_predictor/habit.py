"""How surprised the model usually is by a user.

A tail probability says how rare a vector is in the population. Some people are rare all day long; that is who
they are, not an incident. So the surprise, -log10 of the tail probability, has a baseline per user as well, and
only what exceeds it counts towards an incident.
"""

from __future__ import annotations

from math import log, log10
from typing import Final

import numpy as np
from numpy.typing import NDArray

from resonance_predictor.baseline import Moments, Slots
from resonance_predictor.severity import TAIL_LOW

Floats = NDArray[np.float64]

MOST: Final = 6.0
"""Surprise above which more is not more: calibrations cannot tell 1 in a million from rarer."""

_LEAST_TAIL: Final = 10.0**-MOST

LEAST: Final = -log10(TAIL_LOW)
"""Surprise that a vector must exceed whoever the user is."""

PRIOR_MINUTES: Final = 10.0
PRIOR_MEAN: Final = 1.0 / log(10.0)
PRIOR_VARIANCE: Final = PRIOR_MEAN**2
"""Mean and variance over the population: tail probabilities are uniform there, so their -log10 is exponential."""

SPREADS: Final = 4.0
"""Spreads above the user's own mean that a vector must exceed."""


def surprise(tail_probability: Floats) -> Floats:
    """-log10 of tail probabilities, between 0 and `MOST`; 0 for NaN, where no model scored."""
    # `fmin` and `fmax` pass over NaN.
    found: Floats = -np.log10(np.fmax(np.fmin(tail_probability, 1.0), _LEAST_TAIL))
    return found


def allowance(habits: Moments, slots: Slots) -> Floats:
    """Surprise that is ordinary for each of some users, (n,)."""
    weight = habits.weight[slots]
    total = weight + PRIOR_MINUTES
    mean = (weight * habits.mean[slots, 0] + PRIOR_MINUTES * PRIOR_MEAN) / total
    variance = (weight * habits.variance[slots, 0] + PRIOR_MINUTES * PRIOR_VARIANCE) / total
    ordinary: Floats = np.maximum(LEAST, mean + SPREADS * np.sqrt(variance))
    return ordinary
