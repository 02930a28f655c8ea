"""An explanation as a picture."""

from __future__ import annotations

from resonance_contracts.pb.resonance.v1 import explanation_pb2
from resonance_xai.anomalies import values_of
from resonance_xai.plots.figures import Format, to_file
from resonance_xai.plots.waterfall import waterfall
from resonance_xai.told import attribution_of, drawn_of


def waterfall_of(told: explanation_pb2.Explanation, language: str, format_: Format) -> bytes | None:
    """Its waterfall; None where nothing is attributed."""
    drawn = drawn_of(told)
    if drawn is None:
        return None
    return to_file(waterfall(drawn, values_of(told.anomaly), attribution_of(told), language), format_)
