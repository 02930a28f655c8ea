"""From a question to what is known of its log: the part that needs a processor and nothing else."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from resonance_llm_orchestrator.logs.causes import causes
from resonance_llm_orchestrator.logs.severity import severity
from resonance_logs import LogReader, Report, TemplateFound, clean, since
from resonance_tasks.logs import LogsQuestion, TimeRange
from resonance_tasks.task import Grade

SECONDS: Final[Mapping[TimeRange, float]] = {
    TimeRange.QUARTER: 900.0,
    TimeRange.HOUR: 3_600.0,
    TimeRange.SIX_HOURS: 21_600.0,
    TimeRange.DAY: 86_400.0,
    TimeRange.WEEK: 604_800.0,
}
MOST_CLUSTERS: Final = 1_000


@dataclass(frozen=True, slots=True)
class Analysis:
    """What is known of a log.

    Attributes:
        report: Its templates.
        grade, rule: How grave it is, and the clause that says so.
        causes: Templates likely behind it, each with its reasons.
    """

    report: Report
    grade: Grade
    rule: str
    causes: Sequence[tuple[TemplateFound, list[str]]]


def analyse(question: LogsQuestion) -> Analysis:
    """Reads the log of a question: a tenth of a second for a thousand lines, at most."""
    lines = list(_lines(question.log_entries))
    if question.time_range in SECONDS:
        lines = list(since(lines, SECONDS[question.time_range]))
    reader = LogReader(MOST_CLUSTERS, question.error_patterns)
    for line in lines:
        reader.read(line)
    report = reader.report()
    return Analysis(report, *severity(report), causes(report))


def _lines(entries: Sequence[str]) -> Iterator[str]:
    for entry in entries:
        yield from map(clean, entry.split("\n"))
