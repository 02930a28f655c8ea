"""How each feature is held against its own past: least spread, noise, side. Its scale: `resonance_modeling.scales`.

Means and shares of few messages are noisy: that noise is added to the spread, so that one error in one message
proves nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

from resonance_contracts.features import FEATURES, INDEX

Floats = NDArray[np.float64]


class Side(IntEnum):
    """Which way a deviation must go to count; the number is the sign."""

    BELOW = -1
    NEITHER = 0
    ABOVE = 1


@dataclass(frozen=True, slots=True)
class Yardstick:
    """How one feature is held against its own past.

    Attributes:
        least_spread: Spread below which nobody's habits are taken to be, on its scale of comparison.
        side: Which way is suspicious. Writing less, or staying connected for long, is not.
        sampling: Variance that one message brings on that scale; divided by the messages of the last minute.
    """

    least_spread: float
    side: Side
    sampling: float = 0.0


YARDSTICKS: Final[dict[str, Yardstick]] = {
    "messages_per_minute": Yardstick(0.30, Side.ABOVE),
    "requests_per_user": Yardstick(0.25, Side.ABOVE),
    "avg_message_size": Yardstick(0.40, Side.ABOVE, sampling=1.0),
    "error_rate": Yardstick(0.08, Side.ABOVE, sampling=0.25),
    "rate_limit_violations": Yardstick(0.50, Side.ABOVE),
    "connection_duration": Yardstick(1.00, Side.NEITHER),
    "channels_count": Yardstick(0.35, Side.ABOVE),
    "channel_activity": Yardstick(0.50, Side.ABOVE),
    "burstiness_score": Yardstick(0.30, Side.BELOW),
    "ip_entropy": Yardstick(0.50, Side.ABOVE),
    "login_intervals": Yardstick(1.50, Side.BELOW),
    "jwt_token_reuse": Yardstick(0.40, Side.ABOVE),
    "jwt_token_churn": Yardstick(0.40, Side.ABOVE),
}
_ROWS: Final = tuple(YARDSTICKS[feature.name] for feature in FEATURES)
_SAMPLING: Final = np.array([y.sampling for y in _ROWS])
_MESSAGES: Final = INDEX["messages_per_minute"]

LEAST_SPREAD: Final[Floats] = np.array([y.least_spread for y in _ROWS])
SIDES: Final[Floats] = np.array([float(y.side) for y in _ROWS])


def sampling_variance(values: Floats) -> Floats:
    """Variance (n, WIDTH) on the scales of comparison that comes from few messages alone."""
    messages = np.maximum(values[:, _MESSAGES], 1.0)
    noise: Floats = _SAMPLING / messages[:, np.newaxis]
    return noise
