"""An event for PagerDuty's Events API v2. One group is one incident there: `dedup_key` is the group.

https://developer.pagerduty.com/docs/send-alert-event
"""

from __future__ import annotations

import json
from typing import Any, Final

from resonance_contracts.pb.resonance.v1 import detection_pb2
from resonance_llm_orchestrator.notifying.labels import severity_name
from resonance_llm_orchestrator.sinks.actions import action_lines
from resonance_llm_orchestrator.sinks.go_json import rfc3339
from resonance_llm_orchestrator.sinks.message import Message, words

LONGEST_SUMMARY: Final = 1024
MOST_DETAILED: Final = 20
_SEVERITIES: Final = {
    detection_pb2.SEVERITY_CRITICAL: "critical",
    detection_pb2.SEVERITY_HIGH: "error",
    detection_pb2.SEVERITY_MEDIUM: "warning",
    detection_pb2.SEVERITY_LOW: "info",
}


def body(message: Message, routing_key: str, language: str) -> bytes:
    """The event as bytes: `trigger` while an incident of the group is open, then `resolve`."""
    decision = message.decision
    event: dict[str, Any] = {
        "routing_key": routing_key,
        "event_action": "resolve" if message.all_resolved else "trigger",
        "dedup_key": decision.group_id,
    }
    if not message.all_resolved:
        event["payload"] = _payload(message, language)
        event["client"] = "Resonance"
        if message.external_url:
            event["client_url"] = message.external_url
            event["links"] = [
                {"href": message.link(incident), "text": words(incident, language).title}
                for incident in message.incidents[:MOST_DETAILED]
            ]
    return json.dumps(event, ensure_ascii=False).encode()


def _payload(message: Message, language: str) -> dict[str, Any]:
    decision = message.decision
    gravest = max((incident.severity for incident in message.incidents), default=detection_pb2.SEVERITY_HIGH)
    return {
        "summary": message.titles.get(language, "")[:LONGEST_SUMMARY],
        "source": "resonance",
        "severity": _SEVERITIES.get(gravest, "error"),
        "timestamp": rfc3339(decision.decided_us),
        "component": decision.receiver,
        "group": decision.group_labels.get("stream") or "resonance",
        "class": decision.group_labels.get("kind") or "incidents",
        "custom_details": {
            "reason": str(decision.reason),
            "open": len(decision.firing),
            "over": len(decision.resolved),
            "group": dict(decision.group_labels),
            "incidents": [
                {
                    "alert_id": incident.alert_id,
                    "severity": severity_name(incident.severity),
                    "user": incident.enriched.alert.user_key,
                    "title": words(incident, language).title,
                    "summary": words(incident, language).summary,
                    "actions": action_lines(incident, language),
                }
                for incident in message.incidents[:MOST_DETAILED]
            ],
        },
    }
