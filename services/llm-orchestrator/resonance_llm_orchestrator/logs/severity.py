"""How grave a log is, by a rule on levels, bursts and new templates. The first clause that holds decides.

| clause | severity | holds where |
|---|---|---|
| `critical_unusual` | critical | a template of level critical comes in a burst, or is new with at least 3 entries |
| `half_errors` | critical | at least half of at least 20 entries are errors, some of them in a burst |
| `critical` | high | an entry is of level critical |
| `error_burst` | high | a template of errors, or with a pattern that was asked for, comes in a burst |
| `many_errors` | high | at least a fifth of at least 20 entries are errors |
| `errors` | medium | an entry is an error or has a pattern that was asked for |
| `warning_unusual` | medium | a template of warnings is new or comes in a burst |
| `nothing` | low | always |

An error is of level error or above.
"""

from __future__ import annotations

from typing import Final

from resonance_logs import Level, Report, TemplateFound
from resonance_tasks.task import Grade

ENOUGH: Final = 20
SEVERAL: Final = 3
HALF: Final = 0.5
MANY: Final = 0.2


def severity(report: Report) -> tuple[Grade, str]:
    """The severity and the clause that gave it."""
    templates = report.templates
    errors = entries_at(report, Level.ERROR)
    share = errors / report.entries if report.entries >= ENOUGH else 0.0
    clauses = (
        (Grade.CRITICAL, "critical_unusual", any(_is_critical_and_unusual(one) for one in templates)),
        (Grade.CRITICAL, "half_errors", share >= HALF and any(is_error(one) and one.burst for one in templates)),
        (Grade.HIGH, "critical", entries_at(report, Level.CRITICAL) > 0),
        (Grade.HIGH, "error_burst", any((is_error(one) or one.matched) and one.burst for one in templates)),
        (Grade.HIGH, "many_errors", share >= MANY),
        (Grade.MEDIUM, "errors", errors > 0 or any(one.matched for one in templates)),
        (Grade.MEDIUM, "warning_unusual", any(_is(one, Level.WARNING) and unusual(one) for one in templates)),
    )
    return next(((grade, name) for grade, name, holds in clauses if holds), (Grade.LOW, "nothing"))


def unusual(template: TemplateFound) -> bool:
    """Whether it is new or comes in a burst."""
    return template.new or template.burst is not None


def is_error(template: TemplateFound) -> bool:
    """Whether most of its entries are errors."""
    return template.level is not None and template.level >= Level.ERROR


def entries_at(report: Report, least: Level) -> int:
    """Entries at a level or above."""
    return sum(count for level, count in report.levels.items() if level >= least)


def _is_critical_and_unusual(template: TemplateFound) -> bool:
    several = template.new and template.count >= SEVERAL
    return _is(template, Level.CRITICAL) and (several or template.burst is not None)


def _is(template: TemplateFound, level: Level) -> bool:
    return template.level is level
