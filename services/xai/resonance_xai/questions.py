"""Questions by features: a vector from what was given, the rest from the reference."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from math import isfinite
from typing import Final

import numpy as np
from numpy.typing import NDArray

from resonance_contracts.features import BY_NAME, CATALOGUE_VERSION, FEATURE_NAMES, INDEX
from resonance_contracts.pb.resonance.v1 import detection_pb2 as pb
from resonance_xai.errors import MalformedQuestion

Floats = NDArray[np.float64]

ASKED: Final = "asked"
"""Stands for the user and the stream of a vector that nobody sent."""


def vector_of(features: Mapping[str, float], reference: Floats) -> Floats:
    """The vector of a question, shape (WIDTH,).

    Raises:
        MalformedQuestion: A name is unknown, or a value is not finite or outside its feature's range.
    """
    unknown = sorted(set(features) - set(INDEX))
    if unknown:
        raise MalformedQuestion(
            f"There is no feature {unknown[0][:100]!r}; expected names among {', '.join(FEATURE_NAMES)}."
        )
    vector = reference.copy()
    for name, value in sorted(features.items()):
        feature = BY_NAME[name]
        if not isfinite(value) or not feature.lower <= value <= feature.upper:
            raise MalformedQuestion(
                f"Feature {name} is {value}; expected a finite number from {feature.lower:g} to {feature.upper:g}."
            )
        vector[INDEX[name]] = value
    return vector


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
