"""What limits go by."""

from __future__ import annotations

from typing import Final

import msgspec

from resonance_predictor.limits.policy import Allowance

LASTS_US: Final = 300_000_000


class LimitTerms(msgspec.Struct, frozen=True):
    """What limits go by while they are set at all.

    Attributes:
        everybody: What a user may send at the gateway who has no limit of their own.
        lasts_us: A limit ends so long after it was set or renewed.
        load: Load that is expected, as a multiple of what is usual, at least 1.
    """

    everybody: Allowance
    lasts_us: int = LASTS_US
    load: float = 1.0
