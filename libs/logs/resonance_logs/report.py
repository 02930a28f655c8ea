"""What a log holds, as data: templates with their counts, times and levels, and which are new, rare or in bursts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from resonance_logs.levels import Level


@dataclass(frozen=True, slots=True)
class BurstFound:
    """A burst; see `resonance_logs.bursts` for the test.

    Attributes:
        start, end: Seconds since the epoch.
        count: Entries in it.
        expected: Entries that the template's own rate would bring in that time.
        chance: Bound on the probability of such a burst anywhere in the log by chance.
    """

    start: float
    end: float
    count: int
    expected: float
    chance: float


@dataclass(frozen=True, slots=True)
class TemplateFound:
    """One template.

    Attributes:
        id: Number, in the order in which templates came.
        text: The template; `<num>` and the like stand for what differs.
        count: Entries.
        share: Of all entries, 0 to 1.
        level: The level that most of its entries say, of equal ones the higher; None where none says any.
        levels: Entries by level.
        first, last: Earliest and latest time, seconds since the epoch; None without times.
        first_entry: Number of its first entry, from 1.
        new: Whether it is not in the baseline or, without one, came in the last part of the log alone.
        rare: Whether it came hardly ever.
        burst: Its strongest burst, where there is one.
        matched: Entries in which a pattern that was asked for stands.
        samples: Its first entry and its latest, cut.
        timeline: Entries by start of the bucket, seconds since the epoch.
    """

    id: int
    text: str
    count: int
    share: float
    level: Level | None
    levels: Mapping[Level, int]
    first: float | None
    last: float | None
    first_entry: int
    new: bool
    rare: bool
    burst: BurstFound | None
    matched: int
    samples: Sequence[str]
    timeline: Mapping[int, int]


@dataclass(frozen=True, slots=True)
class Report:
    """What a log holds.

    Attributes:
        lines: Lines.
        entries: Entries, each of one line or several.
        timed: Entries with a time.
        first, last: Earliest and latest time; None without times.
        bucket_s: Width of the buckets of time lines, seconds.
        levels: Entries by level.
        patterns: Entries in which each pattern stands that was asked for.
        templates: The most frequent first.
        forgotten: Entries whose templates were let go, since there were too many.
        baseline: Entries of the baseline; None without one.
    """

    lines: int
    entries: int
    timed: int
    first: float | None
    last: float | None
    bucket_s: int
    levels: Mapping[Level, int]
    patterns: Mapping[str, int]
    templates: Sequence[TemplateFound]
    forgotten: int = 0
    baseline: int | None = None
    timeline: Mapping[int, int] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """The report as JSON has it; times are RFC 3339, UTC."""
        return {
            "lines": self.lines,
            "entries": self.entries,
            "timed": self.timed,
            "first": rfc3339(self.first),
            "last": rfc3339(self.last),
            "bucket_s": self.bucket_s,
            "levels": _levels(self.levels),
            "forgotten": self.forgotten,
            "baseline_entries": self.baseline,
            "templates": [_template(one) for one in self.templates],
        }


def rfc3339(time: float | None) -> str | None:
    """A time to the second in UTC."""
    return None if time is None else f"{datetime.fromtimestamp(time, UTC):%Y-%m-%dT%H:%M:%SZ}"


def _levels(levels: Mapping[Level, int]) -> dict[str, int]:
    return {level.name.lower(): levels[level] for level in sorted(levels, reverse=True)}


def _template(one: TemplateFound) -> dict[str, Any]:
    burst = one.burst
    return {
        "id": one.id,
        "template": one.text,
        "count": one.count,
        "share": round(one.share, 6),
        "level": None if one.level is None else one.level.name.lower(),
        "levels": _levels(one.levels),
        "first": rfc3339(one.first),
        "last": rfc3339(one.last),
        "first_entry": one.first_entry,
        "new": one.new,
        "rare": one.rare,
        "burst": None if burst is None else {
            "start": rfc3339(burst.start), "end": rfc3339(burst.end), "count": burst.count,
            "expected": round(burst.expected, 2), "chance": float(f"{burst.chance:.2g}"),
        },
        "samples": list(one.samples),
        "timeline": {rfc3339(start): count for start, count in one.timeline.items()},
    }  # fmt: skip
