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

REVISIONS: Final = {FACTS: 1, EXPLAINED: 2, JUDGED: 3, RESOLVED: 4}
"""By stage: words of a higher one replace those of a lower one."""


@dataclass(frozen=True, slots=True)
class Draft:
    """An alert at one stage.

    Attributes:
        stage: What is known; it decides the revision, so a later stage replaces an earlier one.
        alert: The incident.
        explanation: Why its first vector was flagged; only at stage EXPLAINED.
    """

    stage: alert_pb2.EnrichmentStage
    alert: detection_pb2.Alert
    explanation: explanation_pb2.Explanation | None = None

    @property
    def revision(self) -> int:
        """See `REVISIONS`."""
        return REVISIONS[self.stage]

    @property
    def id(self) -> str:
        """CloudEvents id of the enriched alert: the same input gives the same id."""
        return id_of(self.alert.alert_id, self.stage)

    @property
    def time_us(self) -> int:
        """Event time of the enriched alert, microseconds since the epoch."""
        return self.alert.resolved_us if self.stage == RESOLVED else self.alert.opened_us


def id_of(alert_id: str, stage: alert_pb2.EnrichmentStage) -> str:
    """CloudEvents id of an enriched alert."""
    return f"{alert_id}/{REVISIONS[stage]}"


def of_raised(alert: detection_pb2.Alert) -> Draft:
    """Stage FACTS of an alert that was raised.

    Raises:
        Reject: The alert lacks what an enriched alert needs.
    """
    _check(alert)
    _check_state(alert, detection_pb2.ALERT_STATE_OPEN)
    return Draft(FACTS, known(alert))


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
    """Stage EXPLAINED of each alert that the explained vector opened; none where it only counted into open ones.

    Raises:
        Reject: One of the alerts lacks what an enriched alert needs.
    """
    for alert in explanation.anomaly.opened:
        _check(alert)
        _check_state(alert, detection_pb2.ALERT_STATE_OPEN)
    return [Draft(EXPLAINED, known(alert), explanation) for alert in explanation.anomaly.opened]


def known(alert: detection_pb2.Alert) -> detection_pb2.Alert:
    """The alert in values that this version has names for.

    A later version may have others. Such a severity is told as the gravest, so that nobody is told too little; such a
    detector as the model.
    """
    severities, detectors = detection_pb2.Severity.values(), detection_pb2.Detector.values()
    if {alert.severity, alert.finding.severity} <= {*severities} and alert.detector in detectors:
        return alert
    told = detection_pb2.Alert()
    told.CopyFrom(alert)
    if told.severity not in severities:
        told.severity = detection_pb2.SEVERITY_CRITICAL
    if told.finding.severity not in severities:
        told.finding.severity = detection_pb2.SEVERITY_CRITICAL
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
