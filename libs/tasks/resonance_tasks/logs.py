"""`analyze_logs`: what a log says, how grave it is, and what is behind it."""

from __future__ import annotations

from enum import StrEnum
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field, field_validator

from resonance_narration import Role
from resonance_tasks.task import Answer, Grade, Question, Task

MOST_LINES: Final = 10_000
LONGEST_LINE: Final = 8_192
MOST_BYTES: Final = 524_288
LARGEST_BODY: Final = 900_000
MOST_PATTERNS: Final = 20
LONGEST_PATTERN: Final = 64


class TimeRange(StrEnum):
    """Which entries are looked at, counted back from the latest time in them. Those without a time always are."""

    ALL = "all"
    QUARTER = "last_15_minutes"
    HOUR = "last_hour"
    SIX_HOURS = "last_6_hours"
    DAY = "last_day"
    WEEK = "last_week"


def _schema(most: int, **of_items: Any) -> dict[str, Any]:
    """Bounds of a list for readers of the schema; our own checks say in a sentence what is wrong."""
    return {"maxItems": most, "items": {"type": "string", **of_items}}


class LogsQuestion(Question):
    """The log and what to look for.

    Attributes:
        log_entries: Lines, in their order; a stack trace may be several of them, or one with line feeds.
        time_range: Which of them to look at.
        error_patterns: Texts that mark an entry as one to look into, in any case.
        recipient_role: Whom the words are for.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "log_entries": [
                        "ERROR: WebSocket connection failed for user user_123",
                        "WARNING: High latency detected: 1500ms",
                        "ERROR: Rate limit exceeded for IP 192.168.1.100",
                    ],
                    "time_range": "last_hour",
                    "error_patterns": ["ERROR", "WARNING", "FAILED"],
                }
            ]
        }
    )

    log_entries: list[str] = Field(min_length=1, json_schema_extra=_schema(MOST_LINES, maxLength=LONGEST_LINE))
    time_range: TimeRange = TimeRange.ALL
    error_patterns: list[str] = Field(
        default_factory=list,
        json_schema_extra=_schema(MOST_PATTERNS, minLength=1, maxLength=LONGEST_PATTERN, pattern=r"\S"),
    )
    recipient_role: Role = Role.DEVOPS

    @field_validator("log_entries")
    @classmethod
    def _not_too_much(cls, lines: list[str]) -> list[str]:
        if len(lines) > MOST_LINES:
            raise ValueError(
                f"{len(lines):,} entries are too many: at most {MOST_LINES:,} are analysed at once, "
                "`resonance logs` reads longer logs"
            )
        sizes = [len(line.encode(errors="replace")) for line in lines]
        if max(sizes) > LONGEST_LINE:
            where = sizes.index(max(sizes)) + 1
            raise ValueError(f"entry {where:,} has {max(sizes):,} bytes; one may have at most {LONGEST_LINE:,}")
        if sum(sizes) > MOST_BYTES:
            raise ValueError(
                f"the entries have {sum(sizes):,} bytes together; at most {MOST_BYTES:,} are analysed at once, "
                "`resonance logs` reads longer logs"
            )
        return lines

    @field_validator("error_patterns")
    @classmethod
    def _few_patterns(cls, patterns: list[str]) -> list[str]:
        if len(patterns) > MOST_PATTERNS:
            raise ValueError(f"{len(patterns)} patterns are too many; at most {MOST_PATTERNS} are looked for")
        for pattern in patterns:
            if not pattern.strip() or len(pattern) > LONGEST_PATTERN:
                raise ValueError(f"a pattern is a text of 1 to {LONGEST_PATTERN} characters, not {pattern[:80]!r}")
        return list(dict.fromkeys(patterns))


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class LogBurst(_Part):
    """A time in which a template came far more often than at its own rate.

    Attributes:
        start, end: RFC 3339, UTC.
        count: Entries in it.
        expected: Entries that the template's own rate would bring in that time.
        chance: Bound on the probability that any template of the log has such a burst by chance.
    """

    start: str
    end: str
    count: int
    expected: float
    chance: float


class LogTemplate(_Part):
    """A message with `<num>`, `<ip>`, `<*>` and the like where its entries differ.

    Attributes:
        id: Number, in the order in which templates came.
        template: Its text, without secrets and personal data that can be told by their form.
        count: Entries.
        share: Of all entries, 0 to 1.
        level: The level that most of its entries say, "trace" to "critical"; None where none says any.
        first, last: Earliest and latest time, RFC 3339, UTC; None without times.
        new: Whether it came in the last tenth of the log alone.
        rare: Whether it came hardly ever.
        matched: Entries with one of the patterns.
        burst: Its strongest burst.
        samples: Its first entry and its latest, cut and without what can be told to be secret or personal by its form.
    """

    id: int
    template: str
    count: int
    share: float
    level: str | None
    first: str | None
    last: str | None
    new: bool
    rare: bool
    matched: int
    burst: LogBurst | None
    samples: list[str]


class RootCause(_Part):
    """A template that is likely behind what went wrong.

    Attributes:
        text: It in words, with its evidence.
        because: Why it is one: of "critical", "error", "burst", "new", "pattern".
        evidence: The template with its counts, times and samples.
    """

    text: str
    because: list[str]
    evidence: LogTemplate


class LogsAnswer(Answer):
    """What the log says.

    Attributes:
        severity: How grave it is, by a rule on levels, bursts and new templates.
        rule: The clause of the rule that gave the severity, in words.
        lines: Lines looked at.
        entries: Entries, each of one line or several.
        first, last: Earliest and latest time, RFC 3339, UTC; None without times.
        bucket_s: Width of the buckets in which bursts were looked for, seconds.
        levels: Entries by level.
        patterns: Entries by pattern that was asked for.
        root_causes: The likeliest first; none where nothing went wrong.
        templates: The most frequent first, and those that are causes.
        templates_total: Templates that there are.
    """

    severity: Grade
    rule: str
    lines: int
    entries: int
    first: str | None
    last: str | None
    bucket_s: int
    levels: dict[str, int]
    patterns: dict[str, int]
    root_causes: list[RootCause]
    templates: list[LogTemplate]
    templates_total: int


ANALYZE_LOGS: Final = Task(
    "analyze_logs",
    LogsQuestion,
    LogsAnswer,
    "What a log says: templates with counts, bursts and what is new, how grave it is, likely causes and what to do.",
    "/ml/analyze/logs",
    max_body_bytes=LARGEST_BODY,
)
