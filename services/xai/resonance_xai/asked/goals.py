"""Where suggestions are to bring a row."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from resonance_xai.asked.subject import Rows, Subject

Floats = NDArray[np.float64]

ORDINARY_TAIL: Final = 0.05
"""Outputs are ordinary between the quantiles of the ordinary rows' that leave so much on either side."""


def missed_of(subject: Subject) -> Rows:
    """The subject's own goal, or into the range of ordinary outputs; needs ordinary rows then."""
    if subject.missed is not None:
        return subject.missed
    low, high = ordinary_range(subject)
    return lambda rows: _outside(subject.score(rows), low, high)


def ordinary_range(subject: Subject) -> tuple[float, float]:
    """Quantiles of the outputs of the ordinary rows."""
    low, high = np.quantile(subject.outputs, [ORDINARY_TAIL, 1 - ORDINARY_TAIL])
    return float(low), float(high)


def _outside(said: Floats, low: float, high: float) -> Floats:
    return np.maximum(low - said, said - high)
