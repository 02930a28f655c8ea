"""What detection says, as messages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import isnan
from typing import Final, cast

from resonance_contracts.pb.resonance.v1 import detection_pb2 as pb
from resonance_contracts.pb.resonance.v1.features_pb2 import VectorBatch
from resonance_contracts.pb.resonance.v1.operations_pb2 import LIMIT_SOURCE_MODEL, LimitAdjusted
from resonance_modeling.scales import to_units
from resonance_predictor.findings import Finding
from resonance_predictor.incidents import Incident
from resonance_predictor.limits.limiting import Limiting
from resonance_predictor.rises import Rise
from resonance_predictor.scored import Fault
from resonance_predictor.terms import Origin
from resonance_predictor.time_zones import TimeZone, week_part
from resonance_predictor.weeks import Usual

RAISED: Final = 1
"""Revision of an incident that was opened; each rise has the next one, and so has its end."""


@dataclass(slots=True)
class Outputs:
    """What one batch of vectors gives.

    Attributes:
        predictions: Scores and severities of the vectors applied, in their order; None where there are none.
        failed_over: The same of vectors on which the models in force failed, by who scored them instead; they are not
            in `predictions`, unless that would be empty.
        anomalies: Vectors that counted into an incident, in their order.
        raised: Incidents opened, in the order of the vectors that opened them.
        escalated: Incidents that became graver, in the order of the vectors that did it.
        resolved: Incidents that ended: absorbed by another, or quiet for long enough.
        held_back: Incidents opened of which nobody is told; they are in none of the others.
        limits: Limits that were set or renewed, in the order of the vectors that were the reason.
        unlimited: Users who were erased while they had a limit.
        faults: Models that failed.
    """

    predictions: pb.PredictionBatch | None = None
    failed_over: Sequence[pb.PredictionBatch] = ()
    anomalies: list[pb.Anomaly] = field(default_factory=list)
    raised: list[pb.Alert] = field(default_factory=list)
    escalated: list[pb.Alert] = field(default_factory=list)
    resolved: list[pb.Alert] = field(default_factory=list)
    held_back: list[pb.Alert] = field(default_factory=list)
    limits: list[LimitAdjusted] = field(default_factory=list)
    unlimited: list[str] = field(default_factory=list)
    faults: Sequence[Fault] = ()

    def add(self, later: Outputs) -> None:
        """Append what came later; predictions stay."""
        self.anomalies += later.anomalies
        self.raised += later.raised
        self.escalated += later.escalated
        self.resolved += later.resolved
        self.held_back += later.held_back
        self.limits += later.limits


def with_erased(predictions: pb.PredictionBatch | None, batch: VectorBatch) -> pb.PredictionBatch:
    """The predictions of a batch, if there are any, and who was erased before them."""
    told = pb.PredictionBatch(stream=batch.stream) if predictions is None else predictions
    told.erased.extend(batch.erased)
    told.erased_us.extend(batch.erased_us)
    return told


def scorer(origin: Origin) -> pb.ScorerReference:
    """By what something was found."""
    return pb.ScorerReference(
        model_name=origin.model_name, model_version=origin.model_version, rules_version=origin.rules_version
    )


def finding(found: Finding) -> pb.Finding:
    """One reason."""
    return pb.Finding(
        detector=cast("pb.Detector", int(found.detector)),
        kind=found.kind,
        severity=severity(found.severity),
        features=found.features,
        observed=found.observed,
        threshold=found.threshold,
    )


def usual_then(usual: Usual, time_zone: TimeZone) -> pb.UsualThen:
    """What is usual of a user in a part of the week, in the features' units."""
    weekday, quarter = week_part(usual.part)
    when = pb.WeekPart(weekday=weekday, part=cast("pb.DayPart", quarter), time_zone=time_zone.name)
    values = to_units(usual.scaled).tolist()
    return pb.UsualThen(when=when, values=values, minutes=usual.minutes, weeks=usual.weeks)


def members(names: Sequence[str], surprises: Sequence[float]) -> list[pb.MemberSurprise]:
    """What each detector of a model says; nothing of one that says NaN."""
    said = zip(names, surprises, strict=True)
    return [pb.MemberSurprise(name=name, surprise=surprise) for name, surprise in said if not isnan(surprise)]


def severity(grade: int) -> pb.Severity:
    """A grade; its number is the same on the wire."""
    return cast("pb.Severity", int(grade))


def raised(incident: Incident, user_key: str, stream: str) -> pb.Alert:
    """An incident that was opened."""
    return _alert(incident, user_key, stream, RAISED)


def escalated(incident: Incident, user_key: str, stream: str) -> pb.Alert:
    """An incident that became graver."""
    return _alert(incident, user_key, stream, RAISED + len(incident.rises))


def resolved(incident: Incident, user_key: str, stream: str, resolved_us: int) -> pb.Alert:
    """An incident that ended."""
    alert = _alert(incident, user_key, stream, RAISED + len(incident.rises) + 1)
    alert.state = pb.ALERT_STATE_RESOLVED
    alert.resolved_us = resolved_us
    return alert


def limited(limiting: Limiting, user_key: str) -> LimitAdjusted:
    """A limit that was set or renewed."""
    held, cause = limiting.held, limiting.cause
    ordinary = "not known" if limiting.ordinary is None else f"{limiting.ordinary:.3g} a second"
    return LimitAdjusted(
        user_key=user_key,
        source=LIMIT_SOURCE_MODEL,
        rate=held.allowance.rate,
        burst=held.allowance.burst,
        adjusted_us=held.adjusted_us,
        expires_us=held.expires_us,
        reason=(
            f"Incident {cause.kind}, severity {cause.severity.name.lower()} ({cause.alert_id}), and "
            f"{limiting.pace:.3g} messages a second; what the user sends in a busy minute is {ordinary}. "
            "It ends by itself."
        ),
    )


def _rise(rise: Rise) -> pb.Rise:
    cause = rise.cause
    return pb.Rise(
        before=severity(rise.before),
        severity=severity(cause.severity),
        vector_id=rise.vector_id,
        end_us=rise.end_us,
        first_received_us=rise.first_received_us,
        last_received_us=rise.last_received_us,
        finding=None if cause.finding is None else finding(cause.finding),
        evidence=cause.evidence,
        enough=cause.enough,
    )


def _alert(incident: Incident, user_key: str, stream: str, revision: int) -> pb.Alert:
    return pb.Alert(
        alert_id=incident.alert_id,
        revision=revision,
        state=pb.ALERT_STATE_OPEN,
        user_key=user_key,
        stream=stream,
        kind=incident.kind,
        severity=severity(incident.severity),
        detector=cast("pb.Detector", int(incident.detector)),
        vector_id=incident.vector_id,
        finding=finding(incident.finding),
        opened_us=incident.opened_us,
        last_seen_us=incident.last_seen_us,
        vectors=incident.vectors,
        scorer=scorer(incident.origin),
        first_received_us=incident.first_received_us,
        last_received_us=incident.last_received_us,
        grounds=incident.grounds_name,
        evidence=incident.most,
        farthest=incident.farthest,
        rises=map(_rise, incident.rises),
    )
