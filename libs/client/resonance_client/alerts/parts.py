"""What events are made of: severities, words, attributions, and what was said of words."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict

SEVERITIES: Final = ("unspecified", "low", "medium", "high", "critical")


def _severity(value: Any) -> Any:
    """From "SEVERITY_HIGH", "high" or 3."""
    if isinstance(value, int):
        return SEVERITIES[value] if 0 <= value < len(SEVERITIES) else value
    return str(value).removeprefix("SEVERITY_").lower()


def rank(severity: str) -> int:
    """Severities in order, from 0."""
    return SEVERITIES.index(severity)


Severity = Annotated[Literal["unspecified", "low", "medium", "high", "critical"], BeforeValidator(_severity)]


class Told(BaseModel):
    """What is told: it does not change, and keeps fields that this version does not know."""

    model_config = ConfigDict(frozen=True, extra="allow", protected_namespaces=())


class Text(Told):
    """An explanation in words, in one language."""

    language: str
    technical: str = ""
    natural: str = ""


class FeatureAttribution(Told):
    """What one feature adds to the score, its value, and the value it is compared with; null where no number is."""

    feature: str
    value: float | None = None
    reference: float | None = None
    attribution: float | None = None


class ExplainedAnomaly(Told):
    """The anomaly that an explanation is of, as far as readers usually need it."""

    severity: Severity = "unspecified"
    start_us: int = 0
    end_us: int = 0
    score: float | None = None


class Rise(Told):
    """An open incident became graver: what it was, what it is since, and when."""

    before: Severity = "unspecified"
    severity: Severity = "unspecified"
    end_us: int = 0


class Words(Told):
    """Words of an enriched alert, in one language."""

    language: str
    title: str = ""
    summary: str = ""
    recommendations: tuple[str, ...] = ()


class Authorship(Told):
    """Who wrote the words of an enriched alert, and why others who were asked did not."""

    provider: str = ""
    model: str = ""
    degraded: tuple[str, ...] = ()


class Finding(Told):
    """One thing that words were judged by: a principle, "facts", or "answer" for form, languages and numbers."""

    principle: str
    held: bool = False
    reason: str = ""


class Judgement(Told):
    """What a judge said of an author's words: own, held, vetoed, revised or contested, and why."""

    outcome: str
    author: str = ""
    judge: str = ""
    model: str = ""
    principles_version: str = ""
    findings: tuple[Finding, ...] = ()
