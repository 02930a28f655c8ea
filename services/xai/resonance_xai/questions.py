"""Questions by features: the vector in the form of one that was flagged."""

from __future__ import annotations

from hashlib import sha256
from typing import Final

import numpy as np
from numpy.typing import NDArray

from resonance_contracts.features import CATALOGUE_VERSION
from resonance_contracts.pb.resonance.v1 import detection_pb2 as pb

Floats = NDArray[np.float64]

ASKED: Final = "asked"
"""Stands for the user and the stream of a vector that nobody sent."""


def anomaly_of(
    vector: Floats, scorer: pb.ScorerReference, score: float, tail_probability: float, confidence: float
) -> pb.Anomaly:
    """A vector that was asked about, in the form of one that was flagged; its id is a hash of its content."""
    content = sha256(f"{scorer.model_name}/{scorer.model_version}/".encode() + vector.tobytes())
    return pb.Anomaly(
        vector_id=content.hexdigest()[:32],
        user_key=ASKED,
        stream=ASKED,
        catalogue_version=CATALOGUE_VERSION,
        values=vector.tolist(),
        scorer=scorer,
        score=score,
        tail_probability=tail_probability,
        confidence=confidence,
    )
