"""The payload of Alertmanager's webhook, version 4 (`notify/webhook`, `template.Data`), fields in its order.

https://prometheus.io/docs/alerting/latest/configuration/#webhook_config
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from resonance_contracts.pb.resonance.v1 import incident_pb2
from resonance_llm_orchestrator.notifying.labels import fingerprint, labels_of
from resonance_llm_orchestrator.notifying.reasons import Reason
from resonance_llm_orchestrator.sinks.actions import STATES, action_lines
from resonance_llm_orchestrator.sinks.go_json import ZERO_TIME, encoded, rfc3339
from resonance_llm_orchestrator.sinks.message import Message

REASONS: Final[Mapping[Reason, str]] = {
    Reason.FIRST: "first notification",
    Reason.NEW: "new alerts added",
    # Alertmanager has no other word where a label changed, and tells critical ones no sooner.
    Reason.SEVERITY: "new alerts added",
    Reason.PAGE: "new alerts added",
    Reason.SOME_RESOLVED: "some alerts resolved",
    Reason.RESOLVED: "all alerts resolved",
    Reason.REPEAT: "repeat interval elapsed",
}


def body(message: Message, max_alerts: int) -> bytes:
    """The payload as bytes."""
    return encoded(payload(message, max_alerts))


def payload(message: Message, max_alerts: int) -> dict[str, Any]:
    """The payload with at most `max_alerts` alerts; the others are counted."""
    decision = message.decision
    told = message.incidents[:max_alerts]
    alerts = [_alert(message, incident) for incident in told]
    return {
        "receiver": decision.receiver,
        "status": "resolved" if message.resolved else "firing",
        "alerts": alerts,
        "notification_reason": _reason(message),
        "groupLabels": _sorted(decision.group_labels),
        "commonLabels": _common([alert["labels"] for alert in alerts]),
        "commonAnnotations": _common([alert["annotations"] for alert in alerts]),
        "routeLabels": {},
        "externalURL": message.external_url,
        "version": "4",
        "groupKey": decision.group_key,
        "truncatedAlerts": len(decision.firing) + len(decision.resolved) - len(told),
    }


def _reason(message: Message) -> str:
    if message.decision.reason is Reason.PAGE and not message.decision.before.firing:
        return REASONS[Reason.FIRST]
    return REASONS[message.decision.reason]


def _alert(message: Message, incident: incident_pb2.Incident) -> dict[str, Any]:
    alert = incident.enriched.alert
    over = incident.state != incident_pb2.INCIDENT_STATE_OPEN
    labels = labels_of(incident)
    return {
        "status": "resolved" if over else "firing",
        "labels": _sorted(labels),
        "annotations": _sorted(annotations_of(incident)),
        "startsAt": rfc3339(alert.opened_us),
        "endsAt": rfc3339(alert.resolved_us) if over and alert.resolved_us else ZERO_TIME,
        "generatorURL": message.link(incident),
        "fingerprint": fingerprint(labels),
    }


def annotations_of(incident: incident_pb2.Incident) -> dict[str, str]:
    """An incident's words, English under the names that templates for Alertmanager look for."""
    found = {"observations": str(incident.enriched.alert.vectors)}
    for text in incident.enriched.texts:
        suffix = "" if text.language == "en" else f"_{text.language}"
        found[f"summary{suffix}"] = text.title
        found[f"description{suffix}"] = text.summary
        found[f"recommendations{suffix}"] = "\n".join(text.recommendations)
    for language in STATES:
        found["actions" if language == "en" else f"actions_{language}"] = "\n".join(action_lines(incident, language))
    return {name: value for name, value in found.items() if value}


def _common(sets: Sequence[Mapping[str, str]]) -> dict[str, str]:
    """What all have, with the same value."""
    if not sets:
        return {}
    return {name: value for name, value in sets[0].items() if all(one.get(name) == value for one in sets[1:])}


def _sorted(found: Mapping[str, str]) -> dict[str, str]:
    return dict(sorted(found.items()))
