"""How much evidence makes an incident."""

from __future__ import annotations

from typing import Final

import msgspec


class Thresholds(msgspec.Struct, frozen=True):
    """Thresholds in force.

    Attributes:
        deviation: Sum of a strong deviation at which there is an incident, spreads above the drift times minutes.
        climb: The same of a rise that stays.
        surprise: The same of the model's surprise, powers of ten times minutes.
    """

    deviation: float = 1.0
    climb: float = 12.5
    surprise: float = 1.0


DEFAULT: Final = Thresholds()
