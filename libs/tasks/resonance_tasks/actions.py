"""Actions about incidents: one is proposed by hand, one is decided on. The gateway asks, for operators."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Final

from pydantic import ConfigDict, Field, model_validator

from resonance_tasks.action_kinds import ActionKind, checked_parameters
from resonance_tasks.task import Answer, Question, Task
from resonance_tasks.values import Name, Number

LONGEST_WHY: Final = 500
MOST_PARAMETERS: Final = 8

Why = Annotated[str, Field(max_length=LONGEST_WHY)]
"""In the operator's words, at most 500 characters."""


class Decision(StrEnum):
    """What somebody decides about an action."""

    APPROVE = "approve"
    REJECT = "reject"
    UNDO = "undo"


class ActionState(StrEnum):
    """How far an action is."""

    PROPOSED = "proposed"
    APPROVED = "approved"
    REJECTED = "rejected"
    EXPIRED = "expired"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    UNDOING = "undoing"
    UNDONE = "undone"


class DecideAction(Question):
    """A decision.

    Attributes:
        action_id: The action.
        decision: To let it run, also once more after it failed; not to; or to take it back.
        why: In the operator's words.
        decided_by: Pseudonym of the operator.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"action_id": "ac_" + "0" * 32, "decision": "approve", "decided_by": "u_operator"}]
        }
    )

    action_id: str = Field(pattern=r"^ac_[0-9a-f]{32}$")
    decision: Decision
    why: Why = ""
    decided_by: str = Field(min_length=1, max_length=128)


class ProposeAction(Question):
    """An action that a person proposes.

    Attributes:
        alert_id: The incident that it is about.
        kind: Of the catalogue of actions.
        parameters: What it takes; defaults for the rest.
        dry_run: Whether it is only to be said what would be done.
        why: In the operator's words.
        proposed_by: Pseudonym of the operator.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"alert_id": "al_" + "0" * 32, "kind": "limit_user", "proposed_by": "u_operator"}]
        }
    )

    alert_id: str = Field(min_length=1, max_length=256)
    kind: ActionKind
    parameters: Annotated[dict[Name, Number], Field(max_length=MOST_PARAMETERS)] = Field(default_factory=dict)
    dry_run: bool = False
    why: Why = ""
    proposed_by: str = Field(min_length=1, max_length=128)

    @model_validator(mode="after")
    def _takes_its_parameters(self) -> ProposeAction:
        checked_parameters(self.kind, self.parameters)
        return self


class ActionTaken(Answer):
    """The action after it.

    Attributes:
        action: `resonance.v1.Action`, in base64.
    """

    action: str


DECIDE_ACTION: Final = Task(
    "decide_action", DecideAction, ActionTaken, "Lets an action run, does not, or has it taken back."
)
PROPOSE_ACTION: Final = Task("propose_action", ProposeAction, ActionTaken, "Proposes an action about an incident.")
