"""Incidents as they are searched and shown."""

from __future__ import annotations

from enum import StrEnum
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from resonance_tasks.action_kinds import ActionKind
from resonance_tasks.actions import ActionState
from resonance_tasks.lookup import Lookup
from resonance_tasks.task import Grade, Question, Task, Written
from resonance_tasks.values import LONGEST_NAME, Whole

LATEST_US: Final = 253_402_300_800_000_000
MOST_SHOWN: Final = 100

Said = Literal["true", "false", "withdrawn"]
"""What a verdict says: there was a reason to be told of the incident, there was none, or nothing any more."""


class Phase(StrEnum):
    """Where an incident is in its life."""

    OPEN = "open"
    RESOLVED = "resolved"


class Stage(StrEnum):
    """What an incident's words were made from: its alert, also the explanation, the same judged by another provider,
    or its end."""

    FACTS = "facts"
    EXPLAINED = "explained"
    JUDGED = "judged"
    RESOLVED = "resolved"


class Words(BaseModel):
    """An incident in one language."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    language: str
    title: str
    summary: str
    recommendations: list[str]


class Told(BaseModel):
    """Somebody was told of an incident.

    Attributes:
        receiver: Who, and by which way: "ops/webhook/0".
        reason: "first", "new in the group", "severity rose", "page at once", "some resolved", "resolved" or "repeat".
        sent_us: When, microseconds since the epoch.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    notification_id: str
    receiver: str
    reason: str
    sent_us: int


class Verdict(BaseModel):
    """What an operator said of an incident.

    Attributes:
        right_kind: What it was, where that is something else than its kind.
        operator_key: Pseudonym of the operator.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    verdict: Said
    right_kind: str
    comment: str
    given_us: int
    operator_key: str


class ActionWords(BaseModel):
    """An action in one language: what is done, why, and whom it touches."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    language: str
    title: str
    reason: str
    consequences: str


class ActionAbout(BaseModel):
    """An action about an incident, as it is now; `GET /ml/actions/{id}` has all of it, for as long as it is kept.

    Attributes:
        order: Place in the plan of the incident, from 1.
        automatic: Whether policy lets it run without a person.
        dry_run: Whether it is only said what would be done.
        proposed_by, decided_by: `policy`, or the pseudonym of an operator; empty where nobody did.
        expires_us: A decision is awaited until then.
        outcome: What came of it, or why it failed.
        effect_until_us: When its effect ends by itself; 0 where it does not.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    action_id: str
    kind: str
    state: ActionState
    parameters: dict[str, float]
    order: int
    automatic: bool
    dry_run: bool
    texts: list[ActionWords]
    proposed_us: int
    proposed_by: str
    expires_us: int
    decided_us: int
    decided_by: str
    decided_why: str
    outcome: str
    effect_until_us: int
    changed_us: int


class IncidentView(BaseModel):
    """An incident, as it is now. Times are microseconds since the epoch.

    Attributes:
        severity: Highest so far.
        vectors: Anomalous vectors counted.
        noted_us, changed_us: When it was first heard of by whoever tells people, and changed last.
        resolved_us: 0 while it is open.
        stage: What the words were made from; null where there are none yet.
        written: Who wrote them, and what was said of them; null where there are none yet.
        told: Notifications in which it was told for the first time, or told to be over.
        actions: What is proposed and done about it, in the order of its plan.
        silenced_by, inhibited_by: Why nobody is told of it at present: ids of silences and of incidents.
        user_id: Of the user, where the caller may know it and it is known.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    alert_id: str
    state: Phase
    severity: Grade
    kind: str
    stream: str
    user_key: str
    user_id: str | None = None
    recipient_role: str
    vectors: int
    opened_us: int
    last_seen_us: int
    resolved_us: int
    noted_us: int
    changed_us: int
    texts: list[Words]
    stage: Stage | None = None
    written: Written | None = None
    told: list[Told]
    verdicts: list[Verdict]
    actions: list[ActionAbout]
    silenced_by: list[str]
    inhibited_by: list[str]


class SearchIncidents(Question):
    """What is looked for: all that is given must hold.

    Attributes:
        action, action_state: An action about it is of this kind, and in this state; where both are given, the same one.
        verdict: What its newest verdict says.
        silenced_by: Id of a silence for which nobody is told of it now.
        from_us, until_us: When it was opened, the end not included.
        after_us, after_id: The last incident of the page before.
    """

    user_key: str | None = Field(None, max_length=256)
    kind: str | None = Field(None, max_length=LONGEST_NAME)
    severity: Grade | None = None
    state: Phase | None = None
    recipient_role: str | None = Field(None, max_length=LONGEST_NAME)
    stream: str | None = Field(None, max_length=256)
    action: ActionKind | None = None
    action_state: ActionState | None = None
    verdict: Said | None = None
    silenced_by: str | None = Field(None, max_length=LONGEST_NAME)
    from_us: Whole = Field(0, ge=0, le=LATEST_US)
    until_us: Whole = Field(LATEST_US, ge=0, le=LATEST_US)
    limit: Whole = Field(50, ge=1, le=MOST_SHOWN)
    after_us: Whole | None = Field(None, ge=0, le=LATEST_US)
    after_id: str = Field("", max_length=256)


class FoundIncidents(Lookup):
    """A page of incidents, newest first.

    Attributes:
        next_us, next_id: Where the next page goes on; None where there is none.
    """

    incidents: list[IncidentView]
    next_us: int | None
    next_id: str


class FindIncident(Question):
    """One incident, by its id."""

    alert_id: str = Field(min_length=1, max_length=256)


class FoundIncident(Lookup):
    """One incident."""

    incident: IncidentView


SEARCH_INCIDENTS: Final = Task(
    "search_incidents", SearchIncidents, FoundIncidents, "Looks for incidents, newest first.", role="viewer"
)
FIND_INCIDENT: Final = Task("find_incident", FindIncident, FoundIncident, "Shows one incident.", role="viewer")
