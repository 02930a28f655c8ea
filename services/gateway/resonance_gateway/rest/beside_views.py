"""From what xai found out beside Shapley values to what the gateway answers; free of I/O."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable
from typing import Any, Final

from resonance_contracts.features import FEATURE_NAMES
from resonance_contracts.pb.resonance.v1 import request_pb2
from resonance_contracts.rendering import finite
from resonance_gateway.rest.beside_models import (
    Agreement,
    Change,
    Counterfactual,
    Lime,
    Plot,
    PlotFormat,
    Stability,
    Suggestion,
)

_CONTENT_TYPES: Final = {PlotFormat.SVG.value: "image/svg+xml", PlotFormat.PNG.value: "image/png"}


def features_by_name(values: Iterable[float]) -> dict[str, float | None]:
    """Values of a vector by the catalogue's names; null where JSON has no number for one."""
    return {name: finite(value) for name, value in zip(FEATURE_NAMES, values, strict=False)}


def beside(reply: request_pb2.ExplainReply) -> dict[str, Any]:
    """The fields of an answer that are not of the explanation itself."""
    looked = reply.HasField("counterfactual")
    return {
        "counterfactual": _counterfactual(reply.counterfactual) if looked else Counterfactual(),
        "lime": _lime(reply.lime) if reply.HasField("lime") else None,
        "plots": [_plot(plot) for plot in reply.plots],
        "unfinished": list(reply.unfinished),
    }


def _counterfactual(found: request_pb2.Counterfactuals) -> Counterfactual:
    details = [
        Suggestion(
            changes=[Change(feature=c.feature, now=finite(c.now), value=finite(c.value)) for c in one.changes],
            score=finite(one.score),
            cost=finite(one.cost),
            text=one.text,
        )
        for one in found.suggestions
    ]
    return Counterfactual(
        suggestions=[one.text for one in details], needed=found.needed, text=found.text, details=details
    )


def _lime(line: request_pb2.LocalLine) -> Lime:
    return Lime(
        weights=features_by_name(line.weights),
        weights_spread=features_by_name(line.weights_spread),
        effects=features_by_name(line.effects),
        r2=finite(line.r2),
        stability=Stability(
            repeats=line.repeats,
            rank_correlation=finite(line.rank_correlation),
            sign_agreement=finite(line.sign_agreement),
        ),
        agreement=Agreement(
            rank_correlation=finite(line.shap_rank_correlation),
            sign_agreement=finite(line.shap_sign_agreement),
            low=line.low_agreement,
        ),
    )


def _plot(plot: request_pb2.Plot) -> Plot:
    return Plot(
        name=plot.name,
        format=plot.format,
        content_type=_CONTENT_TYPES.get(plot.format, "application/octet-stream"),
        data=b64encode(plot.data).decode(),
    )
