"""Facts from wire messages."""

from __future__ import annotations

from collections.abc import Sequence
from math import nan
from typing import Final

from resonance_contracts.features import FEATURE_NAMES, INDEX
from resonance_contracts.pb.resonance.v1 import detection_pb2 as detection
from resonance_contracts.pb.resonance.v1 import explanation_pb2 as explanation
from resonance_narration.facts import (
    AlertFacts,
    AnomalyFacts,
    Detector,
    FeatureFact,
    FindingFact,
    Reference,
    RiseFact,
    Severity,
    StepFact,
    SumFact,
    Unit,
    WindowFact,
)
from resonance_narration.technical_further import SAMPLING
from resonance_narration.week import DayPart, WeekPart

_DETECTORS: Final = {
    detection.DETECTOR_RULE: Detector.RULE,
    detection.DETECTOR_BASELINE: Detector.BASELINE,
    detection.DETECTOR_MODEL: Detector.MODEL,
}
_UNITS: Final = {
    explanation.ATTRIBUTION_UNIT_SCORE: Unit.SCORE,
    explanation.ATTRIBUTION_UNIT_PROBABILITY: Unit.PROBABILITY,
    explanation.ATTRIBUTION_UNIT_DEVIATIONS: Unit.DEVIATIONS,
}
_SUNDAY: Final = 7
_REPLAY: Final = "replay:"
_USER: Final = "user"
_USER_THEN: Final = "user_then"
_EXPECTED: Final = "expected"
_NONE: Final = (None,) * len(FEATURE_NAMES)


def finding_fact(finding: detection.Finding) -> FindingFact:
    """One reason; an unknown detector reads as a model, an unknown severity as low."""
    return FindingFact(
        detector=_DETECTORS.get(finding.detector, Detector.MODEL),
        kind=finding.kind,
        severity=Severity(finding.severity or Severity.LOW),
        features=tuple(finding.features),
        observed=finding.observed,
        threshold=finding.threshold,
    )


def anomaly_facts(told: explanation.Explanation) -> AnomalyFacts:
    """Facts of an explanation that has everything but its texts."""
    anomaly, when = told.anomaly, week_part(told.anomaly)
    scored = bool(anomaly.scorer.model_version)
    return AnomalyFacts(
        features=_features(told),
        findings=tuple(finding_fact(f) for f in anomaly.findings),
        severity=Severity(anomaly.severity or Severity.LOW),
        method=told.method,
        unit=_UNITS.get(told.unit),
        reference=_reference(told),
        base=told.base_value,
        score=told.score,
        error_bound=told.error_bound,
        served_score=anomaly.score if scored else nan,
        tail_probability=anomaly.tail_probability if scored else nan,
        model_name=told.scorer.model_name,
        model_version=told.scorer.model_version,
        rules_version=told.scorer.rules_version,
        baseline_weight=anomaly.baseline_weight,
        residual=told.residual,
        detectors=tuple(_sum(told, one) for one in told.comparisons if one.reference == told.reference),
        against_usual=_against(told, _USER) if told.reference != _USER else None,
        against_expected=_against(told, _EXPECTED),
        skipped=tuple(told.skipped),
        checks_failed=tuple(told.checks_failed),
        before=_window(told.sequence) if told.HasField("sequence") else None,
        when=when,
        weeks=anomaly.usual_then.weeks,
        against_usual_then=_against(told, _USER_THEN) if when is not None else None,
    )


