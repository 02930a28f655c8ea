"""What an explanation says, read back for what is found out and drawn beside it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from resonance_attribution.shapley import SAMPLING, Attribution
from resonance_contracts.features import FEATURE_NAMES
from resonance_contracts.pb.resonance.v1 import explanation_pb2
from resonance_xai.asked.in_time import InTime
from resonance_xai.asked.served import OUTPUT
from resonance_xai.asked.subject import Unit

_UNITS: Final = {
    explanation_pb2.ATTRIBUTION_UNIT_SCORE: Unit.SCORE,
    explanation_pb2.ATTRIBUTION_UNIT_PROBABILITY: Unit.PROBABILITY,
    explanation_pb2.ATTRIBUTION_UNIT_DEVIATIONS: Unit.DEVIATIONS,
}


@dataclass(frozen=True, slots=True)
class Drawn:
    """What a waterfall is of: names of the columns, what the number is called, and its unit."""

    names: tuple[str, ...]
    output: str
    unit: Unit


def attribution_of(told: explanation_pb2.Explanation) -> Attribution:
    """The attributions of an explanation, in the catalogue's order."""
    values = {entry.feature: entry.attribution for entry in told.attributions}
    return Attribution(
        told.base_value,
        told.score,
        np.array([values.get(name, 0.0) for name in FEATURE_NAMES]),
        told.residual,
        told.error_bound,
        sampled=told.method == SAMPLING,
    )


def shap_of(told: explanation_pb2.Explanation) -> InTime:
    """The same with those of each detector of the model, all against the reference of the whole."""
    members = {
        one.of: Attribution(
            one.base_value,
            one.score,
            np.array(one.attributions, dtype=np.float64),
            0.0,
            one.error_bound,
            sampled=one.method == SAMPLING,
        )
        for one in told.comparisons
        if one.reference == told.reference
    }
    return InTime(attribution_of(told), partial=told.partial, members=members)


def drawn_of(told: explanation_pb2.Explanation) -> Drawn | None:
    """What its waterfall is of; None where nothing is attributed."""
    unit = _UNITS.get(told.unit)
    return None if unit is None else Drawn(FEATURE_NAMES, OUTPUT, unit)
