"""Which templates are likely behind what went wrong, and why."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from resonance_llm_orchestrator.logs.severity import is_error, unusual
from resonance_logs import Level, Report, TemplateFound

MOST: Final = 5


def causes(report: Report) -> Sequence[tuple[TemplateFound, list[str]]]:
    """At most five templates with the reasons for each.

    Errors, entries with a pattern that was asked for, and unusual warnings; graver levels first, of equal ones those
    in bursts, then new ones, then the more frequent.
    """
    found = [(one, reasons(one)) for one in report.templates if _counts(one)]
    return sorted(found, key=lambda pair: _weight(pair[0]), reverse=True)[:MOST]


def reasons(template: TemplateFound) -> list[str]:
    """Of "critical", "error", "burst", "new", "pattern", those that hold."""
    holds = {
        "critical": template.level is Level.CRITICAL,
        "error": template.level is Level.ERROR,
        "burst": template.burst is not None,
        "new": template.new,
        "pattern": template.matched > 0,
    }
    return [name for name, is_so in holds.items() if is_so]


def _counts(one: TemplateFound) -> bool:
    return is_error(one) or one.matched > 0 or (one.level is Level.WARNING and unusual(one))


def _weight(one: TemplateFound) -> tuple[int, bool, bool, int, int]:
    level = -1 if one.level is None else int(one.level)
    return level, one.burst is not None, one.new, one.count, -one.id