def alert_facts(alert: detection.Alert, told: explanation.Explanation | None = None) -> AlertFacts:
    """Facts of an alert, with the explanation of the vector that opened it, or made it graver, where there is one."""
    scored = told is not None and bool(told.anomaly.scorer.model_version)
    finding = (
        alert.finding
        if alert.HasField("finding")
        else detection.Finding(
            detector=alert.detector, kind=alert.kind, severity=alert.severity, observed=nan, threshold=nan
        )
    )
    rise = alert.rises[-1] if alert.rises else None
    if rise is not None and rise.HasField("finding"):
        finding = rise.finding
    return AlertFacts(
        finding=finding_fact(finding),
        resolved=alert.state == detection.ALERT_STATE_RESOLVED,
        vectors=alert.vectors,
        seconds=max(0.0, (alert.last_seen_us - alert.opened_us) / 1e6),
        replay=alert.stream.startswith(_REPLAY),
        evidence=_features(told) if told is not None else (),
        reference=_reference(told) if told is not None else None,
        served_score=told.anomaly.score if told is not None and scored else nan,
        tail_probability=told.anomaly.tail_probability if told is not None and scored else nan,
        baseline_weight=told.anomaly.baseline_weight if told is not None else 0,
        when=week_part(told.anomaly) if told is not None else None,
        rise=None if rise is None else rise_fact(rise),
    )


def rise_fact(rise: detection.Rise) -> RiseFact:
    """How an incident became graver; an unknown severity reads as low."""
    before = Severity(rise.before or Severity.LOW)
    return RiseFact(before) if rise.HasField("finding") else RiseFact(before, rise.evidence, rise.enough)


def week_part(anomaly: detection.Anomaly) -> WeekPart | None:
    """The part of the week whose usual values are known; None where none are."""
    when = anomaly.usual_then.when
    if not 1 <= when.weekday <= _SUNDAY or not 1 <= when.part <= DayPart.EVENING:
        return None
    return WeekPart(when.weekday, DayPart(when.part), when.time_zone)


def _reference(told: explanation.Explanation) -> Reference | None:
    return Reference(told.reference) if told.reference in set(Reference) else None


def _against(told: explanation.Explanation, reference: str) -> SumFact | None:
    return next((_sum(told, one) for one in told.comparisons if one.reference == reference), None)


def _sum(told: explanation.Explanation, one: explanation.Comparison) -> SumFact:
    """Features without a share in it are left out."""
    values, attributions = told.anomaly.values, list(one.attributions)
    references = list(one.reference_values) or _NONE
    shares = [place for place, attribution in enumerate(attributions) if attribution]
    shares.sort(key=lambda place: -abs(attributions[place]))
    features = tuple(
        FeatureFact(FEATURE_NAMES[place], values[place], references[place], attributions[place]) for place in shares
    )
    return SumFact(one.of, features, one.base_value, one.score, one.error_bound)


def _window(told: explanation.SequenceAttribution) -> WindowFact:
    shares = [FeatureFact(name, nan, None, share) for name, share in zip(FEATURE_NAMES, told.features, strict=True)]
    return WindowFact(
        of=told.of,
        steps=tuple(StepFact(len(told.steps) - place, share) for place, share in enumerate(told.steps)),
        features=tuple(sorted(shares, key=lambda fact: -abs(fact.attribution))),
        vector=told.vector,
        base=told.base_value,
        score=told.score,
        error_bound=told.error_bound,
        sampled=told.method == SAMPLING,
    )


def _features(told: explanation.Explanation) -> tuple[FeatureFact, ...]:
    then = list(told.anomaly.usual_then.values)
    return tuple(_feature(told, entry, then) for entry in told.attributions)


def _feature(
    told: explanation.Explanation, entry: explanation.FeatureAttribution, then: Sequence[float]
) -> FeatureFact:
    baseline = told.anomaly.baseline
    known = baseline[INDEX[entry.feature]] if entry.feature in INDEX and len(baseline) == len(INDEX) else None
    return FeatureFact(
        name=entry.feature,
        value=entry.value,
        reference=entry.reference if told.reference else None,
        attribution=entry.attribution,
        usual=known.mean if known else None,
        usual_spread=known.spread if known else None,
        usual_then=then[INDEX[entry.feature]] if entry.feature in INDEX and len(then) == len(INDEX) else None,
    )
