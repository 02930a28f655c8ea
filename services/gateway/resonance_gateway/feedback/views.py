"""What REST is asked and answers about verdicts."""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field

from resonance_contracts.pb.resonance.v1.operations_pb2 import FeedbackGiven
from resonance_contracts.rendering import Resolve
from resonance_gateway.rest.models import Answer
from resonance_gateway.rest.paging import MOST, PageQuery
from resonance_tasks.incidents import LATEST_US, Said

LONGEST_COMMENT: Final = 500


class NewVerdict(BaseModel):
    """An operator's verdict on an incident.

    Attributes:
        alert_id: The incident, as `/ws/alerts` and `resonance watch` name it.
        verdict: `true`, there was a reason to be told of it; `false`, what was done is ordinary; `withdrawn`, what was
            said of it before does not hold.
        kind: What it was, where that is something else than its kind says.
        comment: In the operator's words.
    """

    model_config = ConfigDict(extra="forbid")

    alert_id: Annotated[str, Field(pattern=r"^al_[0-9a-f]{32}$")]
    verdict: Said
    kind: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{2,47}$")] | None = None
    comment: Annotated[str, Field(max_length=LONGEST_COMMENT)] = ""


class VerdictsQuery(PageQuery):
    """Which verdicts: all that is given must hold.

    Attributes:
        verdict: What it says.
        alert_id, alert_kind: The incident that it is on, and its kind.
        user: The incident's user, by id or pseudonym.
        from_us, until_us: When it was given, microseconds since the epoch, the end not included.
    """

    limit: int = Field(50, ge=1, le=MOST)
    verdict: Said | None = None
    alert_id: Annotated[str, Field(min_length=1, max_length=256)] | None = None
    alert_kind: Annotated[str, Field(min_length=1, max_length=64)] | None = None
    user: Annotated[str, Field(min_length=1, max_length=256)] | None = None
    from_us: int = Field(0, ge=0, le=LATEST_US)
    until_us: int = Field(LATEST_US, ge=0, le=LATEST_US)


class VerdictView(Answer):
    """A verdict, and the incident that it is on.

    Attributes:
        alert_id, user_key, user_id, stream, alert_kind, severity, opened_us: The incident.
        verdict: `true`, `false` or `withdrawn`.
        kind: What it was, as the operator says; null where that is what the incident's kind says.
        comment: In the operator's words.
        given_us: When it was given, microseconds since the epoch.
        operator_key: Pseudonym of the operator.
    """

    alert_id: str
    verdict: Said
    kind: str | None
    comment: str
    given_us: int
    operator_key: str
    user_key: str
    user_id: str | None
    stream: str
    alert_kind: str
    opened_us: int


class Verdicts(Answer):
    """Newest verdicts first, the newest of each incident.

    Attributes:
        count: Verdicts in this answer.
        next_cursor: Where the next page begins; null where this one is the last.
    """

    count: int
    verdicts: list[VerdictView]
    next_cursor: str | None


def said(given: FeedbackGiven) -> Said:
    """A verdict in a word."""
    if given.withdrawn:
        return "withdrawn"
    return "true" if given.true_alarm else "false"


def verdict_view(given: FeedbackGiven, resolve: Resolve) -> VerdictView:
    """A verdict as it is shown."""
    return VerdictView(
        alert_id=given.alert_id,
        verdict=said(given),
        kind=given.right_kind or None,
        comment=given.comment,
        given_us=given.given_us,
        operator_key=given.operator_key,
        user_key=given.user_key,
        user_id=resolve(given.user_key),
        stream=given.alert.stream,
        alert_kind=given.kind,
        opened_us=given.alert.opened_us,
    )
