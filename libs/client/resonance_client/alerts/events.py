"""Alerts, explanations, enriched alerts and verdicts, as `/ws/alerts` and Kafka tell them.

Fields have the names of the protobuf messages; those that a class does not name are kept beside the others, also what
this version does not know. Times are microseconds since the epoch.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Final, Literal

from pydantic import BeforeValidator, Field, TypeAdapter, ValidationError

from resonance_client.alerts.parts import (
    Authorship,
    ExplainedAnomaly,
    FeatureAttribution,
    Judgement,
    Rise,
    Severity,
    Text,
    Told,
    Words,
)
from resonance_client.errors import ProtocolViolation, UsageError

_STAGES: Final = ("escalated", "explained", "judged")
"""Of words with the same revisions, earlier ones first."""


class Alert(Told):
    """An incident was opened, became graver (the last of `rises`) or was resolved.

    Of two on one incident that with the higher revision is later. `user_id` is there for operators who may see it.
    """

    type: Literal["alert"] = "alert"
    state: Annotated[
        Literal["open", "resolved"], BeforeValidator(lambda value: str(value).removeprefix("ALERT_STATE_").lower())
    ]
    alert_id: str
    revision: int = 1
    user_key: str = ""
    user_id: str | None = None
    stream: str = "live"
    kind: str
    severity: Severity = "unspecified"
    vector_id: str = ""
    opened_us: int = 0
    last_seen_us: int = 0
    resolved_us: int = 0
    vectors: int = 0
    last_received_us: int = 0
    rises: tuple[Rise, ...] = ()

    @property
    def who(self) -> str:
        """User id where it is known, the pseudonym otherwise."""
        return self.user_id or self.user_key

    @property
    def key(self) -> tuple[str, ...]:
        """The same for repeats of one event, and for nothing else."""
        return (self.type, self.alert_id, self.state, str(self.revision))

    @property
    def time_us(self) -> int:
        """When it was opened, became graver or was resolved."""
        return self.resolved_us or (self.rises[-1].end_us if self.rises else self.opened_us)


class Explanation(Told):
    """Why a vector was called anomalous: base_value and all attributions together are the score."""

    type: Literal["explanation"] = "explanation"
    vector_id: str
    alert_ids: tuple[str, ...] = ()
    user_key: str = ""
    user_id: str | None = None
    stream: str = "live"
    method: str = ""
    unit: str = ""
    reference: str = ""
    base_value: float | None = None
    score: float | None = None
    attributions: tuple[FeatureAttribution, ...] = ()
    texts: tuple[Text, ...] = ()
    anomaly: ExplainedAnomaly | None = None

    def natural(self, language: str) -> str:
        """The text for people in this language, else in any."""
        by_language = {text.language: text.natural for text in self.texts}
        return by_language.get(language) or next(iter(by_language.values()), "")

    @property
    def severity(self) -> str:
        """Of the anomaly."""
        return "unspecified" if self.anomaly is None else self.anomaly.severity

    @property
    def key(self) -> tuple[str, ...]:
        """The same for repeats of one event, and for nothing else."""
        return (self.type, self.vector_id)

    @property
    def time_us(self) -> int:
        """When the vector ended."""
        return 0 if self.anomaly is None else self.anomaly.end_us


class Enriched(Told):
    """An alert with words and advice. That with the higher `order` replaces the other."""

    type: Literal["enriched"] = "enriched"
    alert_id: str
    revision: int = 0
    stage: str = ""
    recipient_role: str = ""
    texts: tuple[Words, ...] = ()
    authorship: Authorship | None = None
    judgements: tuple[Judgement, ...] = ()
    alert: Alert | None = None

    @property
    def order(self) -> tuple[int, int, int]:
        """Which of two on one incident is later, in whatever order they came."""
        of = self.alert.revision if self.alert is not None else 0
        return self.revision, of, _STAGES.index(self.stage) if self.stage in _STAGES else -1

    def words(self, language: str) -> Words | None:
        """The words in this language, else in any."""
        return next((text for text in self.texts if text.language == language), next(iter(self.texts), None))

    @property
    def severity(self) -> str:
        """Of the alert."""
        return "unspecified" if self.alert is None else self.alert.severity

    @property
    def stream(self) -> str:
        """Of the alert."""
        return "live" if self.alert is None else self.alert.stream

    @property
    def key(self) -> tuple[str, ...]:
        """The same for repeats of one event, and for nothing else."""
        return (self.type, self.alert_id, *map(str, self.order))

    @property
    def time_us(self) -> int:
        """When the incident was opened, became graver or was resolved."""
        return 0 if self.alert is None else self.alert.time_us


class VerdictGiven(Told):
    """An operator said whether there was a reason to be told of an incident; `withdrawn` takes back what was said."""

    type: Literal["verdict"] = "verdict"
    alert_id: str
    user_key: str = ""
    user_id: str | None = None
    kind: str = ""
    true_alarm: bool = False
    withdrawn: bool = False
    right_kind: str = ""
    comment: str = ""
    given_us: int = 0
    alert: Alert | None = None

    @property
    def severity(self) -> str:
        """Of the alert."""
        return "unspecified" if self.alert is None else self.alert.severity

    @property
    def stream(self) -> str:
        """Verdicts are given by the clock on the wall, whatever stream the incident is of."""
        return "live"

    @property
    def key(self) -> tuple[str, ...]:
        """The same for repeats of one event, and for nothing else."""
        return (self.type, self.alert_id, str(self.given_us))

    @property
    def time_us(self) -> int:
        """When it was given."""
        return self.given_us


AlertEvent = Alert | Explanation | Enriched | VerdictGiven
_ADAPTER: Final[TypeAdapter[AlertEvent]] = TypeAdapter(
    Annotated[Alert | Explanation | Enriched | VerdictGiven, Field(discriminator="type")]
)
EVENT_TYPES: Final = frozenset({"alert", "explanation", "enriched", "verdict"})


def event_of(fields: Mapping[str, Any]) -> AlertEvent | None:
    """An event from its fields; None for a type that this version does not know; raises ProtocolViolation."""
    try:
        return _ADAPTER.validate_python(fields) if fields["type"] in EVENT_TYPES else None
    except (ValueError, TypeError, KeyError, ValidationError) as error:
        raise ProtocolViolation(
            "Expected an alert, an explanation, an enriched alert or a verdict as JSON, "
            f"got {str(fields)[:200]} ({error})."
        ) from error


def check_types(types: Collection[str]) -> None:
    """Raises UsageError where there is a type that no event is of."""
    if unknown := sorted(set(types) - EVENT_TYPES):
        raise UsageError(
            f"{', '.join(unknown)} is no type of event; expected some of {', '.join(sorted(EVENT_TYPES))}."
        )


@dataclass(frozen=True, slots=True)
class ToldFrame:
    """One frame of `/ws/alerts`.

    Attributes:
        event: What happened; None for a frame of another type, also one that this version does not know.
        position: Behind which a reader who is done with it goes on; None in frames of what is remembered.
        caught_up: Whether the past was told before it.
    """

    event: AlertEvent | None
    position: str | None
    caught_up: bool


def parse_told(text: str | bytes) -> ToldFrame:
    """A frame of `/ws/alerts`.

    Raises:
        ProtocolViolation: It is not a JSON object with the fields of its type.
    """
    try:
        fields = json.loads(text)
        position = fields.get("position")
    except (ValueError, AttributeError) as error:
        raise ProtocolViolation(f"Expected an event as JSON, got {text[:200]!r} ({error}).") from error
    return ToldFrame(event_of(fields), position, fields.get("type") == "caught_up")
