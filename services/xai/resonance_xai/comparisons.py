"""What an explanation says beside its attributions: each detector's, and those against other references."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

from resonance_attribution.attribution import Attributed, Foreseen
from resonance_attribution.shapley import Attribution
from resonance_contracts.pb.resonance.v1 import detection_pb2, explanation_pb2

Floats = NDArray[np.float64]

SCORE: Final = "score"
"""What is attributed where it is no detector's surprise."""

POPULATION: Final = "population"
USER: Final = "user"
USER_THEN: Final = "user_then"
EXPECTED: Final = "expected"
"""References."""

MEMBER_TOLERANCE: Final = 1e-5
"""32-bit sums of a detector depend on how many rows it is shown at once, by this share of them."""


def of_detectors(found: Attributed) -> Iterator[explanation_pb2.Comparison]:
    """Attributions of what each detector says, against the reference of the whole."""
    for name, one in found.members.items():
        yield comparison(name, one, POPULATION)


def against_usual(found: Attribution, usual: Floats) -> explanation_pb2.Comparison:
    """Attributions of the score against the user's own normal."""
    return comparison(SCORE, found, USER, usual)


def against_usual_then(found: Attribution, usual: Floats, when: detection_pb2.WeekPart) -> explanation_pb2.Comparison:
    """Attributions of the score against the user's own normal in a part of the week."""
    told = comparison(SCORE, found, USER_THEN, usual)
    told.when.CopyFrom(when)
    return told


def against_expected(found: Foreseen) -> explanation_pb2.Comparison:
    """Attributions of the surprise of the detector that looks back, against what it had expected."""
    return comparison(found.name, found.attribution, EXPECTED, found.expected)


def comparison(of: str, found: Attribution, reference: str, values: Floats | None = None) -> explanation_pb2.Comparison:
    """Attributions in columns."""
    unit = explanation_pb2.ATTRIBUTION_UNIT_SCORE if of == SCORE else explanation_pb2.ATTRIBUTION_UNIT_SURPRISE
    return explanation_pb2.Comparison(
        of=of,
        reference=reference,
        unit=unit,
        method=found.method,
        base_value=found.base,
        score=found.score,
        error_bound=found.error_bound,
        reference_values=[] if values is None else values.tolist(),
        attributions=found.values.tolist(),
    )


def detectors_differ(anomaly: detection_pb2.Anomaly, members: Mapping[str, Attribution]) -> bool:
    """Whether a detector says something else of the vector than it said when it was served."""
    return any(
        abs(members[served.name].score - served.surprise) > MEMBER_TOLERANCE * max(1.0, served.surprise)
        for served in anomaly.members
        if served.name in members
    )
