"""What vectors are compared with beside the population: the user's own normal, and that at their time of the week."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from resonance_contracts.features import FEATURES
from resonance_contracts.pb.resonance.v1 import detection_pb2 as pb
from resonance_xai.deviation import SMALLEST_SPREAD

Floats = NDArray[np.float64]

_LOWER = np.array([feature.lower for feature in FEATURES])
_UPPER = np.array([feature.upper for feature in FEATURES])


def usual_of(anomaly: pb.Anomaly, vector: Floats) -> Floats | None:
    """The user's own median of each feature, or the mean where no median was kept, (WIDTH,); None while not known."""
    if not anomaly.baseline:
        return None
    middle = [entry.median if entry.HasField("median") else entry.mean for entry in anomaly.baseline]
    return _told_apart(vector, middle)


def usual_then_of(anomaly: pb.Anomaly, vector: Floats) -> Floats | None:
    """The user's own mean of each feature in the vector's part of the week, (WIDTH,); None while not known."""
    values = anomaly.usual_then.values
    return _told_apart(vector, list(values)) if values else None


def _told_apart(vector: Floats, middle: Sequence[float]) -> Floats:
    """Within the features' ranges; a difference of less than half of the least step of a feature is none.

    See `deviation`: these are estimates, and nobody would tell 1.0004 addresses from one.
    """
    usual = np.clip(np.array(middle, dtype=np.float64), _LOWER, _UPPER)
    return np.where(np.abs(vector - usual) < SMALLEST_SPREAD / 2.0, vector, usual)
