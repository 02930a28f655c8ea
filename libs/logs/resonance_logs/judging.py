"""Which templates are new, which are rare."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from resonance_logs.template import Template

LAST_PART: Final = 0.1
"""Without a baseline a template is new if it came in this last part of the log alone."""
LEAST_ENTRIES: Final = 50
"""Of a shorter log nothing is said to be new without a baseline."""
RARE_COUNT: Final = 3
RARE_SHARE: Final = 0.005
MOSTLY: Final = 0.9
"""Share of the entries that must have times for the last part to be one of time; else it is one of entries."""


@dataclass(frozen=True, slots=True)
class Judge:
    """What of a log is needed to judge its templates.

    Attributes:
        entries: Entries of the log.
        timed: Entries with a time.
        first, last: Earliest and latest time.
        baseline: Whether there is a baseline.
    """

    entries: int
    timed: int
    first: float | None
    last: float | None
    baseline: bool

    def is_new(self, template: Template) -> bool:
        """Whether the template is new."""
        if self.baseline:
            return template.before == 0
        if self.entries < LEAST_ENTRIES:
            return False
        first, last = self.first, self.last
        by_time = first is not None and last is not None and last > first and self.timed >= MOSTLY * self.entries
        if by_time and first is not None and last is not None and template.first is not None:
            return template.first > last - LAST_PART * (last - first)
        return template.first_entry > self.entries * (1 - LAST_PART)

    def is_rare(self, template: Template) -> bool:
        """Whether the template came hardly ever: at most three times, and in fewer than one of two hundred entries."""
        return template.count <= RARE_COUNT and template.count <= RARE_SHARE * self.entries
