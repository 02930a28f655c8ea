"""Whether an incident lets an action be taken: its preconditions, each a sentence where it fails."""

from __future__ import annotations

from resonance_contracts.pb.resonance.v1 import detection_pb2
from resonance_llm_orchestrator.actions.kinds import Kind, Needs
from resonance_llm_orchestrator.drafts import of_raised
from resonance_narration import Severity
from resonance_runtime.errors import Reject

LIVE = "live"


def hindrances(kind: Kind, alert: detection_pb2.Alert) -> list[str]:
    """Why the action may not be taken about the incident; empty where it may."""
    if alert.severity not in [int(severity) for severity in Severity]:
        return ["The incident says nothing of its severity."]
    needs: Needs = kind.needs
    found: list[str] = []
    if alert.stream != LIVE:
        found.append("The incident is of a replay; actions are for live traffic.")
    if alert.severity < needs.severity:
        found.append(
            f"{kind.name} is for incidents of severity {_name(needs.severity)} or more; "
            f"this one is {_name(Severity(alert.severity))}."
        )
    if needs.open and alert.state == detection_pb2.ALERT_STATE_RESOLVED:
        found.append(f"{kind.name} is for incidents that last; this one is over.")
    if not sure_enough(needs, alert):
        found.append(
            f"{kind.name} needs evidence of {needs.evidence:g} times what makes an incident; "
            f"there is {alert.evidence:.3g}."
        )
    return found


def is_sound(alert: detection_pb2.Alert) -> bool:
    """Whether an alert is open and has what an incident has; others go to the dead letters where words are made."""
    try:
        of_raised(alert)
    except Reject:
        return False
    return True


def sure_enough(needs: Needs, alert: detection_pb2.Alert) -> bool:
    """Whether there is evidence enough; what a rule says, an operator has decided."""
    return alert.detector == detection_pb2.DETECTOR_RULE or alert.evidence >= needs.evidence


def _name(severity: Severity) -> str:
    return severity.name.lower()
