"""Actions about an incident as a notification tells of them, a line each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from resonance_contracts.pb.resonance.v1 import action_pb2, incident_pb2

STATES: Final[Mapping[str, Mapping[int, str]]] = {
    "en": {
        action_pb2.ACTION_STATE_PROPOSED: "to be decided",
        action_pb2.ACTION_STATE_APPROVED: "approved",
        action_pb2.ACTION_STATE_RUNNING: "running",
        action_pb2.ACTION_STATE_SUCCEEDED: "done",
        action_pb2.ACTION_STATE_FAILED: "failed",
        action_pb2.ACTION_STATE_UNDOING: "being taken back",
        action_pb2.ACTION_STATE_UNDONE: "over",
    },
    "ru": {
        action_pb2.ACTION_STATE_PROPOSED: "ждёт решения",
        action_pb2.ACTION_STATE_APPROVED: "одобрено",
        action_pb2.ACTION_STATE_RUNNING: "выполняется",
        action_pb2.ACTION_STATE_SUCCEEDED: "сделано",
        action_pb2.ACTION_STATE_FAILED: "не удалось",
        action_pb2.ACTION_STATE_UNDOING: "отменяется",
        action_pb2.ACTION_STATE_UNDONE: "больше не действует",
    },
}
"""What was rejected, or expired undecided, is not told: nothing happens and nothing is to be done."""


def action_lines(incident: incident_pb2.Incident, language: str) -> list[str]:
    """What is to be decided and what was done, in the order of the plan, without dry runs."""
    states, found = STATES[language], []
    for action in incident.actions:
        title = next((text.title for text in action.texts if text.language == language), "")
        if title and action.state in states and not action.dry_run:
            found.append(f"{title} ({states[action.state]})")
    return found
