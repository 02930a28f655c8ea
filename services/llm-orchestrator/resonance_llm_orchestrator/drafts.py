"""What is known of an alert before it has words: one draft for each enriched alert, from one input record."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from resonance_contracts.pb.resonance.v1 import alert_pb2, detection_pb2, explanation_pb2
from resonance_runtime.errors import Reject

LONGEST_ID: Final = 256
LATEST_US: Final = 253_402_300_800_000_000  # the year 10000: no RFC 3339 time can be written from there on

FACTS: Final = alert_pb2.ENRICHMENT_STAGE_FACTS
EXPLAINED: Final = alert_pb2.ENRICHMENT_STAGE_EXPLAINED
RESOLVED: Final = alert_pb2.ENRICHMENT_STAGE_RESOLVED
JUDGED: Final = alert_pb2.ENRICHMENT_STAGE_JUDGED
ESCALATED: Final = alert_pb2.ENRICHMENT_STAGE_ESCALATED

REVISIONS: Final = {FACTS: 1, EXPLAINED: 2, JUDGED: 3, RESOLVED: 4}
"""By stage: words of a higher one replace those of a lower one."""
RISEN: Final = 3
"""Of all words of an open incident that became graver; see `resonance_contracts.tellings`."""


@dataclass(frozen=True, slots=True)
class Draft:
    """An alert at one stage.

    Attributes:
        stage: What is known; with the rises of the incident it decides the revision, so what is later replaces what
            was before.
        alert: The incident.
        explanation: Why its first vector was flagged, or the one that made it graver; only at stage EXPLAINED.
    """

    stage: alert_pb2.EnrichmentStage
    alert: detection_pb2.Alert
    explanation: explanation_pb2.Explanation | None = None

    @property
    def revision(self) -> int:
        """See `REVISIONS` and `RISEN`."""
        return revision_of(self.alert, self.stage)

    @property
    def id(self) -> str:
        """CloudEvents id of the enriched alert: the same input gives the same id."""
        return id_of(self.alert, self.stage)

    @property
    def time_us(self) -> int:
        """Event time of the enriched alert, microseconds since the epoch."""
        if self.stage == RESOLVED:
            return self.alert.resolved_us
        return self.alert.rises[-1].end_us if self.alert.rises else self.alert.opened_us


def revision_of(alert: detection_pb2.Alert, stage: alert_pb2.EnrichmentStage) -> int:
    """Revision of an enriched alert."""
    return RISEN if alert.rises and stage != RESOLVED else REVISIONS[stage]


def id_of(alert: detection_pb2.Alert, stage: alert_pb2.EnrichmentStage) -> str:
    """CloudEvents id of an enriched alert: its revision; of one that became graver which telling it is, too."""
    id_ = f"{alert.alert_id}/{revision_of(alert, stage)}"
    if not alert.rises or stage == RESOLVED:
        return id_
    name = alert_pb2.EnrichmentStage.Name(stage).removeprefix("ENRICHMENT_STAGE_").lower()
    return f"{id_}/{alert.revision}/{name}"


def of_raised(alert: detection_pb2.Alert) -> Draft:
    """Stage FACTS of an alert that was raised.

    Raises:
        Reject: The alert lacks what an enriched alert needs.
    """
    _check(alert)
    _check_state(alert, detection_pb2.ALERT_STATE_OPEN)
    return Draft(FACTS, known(alert))


def of_escalated(alert: detection_pb2.Alert) -> Draft:
    """Stage ESCALATED of an alert that became graver.

    Raises:
        Reject: The alert lacks what an enriched alert needs.
    """
    _check(alert)
    _check_state(alert, detection_pb2.ALERT_STATE_OPEN)
    if not alert.rises:
        raise Reject("alert field rises is empty; this topic carries alerts that became graver")
    return Draft(ESCALATED, known(alert))


def of_resolved(alert: detection_pb2.Alert) -> Draft:
    """Stage RESOLVED of an alert that is over.

    Raises:
        Reject: The alert lacks what an enriched alert needs.
    """
    _check(alert)
    _check_state(alert, detection_pb2.ALERT_STATE_RESOLVED)
    _check_time("resolved_us", alert.resolved_us)
    return Draft(RESOLVED, known(alert))


def of_explanation(explanation: explanation_pb2.Explanation) -> Sequence[Draft]:
    """Stage EXPLAINED of each alert that the explained vector opened or made graver; none where it only counted.

    Raises:
        Reject: One of the alerts lacks what an enriched alert needs.
    """
    alerts = (*explanation.anomaly.opened, *explanation.anomaly.escalated)
    for alert in alerts:
        _check(alert)
        _check_state(alert, detection_pb2.ALERT_STATE_OPEN)
    return [Draft(EXPLAINED, known(alert), explanation) for alert in alerts]


def known(alert: detection_pb2.Alert) -> detection_pb2.Alert:
    """The alert in values that this version has names for.

    A later version may have others. Such a severity is told as the gravest, so that nobody is told too little; such a
    detector as the model.
    """
    severities, detectors = detection_pb2.Severity.values(), detection_pb2.Detector.values()
    told_of = {alert.severity, alert.finding.severity}
    told_of.update(*((rise.before, rise.severity, rise.finding.severity) for rise in alert.rises))
    if told_of <= {*severities} and alert.detector in detectors:
        return alert
    told = detection_pb2.Alert()
    told.CopyFrom(alert)
    if told.severity not in severities:
        told.severity = detection_pb2.SEVERITY_CRITICAL
    if told.finding.severity not in severities:
        told.finding.severity = detection_pb2.SEVERITY_CRITICAL
    for rise in told.rises:
        rise.before = rise.before if rise.before in severities else detection_pb2.SEVERITY_CRITICAL
        rise.severity = rise.severity if rise.severity in severities else detection_pb2.SEVERITY_CRITICAL
        if rise.finding.severity not in severities:
            rise.finding.severity = detection_pb2.SEVERITY_CRITICAL
    if told.detector not in detectors:
        told.detector = detection_pb2.DETECTOR_MODEL
    return told


def _check(alert: detection_pb2.Alert) -> None:
    for name in ("alert_id", "user_key", "kind"):
        value = getattr(alert, name)
        if not 0 < len(value) <= LONGEST_ID:
            raise Reject(f"alert field {name} has {len(value)} characters; expected 1 to {LONGEST_ID}")
    for name, enum in (("severity", detection_pb2.Severity), ("detector", detection_pb2.Detector)):
        if getattr(alert, name) <= 0:
            raise Reject(f"alert field {name} is {getattr(alert, name)}; expected one of {enum.keys()[1:]}")
    _check_time("opened_us", alert.opened_us)


def _check_state(alert: detection_pb2.Alert, expected: detection_pb2.AlertState) -> None:
    if alert.state != expected:
        name = detection_pb2.AlertState.Name(expected)
        raise Reject(f"alert field state is {alert.state}; this topic carries {name}")


def _check_time(name: str, time_us: int) -> None:
    if not 0 < time_us < LATEST_US:
        raise Reject(f"alert field {name} is {time_us}; expected microseconds since 1970, before the year 10000")
