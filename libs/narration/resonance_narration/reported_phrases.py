"""What a language brings to alerts of other systems. The names in braces are filled in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from resonance_narration.facts import Role, Severity
from resonance_narration.voice import Advice


class Subject(StrEnum):
    """What an alert of another system is about."""

    ERRORS = "errors"
    LATENCY = "latency"
    TRAFFIC = "traffic"
    CAPACITY = "capacity"
    ACCESS = "access"
    SILENCE = "silence"
    GENERAL = "general"


@dataclass(frozen=True, slots=True)
class ReportedPhrases:
    """Sentences and their parts.

    Attributes:
        measured: A value alone; `above`, `at`, `below`: with its threshold.
        unmeasured: A metric without a value; `nothing_measured`: neither.
        raw, raw_threshold: The same for developers, as in code.
        where: Around it; `service`, `environment`: its parts.
        affected: How many users feel it, and of how many where that is known.
        lasts: For how long.
        severity: The whole for those who decide.
        said: What the other system said, in its own words.
        titles: A title by subject.
        causes: What such a thing comes from, by subject, the likeliest first.
        grades: Severities as `severity` needs them.
    """

    measured: str
    above: str
    at: str
    below: str
    unmeasured: str
    nothing_measured: str
    raw: str
    raw_threshold: str
    where: str
    service: str
    environment: str
    affected: Callable[[int, int | None], str]
    lasts: str
    severity: str
    said: str
    titles: Mapping[Subject, str]
    causes: Mapping[Subject, tuple[str, ...]]
    grades: Mapping[Severity, str]


SubjectAdvice = Mapping[Role, Mapping[Subject, Advice]]
"""What each role is told of an alert of another system."""
