"""Scales of comparison: what each feature is transformed to before it is compared with its own past or learned from.

Counts and sizes are heavy-tailed, so they are compared as log(1 + x). A share of n messages is compared as
arcsin(sqrt(p)), whose standard error is 1 / (2 sqrt(n)) whatever p is (Anscombe 1948).
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

from resonance_contracts.features import FEATURES

Floats = NDArray[np.float64]


class Transform(StrEnum):
    """Scale on which a feature is compared."""

    LOG = "log(1 + x)"
    ARCSINE = "arcsin(sqrt(x))"
    PLAIN = "x"


TRANSFORMS: Final[dict[str, Transform]] = {
    "messages_per_minute": Transform.LOG,
    "requests_per_user": Transform.LOG,
    "avg_message_size": Transform.LOG,
    "error_rate": Transform.ARCSINE,
    "rate_limit_violations": Transform.LOG,
    "connection_duration": Transform.LOG,
    "channels_count": Transform.LOG,
    "channel_activity": Transform.LOG,
    "burstiness_score": Transform.PLAIN,
    "ip_entropy": Transform.PLAIN,
    "login_intervals": Transform.LOG,
    "jwt_token_reuse": Transform.LOG,
    "jwt_token_churn": Transform.LOG,
}
_LOGS: Final = np.array([TRANSFORMS[feature.name] is Transform.LOG for feature in FEATURES])
_ARCSINES: Final = np.array([TRANSFORMS[feature.name] is Transform.ARCSINE for feature in FEATURES])
_ARCSINE_COLUMNS: Final[tuple[int, ...]] = tuple(np.flatnonzero(_ARCSINES).tolist())


def to_scale(values: Floats) -> Floats:
    """Vectors (n, WIDTH) on the scales of comparison; values outside a scale's range are clipped to it."""
    # Whole arrays first: with few rows the number of calls is the cost, not that of logarithms nobody needs.
    floor = np.maximum(values, 0.0)
    scaled: Floats = np.where(_LOGS, np.log1p(floor), values)
    for column in _ARCSINE_COLUMNS:
        scaled[:, column] = np.arcsin(np.sqrt(np.minimum(floor[:, column], 1.0)))
    return scaled


def from_scale(mean: Floats, spread: Floats) -> tuple[Floats, Floats]:
    """Mean and spread (WIDTH,) in the features' own units: the value at the mean, half the distance of mean ± spread.

    On a logarithmic scale the first is the median of what was seen, which outliers do not move.
    """
    middle, low, high = (to_units(mean + shift * spread) for shift in (0.0, -1.0, 1.0))
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


def to_units(scaled: Floats) -> Floats:
    """Values (..., WIDTH) on the scales of comparison in the features' own units; those outside a scale are clipped."""
    values = scaled.copy()
    values[..., _LOGS] = np.expm1(np.maximum(values[..., _LOGS], 0.0))
    values[..., _ARCSINES] = np.sin(np.clip(values[..., _ARCSINES], 0.0, np.pi / 2.0)) ** 2
    return values
