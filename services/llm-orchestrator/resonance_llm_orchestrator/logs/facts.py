"""From an analysis to facts: for our own writer, and for a provider. Nothing in them is a raw log.

A provider gets templates and at most two samples of each, cut, without control characters and without what can be told
by its form to be secret or personal. They are strings that strangers chose, and stand in values alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from resonance_llm_orchestrator.logs.analysis import Analysis
from resonance_llm_orchestrator.logs.causes import reasons
from resonance_llm_orchestrator.logs.severity import entries_at
from resonance_llm_orchestrator.plain_text import plain
from resonance_logs import BurstFound, Level, TemplateFound, redacted, rfc3339
from resonance_narration.logs import LogCause, LogFacts

LONGEST_TEMPLATE: Final = 300
LONGEST_SAMPLE: Final = 200
MOST_TEMPLATES: Final = 20


def log_facts(analysis: Analysis) -> LogFacts:
    """What our own writer says of it."""
    report = analysis.report
    leveled = bool(report.levels)
    errors = entries_at(report, Level.ERROR)
    return LogFacts(
        entries=report.entries,
        templates=len(report.templates),
        first=_written(report.first),
        last=_written(report.last),
        errors=errors if leveled else None,
        warnings=entries_at(report, Level.WARNING) - errors if leveled else None,
        new=sum(one.new for one in report.templates),
        rare=sum(one.rare for one in report.templates),
        severity=str(analysis.grade),
        rule=analysis.rule,
        causes=tuple(cause_fact(one) for one, _ in analysis.causes),
    )


def cause_fact(template: TemplateFound) -> LogCause:
    """A cause as our own writer says it."""
    burst = template.burst
    return LogCause(
        template=template_text(template),
        count=template.count,
        level="" if template.level is None else template.level.name.lower(),
        new_since=_written(template.first) if template.new else None,
        burst=None if burst is None else (_written(burst.start), _written(burst.end), burst.count, _expected(burst)),
    )


def brief_facts(analysis: Analysis) -> Mapping[str, Any]:
    """What a provider is told: values of JSON."""
    report, facts = analysis.report, log_facts(analysis)
    likely = [one for one, _ in analysis.causes]
    ids = {one.id for one in likely}
    others = [one for one in report.templates if one.id not in ids]
    return {
        "severity": str(analysis.grade),
        "severity_rule": analysis.rule,
        "entries": report.entries,
        "templates_total": len(report.templates),
        "first": facts.first or None,
        "last": facts.last or None,
        "levels": {level.name.lower(): count for level, count in report.levels.items()},
        "errors": facts.errors,
        "warnings": facts.warnings,
        "new_templates": facts.new,
        "rare_templates": facts.rare,
        "likely_causes": [_template(one) for one in likely],
        "other_templates": [_template(one) for one in others[: MOST_TEMPLATES - len(likely)]],
    }


def template_text(template: TemplateFound) -> str:
    """The text of a template as it may be shown."""
    return plain(redacted(template.text), LONGEST_TEMPLATE)


def sample_texts(template: TemplateFound) -> list[str]:
    """Its samples as they may be shown."""
    return [plain(redacted(sample), LONGEST_SAMPLE) for sample in template.samples]


def _template(one: TemplateFound) -> dict[str, Any]:
    fact = cause_fact(one)
    burst = fact.burst
    return {
        "template": fact.template,
        "entries": one.count,
        "percent": float(f"{100 * one.share:.3g}"),
        "level": fact.level or None,
        "first": _written(one.first) or None,
        "last": _written(one.last) or None,
        "because": reasons(one),
        "rare": one.rare,
        "burst": None
        if burst is None
        else {"start": burst[0], "end": burst[1], "entries": burst[2], "usual": burst[3]},
        "samples": sample_texts(one),
    }


def _expected(burst: BurstFound) -> float:
    return float(f"{burst.expected:.2g}")


def _written(time: float | None) -> str:
    """A time for people: "2024-05-31 10:00:00 UTC"; empty where there is none."""
    text = rfc3339(time)
    return "" if text is None else f"{text[:10]} {text[11:19]} UTC"
