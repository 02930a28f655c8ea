"""How fast a user sends, and how fast they do in a busy minute of their own."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from resonance_contracts.features import INDEX
from resonance_modeling.scales import to_units

Floats = NDArray[np.float64]

BUSY: Final = 2.0
"""Spreads above the user's normal at which they are busy: on the scales of comparison, one minute in forty."""

_WINDOWS_S: Final = {"messages_per_minute": 60.0, "requests_per_user": 600.0}


def pace(values: Floats) -> float:
    """Messages a second that a vector's last minute had, those that were refused included; values (WIDTH,)."""
    return float(values[INDEX["messages_per_minute"]]) / _WINDOWS_S["messages_per_minute"]


def busy_pace(center: Floats, spread: Floats) -> float:
    """Messages a second in a busy minute, or frames in busy ten minutes, whichever is more.

    Args:
        center, spread: The user's normal on the scales of comparison, (WIDTH,).
    """
    busy = to_units(center + BUSY * spread)
    return max(float(busy[INDEX[name]]) / seconds for name, seconds in _WINDOWS_S.items())
