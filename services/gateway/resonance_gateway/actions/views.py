"""What REST is asked and answers about actions."""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field, model_validator

from resonance_contracts.pb.resonance.v1 import action_pb2, detection_pb2
from resonance_contracts.rendering import Resolve, enum_names
from resonance_gateway.rest.models import Answer
from resonance_gateway.rest.paging import MOST, PageQuery
from resonance_tasks.action_kinds import ActionKind, action_schema, checked_parameters
from resonance_tasks.actions import MOST_PARAMETERS, ActionState, Why
from resonance_tasks.incidents import LATEST_US
from resonance_tasks.values import Name, Number

_STATES: Final = enum_names(action_pb2.ActionState.DESCRIPTOR)
_SEVERITIES: Final = enum_names(detection_pb2.Severity.DESCRIPTOR)


class ActionPath(BaseModel):
    """The id of an action."""

    id: Annotated[str, Field(pattern=r"^ac_[0-9a-f]{32}$", description="Id of the action.")]


class ActionsQuery(PageQuery):
    """Which actions: all that is given must hold.

    Attributes:
        kind, state: What is done, and how far it is.
        alert_id: The incident that it is about.
        user: The incident's user, by id or pseudonym.
        from_us, until_us: When it was proposed, microseconds since the epoch, the end not included.
    """

    limit: int = Field(50, ge=1, le=MOST)
    kind: ActionKind | None = None
    state: ActionState | None = None
    alert_id: Annotated[str, Field(min_length=1, max_length=256)] | None = None
    user: Annotated[str, Field(min_length=1, max_length=256)] | None = None
    from_us: int = Field(0, ge=0, le=LATEST_US)
    until_us: int = Field(LATEST_US, ge=0, le=LATEST_US)


class NewDecision(BaseModel):
    """A decision.

    Attributes:
        reason: In the operator's words.
    """

    model_config = ConfigDict(extra="forbid")

    reason: Why = ""


class NewAction(BaseModel):
    """An action that an operator proposes.

    Attributes:
        alert_id: The incident that it is about.
        kind: What is to be done.
        parameters: What it takes; defaults for the rest.
        dry_run: Whether it is only to be said what would be done.
        reason: In the operator's words.
    """

    model_config = ConfigDict(extra="forbid", json_schema_extra=action_schema())

    alert_id: Annotated[str, Field(min_length=1, max_length=256)]
    kind: ActionKind
    parameters: Annotated[dict[Name, Number], Field(max_length=MOST_PARAMETERS)] = {}
    dry_run: bool = False
    reason: Why = ""

    @model_validator(mode="after")
    def _takes_its_parameters(self) -> NewAction:
        checked_parameters(self.kind, self.parameters)
        return self


class ActionView(Answer):
    """An action; times in microseconds since the epoch, 0 for those that are not.

    Attributes:
        action_id, revision, state: Which, and how far it is.
        alert_id, incident_kind, severity, opened_us, user_key, user_id: The incident.
        kind, parameters, executor: What is done, and by whom; no executor, nobody does it.
        order: Place in the plan of the incident, from 1.
        automatic: Whether policy lets it run without a person.
        dry_run: Whether it is only said what would be done.
        users_touched, users_active: How many users it touches, and how many there were; 0 where that is not known.
        title, reason, consequences: In words.
        proposed_us, proposed_by, proposed_why: Who proposed it: `policy`, or the pseudonym of an operator.
        expires_us: A decision is awaited until then.
        decided_us, decided_by, decided_why: The last decision.
        attempts: How often it was begun.
        outcome: What came of it, or why it failed.
        effect_until_us: When its effect ends by itself.
        changed_us: When it came into its state.
    """

    action_id: str
    revision: int
    state: ActionState
    alert_id: str
    incident_kind: str
    severity: str
    opened_us: int
    user_key: str
    user_id: str | None
    kind: str
    parameters: dict[str, float]
    executor: str
    order: int
    automatic: bool
    dry_run: bool
    users_touched: int
    users_active: int
    title: str
    reason: str
    consequences: str
    proposed_us: int
    proposed_by: str
    proposed_why: str
    expires_us: int
    decided_us: int
    decided_by: str
    decided_why: str
    attempts: int
    outcome: str
    effect_until_us: int
    changed_us: int


class ActionList(Answer):
    """Actions, those that were proposed last first; of one incident in the order of its plan.

    Attributes:
        count: Actions in this answer.
        next_cursor: Where the next page begins; null where this one is the last.
    """

    count: int
    actions: list[ActionView]
    next_cursor: str | None


def state_of(action: action_pb2.Action) -> ActionState:
    """How far an action is."""
    return ActionState(_STATES[action.state])


def action_view(action: action_pb2.Action, resolve: Resolve, language: str) -> ActionView:
    """An action as it is shown, in a language."""
    text = next((one for one in action.texts if one.language == language), action_pb2.ActionText())
    return ActionView(
        action_id=action.action_id,
        revision=action.revision,
        state=state_of(action),
        alert_id=action.alert_id,
        incident_kind=action.incident_kind,
        severity=_SEVERITIES[action.severity],
        opened_us=action.opened_us,
        user_key=action.user_key,
        user_id=resolve(action.user_key),
        kind=action.kind,
        parameters=dict(action.parameters),
        executor=action.executor,
        order=action.order,
        automatic=action.automatic,
        dry_run=action.dry_run,
        users_touched=action.users_touched,
        users_active=action.users_active,
        title=text.title,
        reason=text.reason,
        consequences=text.consequences,
        proposed_us=action.proposed_us,
        proposed_by=action.proposed_by,
        proposed_why=action.proposed_why,
        expires_us=action.expires_us,
        decided_us=action.decided_us,
        decided_by=action.decided_by,
        decided_why=action.decided_why,
        attempts=action.attempts,
        outcome=action.outcome,
        effect_until_us=action.effect_until_us,
        changed_us=action.changed_us,
    )
