"""The window before a vector in its explanation: which of its steps, and which features."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from resonance_attribution.lookback import LookedBack
from resonance_contracts.pb.resonance.v1 import detection_pb2, explanation_pb2
from resonance_modeling.scorer import RARE
from resonance_xai.comparisons import MEMBER_TOLERANCE

Floats = NDArray[np.float64]

STANDS_OUT: Final = 1.2
"""Times the surprise of every other detector from which the one that looks back is what found a vector: where another
says nearly the same, that explains it as well."""


def is_worth_it(anomaly: detection_pb2.Anomaly, name: str) -> bool:
    """Whether it is told unasked: the detector of that name found the vector, or the vector opened an incident."""
    if anomaly.opened:
        return True
    said = {member.name: member.surprise for member in anomaly.members}
    own = said.pop(name, 0.0)
    return own >= max(RARE, STANDS_OUT * max(said.values(), default=0.0))


def message(found: LookedBack) -> explanation_pb2.SequenceAttribution:
    """What was found, in columns."""
    return explanation_pb2.SequenceAttribution(
        of=found.name,
        unit=explanation_pb2.ATTRIBUTION_UNIT_SURPRISE,
        method=found.method,
        base_value=found.base,
        score=found.score,
        error_bound=found.error_bound,
        steps=found.steps.values.tolist(),
        features=found.features.values.tolist(),
        vector=found.vector,
    )


def differs(found: LookedBack, expected: Floats) -> bool:
    """Whether the model expects something else after the window than it is said to have expected, (WIDTH,)."""
    return bool((np.abs(found.expected - expected) > MEMBER_TOLERANCE * np.maximum(1.0, np.abs(expected))).any())
