"""What REST is asked and answers about incidents and silences."""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field

from resonance_gateway.rest.models import Answer
from resonance_gateway.rest.paging import PageQuery
from resonance_tasks.action_kinds import ActionKind
from resonance_tasks.actions import ActionState
from resonance_tasks.incidents import LATEST_US, MOST_SHOWN, IncidentView, Phase, Said
from resonance_tasks.silences import MOST_LISTED, MOST_MATCHERS, Label, SilenceMatcher, SilencePhase, SilenceView
from resonance_tasks.task import Grade
from resonance_tasks.values import Whole

LONGEST_SILENCE_S: Final = 90 * 86_400
Short = Annotated[str | None, Field(min_length=1, max_length=64)]
Moment = Annotated[int, Field(ge=0, le=LATEST_US)] | None


class IncidentsQuery(PageQuery):
    """Which incidents: all that is given must hold.

    Attributes:
        user: A user id, or its pseudonym.
        action, action_state: An action about it is of this kind, and in this state; where both are given, the same one.
        verdict: What its newest verdict says.
        silenced_by: Id of a silence for which nobody is told of it now.
        from_us, until_us: When it was opened, microseconds since the epoch, the end not included.
    """

    limit: int = Field(50, ge=1, le=MOST_SHOWN)
    user: Annotated[str | None, Field(min_length=1, max_length=256)] = None
    kind: Short = None
    severity: Grade | None = None
    state: Phase | None = None
    recipient_role: Short = None
    stream: Annotated[str | None, Field(min_length=1, max_length=256)] = None
    action: ActionKind | None = None
    action_state: ActionState | None = None
    verdict: Said | None = None
    silenced_by: Short = None
    from_us: Moment = None
    until_us: Moment = None


class Incidents(Answer):
    """Incidents, newest first.

    Attributes:
        count: Incidents in this answer.
        next_cursor: Where the next page begins; null where this one is the last. A page may hold fewer than it could.
    """

    count: int
    incidents: list[IncidentView]
    next_cursor: str | None


class IncidentPath(BaseModel):
    """An incident, by its id."""

    alert_id: Annotated[str, Field(min_length=1, max_length=256)]


class SilencePath(BaseModel):
    """A silence, by its id."""

    silence_id: Annotated[str, Field(min_length=1, max_length=64)]


class SilencesQuery(PageQuery):
    """Which silences: all that is given must hold.

    Attributes:
        label, value: One of its matchers is on this label, and has this value; a user is named by id or pseudonym.
        text: Stands in its comment.
    """

    limit: int = Field(50, ge=1, le=MOST_LISTED)
    state: SilencePhase | None = None
    label: Label | None = None
    value: Annotated[str | None, Field(min_length=1, max_length=256)] = None
    text: Annotated[str | None, Field(min_length=1, max_length=500)] = None


class SilencesList(Answer):
    """Silences, the latest start first; those that are over are kept for five days.

    Attributes:
        count: Silences in this answer.
        next_cursor: Where the next page begins; null where this one is the last.
    """

    count: int
    silences: list[SilenceView]
    next_cursor: str | None


class NewSilence(BaseModel):
    """A silence.

    Attributes:
        matchers: All must hold. A user is named by id or pseudonym.
        starts_us: Microseconds since the epoch; 0 for now.
        lasts_s: How long, seconds, at most 90 days.
        comment: Why, for other operators.
    """

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "matchers": [{"label": "kind", "operator": "=", "value": "message_flood"}],
                    "lasts_s": 3600,
                    "comment": "Load test",
                }
            ]
        },
    )

    matchers: list[SilenceMatcher] = Field(min_length=1, max_length=MOST_MATCHERS)
    starts_us: Whole = Field(0, ge=0, le=LATEST_US)
    lasts_s: float = Field(ge=1, le=LONGEST_SILENCE_S, allow_inf_nan=False)
    comment: str = Field(min_length=1, max_length=500)
