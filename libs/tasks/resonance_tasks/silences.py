"""Silences as they are made, ended and shown."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from resonance_tasks.incidents import LATEST_US
from resonance_tasks.lookup import Lookup
from resonance_tasks.task import Question, Task
from resonance_tasks.values import Whole

MOST_MATCHERS: Final = 16
MOST_LISTED: Final = 100
PATTERN: Final = r"[A-Za-z0-9_ :/@|-]*(?:\.[*+][A-Za-z0-9_ :/@|-]*){0,4}"
"""What a pattern may be: it cannot be made to run for ever."""


class SilencePhase(StrEnum):
    """Where a silence is in its life."""

    PENDING = "pending"
    ACTIVE = "active"
    EXPIRED = "expired"


Label = Literal["kind", "severity", "recipient_role", "stream", "user", "detector", "alert_id"]
"""What a silence goes by."""


class LabelIs(BaseModel):
    """A label of an incident is, or is not, a value."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    label: Label
    operator: Literal["=", "!="] = "="
    value: Annotated[str, Field(min_length=1, max_length=256)]


class LabelMatches(BaseModel):
    """A label of an incident matches, or does not match, a pattern.

    Attributes:
        value: Alternatives with at most four wildcards, as `message_flood|unusual_.*`. Users have no patterns: outside
            of the gateway there are only their pseudonyms.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    label: Literal["kind", "severity", "recipient_role", "stream", "detector", "alert_id"]
    operator: Literal["=~", "!~"]
    value: Annotated[str, Field(min_length=1, max_length=256, pattern=f"^{PATTERN}$")]


SilenceMatcher = LabelIs | LabelMatches


class SilenceView(BaseModel):
    """A silence. Times are microseconds since the epoch.

    Attributes:
        matchers: All must hold.
        author_key: Pseudonym of the operator.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    silence_id: str
    state: SilencePhase
    matchers: list[SilenceMatcher]
    starts_us: int
    ends_us: int
    author_key: str
    comment: str


class CreateSilence(Question):
    """A silence that is wanted.

    Attributes:
        starts_us: None for now.
    """

    matchers: list[SilenceMatcher] = Field(min_length=1, max_length=MOST_MATCHERS)
    starts_us: Whole | None = Field(None, ge=0, le=LATEST_US)
    ends_us: Whole = Field(ge=0, le=LATEST_US)
    author_key: str = Field(max_length=256)
    comment: str = Field(min_length=1, max_length=500)


class ExpireSilence(Question):
    """A silence that is to end now."""

    silence_id: str = Field(min_length=1, max_length=64)


class ListSilences(Question):
    """Which silences are wanted: all that is given must hold.

    Attributes:
        label, value: One of its matchers is on this label, and has this value; where both are given, the same one.
        text: Stands in its comment, in any case.
        after_us, after_id: Start and id of the last silence of the page before.
    """

    state: SilencePhase | None = None
    label: Label | None = None
    value: str | None = Field(None, max_length=256)
    text: str | None = Field(None, max_length=500)
    limit: Whole = Field(100, ge=1, le=MOST_LISTED)
    after_us: Whole | None = Field(None, ge=0, le=LATEST_US)
    after_id: str = Field("", max_length=64)


class OneSilence(Lookup):
    """A silence as it is from now on."""

    silence: SilenceView


class Silences(Lookup):
    """Silences, the latest start first; those that are over are kept for five days.

    Attributes:
        next_us, next_id: Where the next page goes on; None where there is none.
    """

    silences: list[SilenceView]
    next_us: int | None
    next_id: str


CREATE_SILENCE: Final = Task("create_silence", CreateSilence, OneSilence, "Makes a silence.")
EXPIRE_SILENCE: Final = Task("expire_silence", ExpireSilence, OneSilence, "Ends a silence now.")
LIST_SILENCES: Final = Task("list_silences", ListSilences, Silences, "Lists silences.", role="viewer")
