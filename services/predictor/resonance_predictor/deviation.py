"""How each feature is made comparable with its own past: transform, least spread, noise, side.

Counts and sizes are heavy-tailed, so they are compared as log(1 + x). A share of n messages is compared as
arcsin(sqrt(p)), whose standard error is 1 / (2 sqrt(n)) whatever p is (Anscombe 1948). Means and shares of few
messages are noisy: that noise is added to the spread, so that one error in one message proves nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

from resonance_contracts.features import FEATURES, INDEX

Floats = NDArray[np.float64]


class Transform(StrEnum):
    """Scale on which a feature is compared."""

    LOG = "log(1 + x)"
    ARCSINE = "arcsin(sqrt(x))"
    PLAIN = "x"


class Side(IntEnum):
    """Which way a deviation must go to count; the number is the sign."""

    BELOW = -1
    NEITHER = 0
    ABOVE = 1


@dataclass(frozen=True, slots=True)
class Yardstick:
    """How one feature is compared with its own past.

    Attributes:
        transform: Scale of the comparison.
        least_spread: Spread below which nobody's habits are taken to be, on that scale.
        side: Which way is suspicious. Writing less, or staying connected for long, is not.
        sampling: Variance that one message brings on that scale; divided by the messages of the last minute.
    """

    transform: Transform
    least_spread: float
    side: Side
    sampling: float = 0.0


YARDSTICKS: Final[dict[str, Yardstick]] = {
    "messages_per_minute": Yardstick(Transform.LOG, 0.30, Side.ABOVE),
    "requests_per_user": Yardstick(Transform.LOG, 0.25, Side.ABOVE),
    "avg_message_size": Yardstick(Transform.LOG, 0.40, Side.ABOVE, sampling=1.0),
    "error_rate": Yardstick(Transform.ARCSINE, 0.08, Side.ABOVE, sampling=0.25),
    "rate_limit_violations": Yardstick(Transform.LOG, 0.50, Side.ABOVE),
    "connection_duration": Yardstick(Transform.LOG, 1.00, Side.NEITHER),
    "channels_count": Yardstick(Transform.LOG, 0.35, Side.ABOVE),
    "channel_activity": Yardstick(Transform.LOG, 0.50, Side.ABOVE),
    "burstiness_score": Yardstick(Transform.PLAIN, 0.30, Side.BELOW),
    "ip_entropy": Yardstick(Transform.PLAIN, 0.50, Side.ABOVE),
    "login_intervals": Yardstick(Transform.LOG, 1.50, Side.BELOW),
    "jwt_token_reuse": Yardstick(Transform.LOG, 0.40, Side.ABOVE),
    "jwt_token_churn": Yardstick(Transform.LOG, 0.40, Side.ABOVE),
}
_ROWS: Final = tuple(YARDSTICKS[feature.name] for feature in FEATURES)
_LOGS: Final = np.array([y.transform is Transform.LOG for y in _ROWS])
_ARCSINES: Final = np.array([y.transform is Transform.ARCSINE for y in _ROWS])
_ARCSINE_COLUMNS: Final[tuple[int, ...]] = tuple(np.flatnonzero(_ARCSINES).tolist())
_SAMPLING: Final = np.array([y.sampling for y in _ROWS])
_MESSAGES: Final = INDEX["messages_per_minute"]

LEAST_SPREAD: Final[Floats] = np.array([y.least_spread for y in _ROWS])
SIDES: Final[Floats] = np.array([float(y.side) for y in _ROWS])


def to_scale(values: Floats) -> Floats:
    """Vectors (n, WIDTH) on the scales of comparison; values outside a scale's range are clipped to it."""
    # Whole arrays first: with few rows the number of calls is the cost, not that of logarithms nobody needs.
    floor = np.maximum(values, 0.0)
    scaled: Floats = np.where(_LOGS, np.log1p(floor), values)
    for column in _ARCSINE_COLUMNS:
        scaled[:, column] = np.arcsin(np.sqrt(np.minimum(floor[:, column], 1.0)))
    return scaled


def sampling_variance(values: Floats) -> Floats:
    """Variance (n, WIDTH) on the scales of comparison that comes from few messages alone."""
    messages = np.maximum(values[:, _MESSAGES], 1.0)
    noise: Floats = _SAMPLING / messages[:, np.newaxis]
    return noise


def from_scale(mean: Floats, spread: Floats) -> tuple[Floats, Floats]:
    """Mean and spread (WIDTH,) in the features' own units: the value at the mean, half the distance of mean ± spread.

    On a logarithmic scale the first is the median of what was seen, which outliers do not move.
    """
    middle, low, high = (_undo(mean + shift * spread) for shift in (0.0, -1.0, 1.0))
    return middle, (high - low) / 2.0


def population_on_scale(mean: Floats, spread: Floats) -> tuple[Floats, Floats]:
    """Mean and spread (WIDTH,) of a population, known in the features' units, on the scales of comparison.

    On a logarithmic scale by the moments of the log-normal distribution of 1 + x; on the arcsine scale by the
    delta method, whose slope is taken no nearer to the ends than 1 %: there it is infinite.
    """
    scaled_mean, scaled_spread = mean.astype(np.float64), spread.astype(np.float64)
    shifted = 1.0 + np.maximum(mean[_LOGS], 0.0)
    variance = np.log1p((spread[_LOGS] / shifted) ** 2)
    scaled_mean[_LOGS] = np.log(shifted) - variance / 2.0
    scaled_spread[_LOGS] = np.sqrt(variance)
    share = np.clip(mean[_ARCSINES], 0.01, 0.99)
    scaled_mean[_ARCSINES] = np.arcsin(np.sqrt(np.clip(mean[_ARCSINES], 0.0, 1.0)))
    scaled_spread[_ARCSINES] = spread[_ARCSINES] / (2.0 * np.sqrt(share * (1.0 - share)))
    return scaled_mean, scaled_spread


def _undo(scaled: Floats) -> Floats:
    values = scaled.copy()
    values[_LOGS] = np.expm1(np.maximum(values[_LOGS], 0.0))
    values[_ARCSINES] = np.sin(np.clip(values[_ARCSINES], 0.0, np.pi / 2.0)) ** 2
    return values
