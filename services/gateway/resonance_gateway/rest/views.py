"""From what the gateway knows to what it answers; free of I/O."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import isfinite
from typing import Any, Final

from resonance_contracts.findings import FINDING_TAIL
from resonance_contracts.pb.resonance.v1 import detection_pb2, explanation_pb2, model_pb2, request_pb2
from resonance_contracts.rendering import Resolve, enum_names, finite, plain
from resonance_gateway.news.language import DEFAULT, Language
from resonance_gateway.news.recent import Recent
from resonance_gateway.news.status import ServiceStatus
from resonance_gateway.news.vectors import Score, Vector
from resonance_gateway.rest.beside_views import beside, features_by_name
from resonance_gateway.rest.list_models import VectorView
from resonance_gateway.rest.models import (
    AnomalyExplanation,
    Comparison,
    Difference,
    ExplainPrediction,
    PredictionExplanation,
    WeekPart,
    WindowAttribution,
)
from resonance_gateway.rest.status_models import ChangeView, ModelView, ServiceView
from resonance_narration import tell_differences

ANOMALY: Final = "anomaly"
NORMAL: Final = "normal"
"""Predictions."""

ROUNDED: Final = 0.0051
"""Confidences that differ by less are the same: people round to two places."""

_SEVERITIES = enum_names(detection_pb2.Severity.DESCRIPTOR)
_UNITS = enum_names(explanation_pb2.AttributionUnit.DESCRIPTOR)


def vector_view(vector: Vector, score: Score | None, resolve: Resolve) -> VectorView:
    """A vector and its score."""
    return VectorView(
        vector_id=vector.vector_id,
        user_key=vector.user_key,
        user_id=resolve(vector.user_key),
        stream=vector.stream,
        start_us=vector.start_us,
        end_us=vector.end_us,
        features=features_by_name(vector.values),
        score=None if score is None else finite(score.score),
        tail_probability=None if score is None else finite(score.tail_probability),
        severity=_severity(0 if score is None else score.severity),
    )


def anomaly_view(
    anomaly: detection_pb2.Anomaly, recent: Recent, resolve: Resolve, language: Language
) -> dict[str, Any]:
    """An anomaly with its values by name and, where it was explained, the explanation in words."""
    explanation = recent.explanations.get(anomaly.vector_id)
    shown = plain(anomaly, resolve)
    shown["features"] = features_by_name(anomaly.values)
    shown["explanation"] = None if explanation is None else text_in(explanation, language).natural
    return shown


def text_in(explanation: explanation_pb2.Explanation, language: Language) -> explanation_pb2.LocalizedText:
    """The texts in a language, else in English, else whatever there is."""
    texts = {text.language: text for text in explanation.texts}
    empty = explanation_pb2.LocalizedText(language=language)
    return texts.get(language) or texts.get(DEFAULT) or next(iter(texts.values()), empty)


def prediction_explanation(
    asked: ExplainPrediction, reply: request_pb2.ExplainReply, language: Language
) -> PredictionExplanation:
    """The answer to a question about a prediction, with what the model says in place of what the question says."""
    prediction, confidence = _said(reply.explanation.anomaly)
    differs, reasons = [*_differences(asked, prediction, confidence)], _reasons(reply, language)
    reasons["natural_explanation"] = f"{_pointed_out(differs, language)} {reasons['natural_explanation']}".strip()
    return PredictionExplanation(
        model_name=asked.model_name, prediction=prediction, confidence=confidence, differs=differs, **reasons
    )


def anomaly_explanation(reply: request_pb2.ExplainReply, resolve: Resolve, language: Language) -> AnomalyExplanation:
    """The answer to a question about an anomaly."""
    explanation, anomaly = reply.explanation, reply.explanation.anomaly
    return AnomalyExplanation(
        model_name=explanation.scorer.model_name,
        prediction=ANOMALY,
        confidence=_said(anomaly)[1],
        vector_id=explanation.vector_id,
        user_key=explanation.user_key,
        user_id=resolve(explanation.user_key),
        stream=explanation.stream,
        start_us=anomaly.start_us,
        end_us=anomaly.end_us,
        severity=_severity(anomaly.severity) or "unspecified",
        features=features_by_name(anomaly.values),
        findings=[plain(finding, resolve) for finding in anomaly.findings],
        alert_ids=list(explanation.alert_ids),
        **_reasons(reply, language),
    )


def _said(anomaly: detection_pb2.Anomaly) -> tuple[str | None, float | None]:
    """What the model says of a vector, and how sure it is; None where no model scored it."""
    if not isfinite(anomaly.score) or not isfinite(anomaly.tail_probability):
        return None, None
    return ANOMALY if anomaly.tail_probability <= FINDING_TAIL else NORMAL, finite(anomaly.confidence)


def _differences(asked: ExplainPrediction, prediction: str | None, confidence: float | None) -> Iterator[Difference]:
    if asked.prediction is not None and prediction is not None and asked.prediction.strip().lower() != prediction:
        yield Difference(field="prediction", given=asked.prediction, said=prediction)
    if asked.confidence is not None and confidence is not None and abs(asked.confidence - confidence) > ROUNDED:
        yield Difference(field="confidence", given=asked.confidence, said=confidence)


def _pointed_out(differs: Sequence[Difference], language: Language) -> str:
    """The differences in words."""
    of = {one.field: one for one in differs}
    prediction, confidence = of.get("prediction"), of.get("confidence")
    return tell_differences(
        language,
        prediction=None if prediction is None else (str(prediction.given), str(prediction.said)),
        confidence=None if confidence is None else (float(confidence.given), float(confidence.said)),
    )


def service_view(status: ServiceStatus) -> ServiceView:
    """The status of one service."""
    return ServiceView(
        service=status.service,
        state=status.state,
        reasons=list(status.reasons),
        instances=status.instances,
        version=status.version,
        details=dict(status.details),
    )


def model_view(promoted: model_pb2.ModelPromoted, drift: model_pb2.DriftDetected | None) -> ModelView:
    """What an alias of a model names, and what drifted since it was trained."""
    return ModelView(
        model_name=promoted.model_name,
        alias=promoted.alias,
        model_version=promoted.model_version,
        revision=promoted.revision,
        promoted_us=promoted.promoted_us,
        reason=promoted.reason,
        drift=[change_view(change) for change in (drift.changes if drift is not None else ())],
    )


def change_view(change: model_pb2.FeatureDrift) -> ChangeView:
    """What of a feature, or of a relation of two, changed."""
    return ChangeView(
        features=list(change.features),
        what=change.what,
        effect=finite(change.effect),
        low=finite(change.low),
        high=finite(change.high),
        since_us=change.since_us,
        evidence=finite(change.evidence),
    )


def _reasons(reply: request_pb2.ExplainReply, language: Language) -> dict[str, Any]:
    """The fields that all explanations share."""
    explanation = reply.explanation
    text = text_in(explanation, language)
    attributions = sorted(explanation.attributions, key=lambda a: -abs(a.attribution))
    total = sum(abs(a.attribution) for a in attributions) or 1.0
    return {
        "feature_importance": {a.feature: abs(a.attribution) / total for a in attributions},
        "shap_values": [a.attribution for a in attributions],
        "technical_explanation": text.technical,
        "natural_explanation": text.natural,
        "language": text.language,
        "model_version": explanation.scorer.model_version,
        "method": explanation.method,
        "unit": _UNITS[explanation.unit],
        "reference": explanation.reference,
        "base_value": finite(explanation.base_value),
        "score": finite(explanation.score),
        "residual": finite(explanation.residual),
        "error_bound": finite(explanation.error_bound),
        "tail_probability": finite(explanation.anomaly.tail_probability) if explanation.scorer.model_version else None,
        "comparisons": [_comparison(one) for one in explanation.comparisons],
        "sequence": _sequence(explanation.sequence) if explanation.HasField("sequence") else None,
        "skipped": list(explanation.skipped),
        "checks_failed": list(explanation.checks_failed),
        "partial": explanation.partial or bool(reply.unfinished),
        **beside(reply),
    }


def _comparison(one: explanation_pb2.Comparison) -> Comparison:
    return Comparison(
        of=one.of,
        reference=one.reference,
        when=_week_part(one.when) if one.HasField("when") else None,
        unit=_UNITS[one.unit],
        method=one.method,
        base_value=finite(one.base_value),
        score=finite(one.score),
        error_bound=finite(one.error_bound),
        attributions=features_by_name(one.attributions),
        reference_values=features_by_name(one.reference_values),
    )


def _sequence(one: explanation_pb2.SequenceAttribution) -> WindowAttribution:
    return WindowAttribution(
        of=one.of,
        unit=_UNITS[one.unit],
        method=one.method,
        base_value=finite(one.base_value),
        score=finite(one.score),
        error_bound=finite(one.error_bound),
        vector=finite(one.vector),
        steps=[finite(step) for step in one.steps],
        features=features_by_name(one.features),
    )


def _week_part(when: detection_pb2.WeekPart) -> WeekPart:
    part = detection_pb2.DayPart.Name(when.part).removeprefix("DAY_PART_").lower()
    return WeekPart(weekday=when.weekday, part=part, time_zone=when.time_zone)


def _severity(number: int) -> str | None:
    """Name of a severity; None for none."""
    return _SEVERITIES.get(number) if number else None
