"""Labels of an incident: what routes, silences and inhibition go by, and what receivers know as an alert's labels."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from resonance_contracts.pb.resonance.v1 import detection_pb2, incident_pb2

Labels = Mapping[str, str]

NAMES: Final = ("alertname", "kind", "severity", "recipient_role", "stream", "user", "detector", "alert_id")
"""All that there are. `alertname` is the kind, under the name that receivers written for Alertmanager look for."""

_OFFSET: Final = 14695981039346656037
_PRIME: Final = 1099511628211
_MASK: Final = 0xFFFF_FFFF_FFFF_FFFF
_SEPARATOR: Final = 0xFF


def severity_name(severity: int) -> str:
    """ "low" to "critical", which is also what one is called that a later version has."""
    known = severity if severity in detection_pb2.Severity.values() else detection_pb2.SEVERITY_CRITICAL
    return detection_pb2.Severity.Name(known).removeprefix("SEVERITY_").lower()


def detector_name(detector: int) -> str:
    """ "rule", "baseline" or "model", which is also what one is called that a later version has."""
    known = detector if detector in detection_pb2.Detector.values() else detection_pb2.DETECTOR_MODEL
    return detection_pb2.Detector.Name(known).removeprefix("DETECTOR_").lower()


def labels_of(incident: incident_pb2.Incident) -> dict[str, str]:
    """Labels of an incident; people are named by their pseudonymous keys alone."""
    alert = incident.enriched.alert
    return {
        "alertname": alert.kind,
        "kind": alert.kind,
        "severity": severity_name(incident.severity),
        "recipient_role": incident.enriched.recipient_role,
        "stream": alert.stream,
        "user": alert.user_key,
        "detector": detector_name(alert.detector),
        "alert_id": incident.alert_id,
    }


def fnv(data: bytes, state: int = _OFFSET) -> int:
    """FNV-1a of 64 bits."""
    for byte in data:
        state = ((state ^ byte) * _PRIME) & _MASK
    return state


def fingerprint(labels: Labels) -> str:
    """16 hexadecimal digits, the same as Prometheus's `LabelSet.Fingerprint`."""
    state = _OFFSET
    for name in sorted(labels):
        state = fnv(bytes((*name.encode(), _SEPARATOR)), state)
        state = fnv(bytes((*labels[name].encode(), _SEPARATOR)), state)
    return f"{state:016x}"


def in_go(labels: Labels) -> str:
    """A label set as Go writes it: `{kind="flood", severity="high"}`."""
    return "{" + ", ".join(f"{name}={quoted(labels[name])}" for name in sorted(labels)) + "}"


def quoted(text: str) -> str:
    """A text in double quotes, with backslashes where Go has them."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'
