"""All that a set of series says, in one pass."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from resonance_llm_orchestrator.performance.changes import Course, course_of
from resonance_llm_orchestrator.performance.departures import Departure, Usual, departures_of, held
from resonance_llm_orchestrator.performance.grid import Grid
from resonance_llm_orchestrator.performance.noise import spread_of
from resonance_llm_orchestrator.performance.relations import LONGEST_LAG, Relation, relations_of
from resonance_narration import SeriesNote as Note

RECENT: Final = 10
"""Values that the present level is the median of."""
NOTABLE: Final = 3.0
"""Spreads from usual from which on a level is out of the ordinary; `severity.DISTANCE` begins there."""
PART: Final = 0.1
"""Least part of the usual value by which a level is out of the ordinary, however little the series scatters."""
FULL: Final = 0.8
"""Share of a limit from which on it is told."""


@dataclass(frozen=True, slots=True)
class Level:
    """Where a series stands.

    Attributes:
        name: Of the series or metric.
        value: The value given for now, else the median of the last ten, or the end of its straight line.
        usual: From the baseline; None where it has none.
        spread: Of the baseline, else of the series around its course; None where it is not known.
        limit: The most it can be; None where it was not given.
        cells_left: Until its straight line reaches the limit; None where it does not get nearer.
    """

    name: str
    value: float
    usual: float | None = None
    spread: float | None = None
    limit: float | None = None
    cells_left: float | None = None

    @property
    def far(self) -> float | None:
        """Spreads from usual, signed; None where it is not known."""
        if self.usual is None or not self.spread:
            return None
        return held((self.value - self.usual) / self.spread)

    @property
    def part(self) -> float | None:
        """Distance from usual as a part of it, signed; None where it has none."""
        return held((self.value - self.usual) / abs(self.usual)) if self.usual else None

    @property
    def full(self) -> float | None:
        """Share of the limit."""
        return held(self.value / self.limit) if self.limit else None

    @property
    def unusual(self) -> bool:
        """Whether it is out of the ordinary: by its spread and by a tenth of usual, as far as they are known."""
        known = [abs(x) >= least for x, least in ((self.far, NOTABLE), (self.part, PART)) if x is not None]
        return bool(known) and all(known)


@dataclass(frozen=True, slots=True)
class Analysis:
    """What was found.

    Attributes:
        grid: The series side by side.
        courses: What each series does that is long enough.
        levels: Where each series and metric stands.
        departures: Values out of the ordinary, by name.
        relations: What moves together, the surest first.
        notes: What could not be looked into, and of which series.
    """

    grid: Grid
    courses: Mapping[str, Course]
    levels: Sequence[Level]
    departures: Mapping[str, Sequence[Departure]]
    relations: Sequence[Relation]
    notes: Sequence[tuple[Note, str]] = field(default_factory=tuple)

    @property
    def notable(self) -> frozenset[str]:
        """Names of what changed, departed, is unusual or nearly full."""
        moved = {name for name, course in self.courses.items() if course.starts or course.slope}
        stand = {level.name for level in self.levels if level.unusual or (level.full or 0) >= FULL}
        return frozenset(moved | stand | {name for name, found in self.departures.items() if found})

    @property
    def roots(self) -> list[str]:
        """Notable series that may have moved others, and that no other notable one leads, the most others first."""
        led = {r.target for r in self.relations if r.leads and not r.both_ways and r.source in self.notable}
        leads = [r.source for r in self.relations if r.leads and r.target in self.notable]
        roots = [name for name in dict.fromkeys(leads) if name in self.notable and name not in led]
        return sorted(roots, key=lambda name: -leads.count(name))

    @property
    def first_change(self) -> tuple[str, Sequence[str]] | None:
        """The series whose level changed first, and those that changed within the longest lag after it."""
        begun = sorted((float(c.cells[c.starts[0]]), name) for name, c in self.courses.items() if c.starts)
        if not begun:
            return None
        (at, first), *others = begun
        return first, [name for cell, name in others if 0 < cell - at <= LONGEST_LAG]


def analysis_of(
    grid: Grid, current: Mapping[str, float], baseline: Mapping[str, Usual], limits: Mapping[str, float]
) -> Analysis:
    """The analysis.

    Args:
        grid: The series.
        current: Values of now by name; also of metrics that have no series.
        baseline: What is usual, by name.
        limits: The most that something can be, by name.
    """
    courses = {name: course for name, values in grid.series.items() if (course := course_of(values)) is not None}
    names = dict.fromkeys([*grid.series, *current])
    return Analysis(
        grid,
        courses,
        [level for name in names if (level := _level(name, grid, courses, current, baseline, limits)) is not None],
        {name: departures_of(course, baseline.get(name)) for name, course in courses.items()},
        relations_of(grid.series, courses),
        _notes(grid, courses, baseline),
    )


def _level(
    name: str,
    grid: Grid,
    courses: Mapping[str, Course],
    current: Mapping[str, float],
    baseline: Mapping[str, Usual],
    limits: Mapping[str, float],
) -> Level | None:
    course, usual, limit = courses.get(name), baseline.get(name), limits.get(name)
    values = grid.series.get(name, np.empty(0))
    known = values[np.isfinite(values)]
    if name in current:
        value = current[name]
    elif course is not None and course.slope:
        value = float(course.expected[-1])
    elif known.size:
        begin = course.starts[-1] if course is not None and course.starts else 0
        value = float(np.median(known[begin:][-RECENT:]))
    else:
        return None
    own = spread_of(course.values - course.expected) if course is not None else None
    spread = own if usual is None or usual.spread is None else usual.spread
    nearing = course is not None and limit is not None and course.slope > 0 and value < limit
    left = held((limit - value) / course.slope) if nearing and course is not None and limit is not None else None
    return Level(name, value, None if usual is None else usual.value, spread, limit, left)


def _notes(grid: Grid, courses: Mapping[str, Course], baseline: Mapping[str, Usual]) -> list[tuple[Note, str]]:
    found = [(Note.TOO_SHORT, name) for name in grid.series if name not in courses]
    for name, course in courses.items():
        span = course.cells[-1] - course.cells[0] + 1
        if course.values.size < 0.9 * span:
            found.append((Note.GAPS, name))
    found += [(Note.NO_BASELINE, name) for name in grid.series if name not in baseline]
    related = [course for course in courses.values() if course.values.size >= 2 * LONGEST_LAG]
    if len(courses) > 1 and len(related) < 2:
        found.append((Note.TOO_SHORT_TO_RELATE, ""))
    return found
