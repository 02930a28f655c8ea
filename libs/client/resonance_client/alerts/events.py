"""Alerts, explanations and enriched alerts as `/ws/alerts` sends them: JSON with the fields of the protobuf messages.

Fields this version does not know are ignored. Times are microseconds since the epoch.
"""

from __future__ import annotations

import json
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, TypeAdapter, ValidationError

from resonance_client.errors import ProtocolViolation

SEVERITIES: Final = ("unspecified", "low", "medium", "high", "critical")


def _severity(value: Any) -> Any:
    """From "SEVERITY_HIGH", "high" or 3."""
    if isinstance(value, int):
        return SEVERITIES[value] if 0 <= value < len(SEVERITIES) else value
    return str(value).removeprefix("SEVERITY_").lower()


Severity = Annotated[Literal["unspecified", "low", "medium", "high", "critical"], BeforeValidator(_severity)]


class _Event(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class Alert(_Event):
    """An incident was opened or resolved. `user_id` is there for operators who may see it."""

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

    @property
    def who(self) -> str:
        """User id where it is known, the pseudonym otherwise."""
        return self.user_id or self.user_key


class Text(_Event):
    """An explanation in words, in one language."""

    language: str
    technical: str = ""
    natural: str = ""


class Explanation(_Event):
    """Why a vector was called anomalous."""

    type: Literal["explanation"] = "explanation"
    vector_id: str
    alert_ids: tuple[str, ...] = ()
    user_key: str = ""
    user_id: str | None = None
    stream: str = "live"
    method: str = ""
    texts: tuple[Text, ...] = ()

    def natural(self, language: str) -> str:
        """The text for people in this language, else in any."""
        by_language = {text.language: text.natural for text in self.texts}
        return by_language.get(language) or next(iter(by_language.values()), "")


class Words(_Event):
    """Words of an enriched alert, in one language."""

    language: str
    title: str = ""
    summary: str = ""
    recommendations: tuple[str, ...] = ()


class Authorship(_Event):
    """Who wrote the words of an enriched alert, and why others who were asked did not."""

    provider: str = ""
    model: str = ""
    degraded: tuple[str, ...] = ()


class Finding(_Event):
    """One thing that words were judged by: a principle, "facts", or "answer" for form, languages and numbers."""

    principle: str
    held: bool = False
    reason: str = ""


class Judgement(_Event):
    """What a judge said of an author's words: own, held, vetoed, revised or contested, and why."""

    outcome: str
    author: str = ""
    judge: str = ""
    model: str = ""
    principles_version: str = ""
    findings: tuple[Finding, ...] = ()


class Enriched(_Event):
    """An alert with words and advice. A later revision replaces an earlier one."""

    type: Literal["enriched"] = "enriched"
    alert_id: str
    revision: int = 0
    stage: str = ""
    recipient_role: str = ""
    texts: tuple[Words, ...] = ()
    authorship: Authorship | None = None
    judgements: tuple[Judgement, ...] = ()

    def words(self, language: str) -> Words | None:
        """The words in this language, else in any."""
        return next((text for text in self.texts if text.language == language), next(iter(self.texts), None))


AlertEvent = Alert | Explanation | Enriched
_ADAPTER: Final[TypeAdapter[AlertEvent]] = TypeAdapter(
    Annotated[Alert | Explanation | Enriched, Field(discriminator="type")]
)
_TYPES: Final = frozenset({"alert", "explanation", "enriched"})


def parse_event(text: str | bytes) -> AlertEvent | None:
    """An event of `/ws/alerts`; None for a type that this version does not know.

    Raises:
        ProtocolViolation: It is not a JSON object with the fields of its type.
    """
    try:
        fields = json.loads(text)
        if fields["type"] not in _TYPES:
            return None
        return _ADAPTER.validate_python(fields)
    except (ValueError, TypeError, KeyError, ValidationError) as error:
        raise ProtocolViolation(
            f"Expected an alert, an explanation or an enriched alert as JSON, got {text[:200]!r} ({error})."
        ) from error
