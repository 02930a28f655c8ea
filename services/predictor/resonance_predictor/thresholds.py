"""How much evidence makes an incident, and how large or rare its findings must be for a higher severity."""

from __future__ import annotations

from math import log10
from typing import Final

import msgspec

from resonance_predictor.severity import DEVIATION_HIGH, DEVIATION_MEDIUM, TAIL_HIGH, TAIL_MEDIUM


class Thresholds(msgspec.Struct, frozen=True):
    """Thresholds in force.

    Attributes:
        deviation: Sum of a strong deviation at which there is an incident, spreads above the drift times minutes.
        climb: The same of a rise that stays.
        surprise: The same of the model's surprise, powers of ten times minutes.
        medium_deviation, high_deviation: Spreads from which a deviation is of that severity.
        medium_surprise, high_surprise: The same of the model's surprise, powers of ten.
    """

    deviation: float = 1.0
    climb: float = 12.5
    surprise: float = 1.0
    medium_deviation: float = DEVIATION_MEDIUM
    high_deviation: float = DEVIATION_HIGH
    medium_surprise: float = -log10(TAIL_MEDIUM)
    high_surprise: float = -log10(TAIL_HIGH)


DEFAULT: Final = Thresholds()
