"""What incidents are searched by."""

from __future__ import annotations

from typing import Final

from resonance_contracts.pb.resonance.v1 import incident_pb2
from resonance_llm_orchestrator.actions.action import POLICY
from resonance_llm_orchestrator.notifying.incidents import action_state, said
from resonance_llm_orchestrator.notifying.labels import labels_of

ALL: Final = "resonance:incidents"
LABELS: Final = ("user", "kind", "severity", "recipient_role", "stream")


def key_of(facet: str, value: str) -> str:
    """Key of the set of incidents with a value."""
    return f"{ALL}:{facet}:{value}".replace("\n", " ")


def facets_of(incident: incident_pb2.Incident) -> frozenset[tuple[str, str]]:
    """What an incident can be found by: facets with their values, of some facets several.

    `action`, `action_state` and both in one, `action_in_state`, are of its actions; `verdict` is the newest one;
    `operator` is everybody who decided or said something.
    """
    labels = labels_of(incident)
    found = {(name, labels[name]) for name in LABELS}
    found.add(("state", incident_pb2.IncidentState.Name(incident.state).removeprefix("INCIDENT_STATE_").lower()))
    found |= {("silenced_by", id_) for id_ in incident.silenced_by}
    for action in incident.actions:
        state = action_state(action)
        found |= {("action", action.kind), ("action_state", state), ("action_in_state", f"{action.kind}/{state}")}
        found |= {("operator", who) for who in (action.proposed_by, action.decided_by) if who not in ("", POLICY)}
    for given in incident.verdicts[-1:]:
        found.add(("verdict", said(given)))
    found |= {("operator", given.operator_key) for given in incident.verdicts if given.operator_key}
    return frozenset(found)
