"""The task `analyze_performance_patterns`: what series of measurements say."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from statistics import median
from typing import Any, Final

import numpy as np

from resonance_llm_orchestrator.brief import Writer
from resonance_llm_orchestrator.performance.analysis import FULL, Analysis, Level, analysis_of
from resonance_llm_orchestrator.performance.departures import Departure, Usual
from resonance_llm_orchestrator.performance.grid import Grid, of_pairs, of_values
from resonance_llm_orchestrator.performance.noise import spread_of
from resonance_llm_orchestrator.tasks.performance_answer import answer_of
from resonance_llm_orchestrator.tasks.severity import by_distance, by_full, by_part, gravest
from resonance_llm_orchestrator.tasks.untrusted import name_of
from resonance_llm_orchestrator.tasks.wording import Draft, worded
from resonance_narration import (
    ChangedFact,
    DepartedFact,
    LevelFact,
    PerformanceFacts,
    PerformanceWords,
    RelatedFact,
    TrendFact,
    tell_performance,
)
from resonance_tasks.performance import ANALYZE_PERFORMANCE, PerformanceAnalysed, PerformanceQuestion, UsualValue
from resonance_tasks.task import Grade

UNNAMED: Final = "#"
"""Stands before the position of a series whose name may not stand in our sentences; no name begins with it."""


def analysed(question: PerformanceQuestion) -> Analysis:
    """The arithmetic; for the largest question about a second of a processor."""
    grid, usual = grid_of(question), {name: usual_of(given) for name, given in question.baseline.items()}
    return analysis_of(grid, question.metrics, usual, question.limits)


def grid_of(question: PerformanceQuestion) -> Grid:
    """Series on one grid; pairs without a time are left out."""
    series: Mapping[str, list[Any]] = question.time_series_data
    if not isinstance(next(iter(series.values()))[0], list):
        grid = of_values(series)
        return Grid(grid.series, question.step_seconds, None)
    return of_pairs({name: [(at, value) for at, value in pairs if at is not None] for name, pairs in series.items()})


def usual_of(given: float | UsualValue | list[float]) -> Usual:
    """Of earlier values the median and their robust spread."""
    if isinstance(given, UsualValue):
        return Usual(given.value, given.spread)
    if isinstance(given, list):
        return Usual(median(given), spread_of(np.array(given, float)) or None)
    return Usual(given)


def severity_of(found: Analysis) -> Grade:
    """The gravest of

    - how full what has a limit is; high at least where its trend reaches the limit within the time that was looked at;
    - how far each level that is out of the ordinary is from usual, in spreads, or as a part of the usual value where no
      spread is known;
    - medium where anything changed or departed. Low where nothing did.
    """
    cells = max((values.size for values in found.grid.series.values()), default=0)
    grades = [Grade.MEDIUM] if found.notable else []
    for level in found.levels:
        grades.append(by_full(level.full) or Grade.LOW)
        if level.cells_left is not None and level.cells_left <= cells:
            grades.append(Grade.HIGH)
        if level.unusual:
            grades.append((by_distance(level.far) if level.far is not None else by_part(level.part)) or Grade.LOW)
    return gravest(*grades)


def draft_of(question: PerformanceQuestion, found: Analysis) -> tuple[Draft, PerformanceWords]:
    """The draft, and the words with their notes."""
    facts, severity = facts_of(found), severity_of(found)
    told = tell_performance(facts, question.language, question.recipient_role)
    said = json.loads(json.dumps(asdict(facts)))
    unnamed = [int(label[1:]) for label in _labels(found).values() if label.startswith(UNNAMED)]
    return Draft(
        {"severity": str(severity), "notable_count": len(facts.notable), "unnamed": unnamed, **said},
        told.words,
        told.causes,
        severity,
    ), told


def facts_of(found: Analysis) -> PerformanceFacts:
    """What is told, the gravest first; names that are no plain ones are told by their position."""
    labels = _labels(found)
    end = max((values.size for values in found.grid.series.values()), default=0)
    levels = sorted(found.levels, key=lambda level: -max(abs(level.far or 0.0), 10 * (level.full or 0.0)))
    first = found.first_change
    return PerformanceFacts(
        series=len(labels),
        notable=tuple(label for name, label in labels.items() if name in found.notable),
        changes=tuple(_changes(found, labels, end)),
        departures=tuple(
            DepartedFact(labels[name], one.value, one.expected, one.values) for name, one in strongest(found)
        ),
        trends=tuple(
            TrendFact(labels[name], float(course.expected[0]), float(course.expected[-1]))
            for name, course in found.courses.items()
            if course.slope
        ),
        levels=tuple(_level(found.grid, level, labels[level.name]) for level in levels if _worth_telling(level)),
        relations=tuple(
            RelatedFact(
                labels[r.source],
                labels[r.target],
                r.lag,
                r.correlation,
                r.leads,
                r.both_ways,
                found.grid.seconds(r.lag) if r.lag else None,
            )
            for r in found.relations
        ),
        roots=tuple(labels[name] for name in found.roots),
        first=(labels[first[0]], tuple(labels[name] for name in first[1])) if first else None,
        notes=tuple((note, labels.get(name, "")) for note, name in found.notes),
    )


def strongest(found: Analysis) -> list[tuple[str, Departure]]:
    """Departures of all series, the farthest first."""
    every = [(name, one) for name, departures in found.departures.items() for one in departures]
    return sorted(every, key=lambda item: -abs(item[1].spreads))


def _labels(found: Analysis) -> dict[str, str]:
    names = dict.fromkeys([*found.grid.series, *(level.name for level in found.levels)])
    return {name: name_of(name) or f"{UNNAMED}{position}" for position, name in enumerate(names, 1)}


def _changes(found: Analysis, labels: Mapping[str, str], end: int) -> Iterator[ChangedFact]:
    """Each series' largest change, the earliest first."""
    largest = []
    for name, course in found.courses.items():
        jumps = [(abs(course.expected[s] - course.expected[s - 1]), s) for s in course.starts]
        if jumps:
            start = max(jumps)[1]
            largest.append((int(course.cells[start]), name, start))
    for cell, name, start in sorted(largest):
        course = found.courses[name]
        before, after = float(course.expected[start - 1]), float(course.expected[start])
        yield ChangedFact(labels[name], before, after, end - cell, found.grid.seconds(end - cell))


def _worth_telling(level: Level) -> bool:
    return level.unusual or (level.full or 0.0) >= FULL or level.cells_left is not None


def _level(grid: Grid, level: Level, label: str) -> LevelFact:
    full = level.full if (level.full or 0.0) >= FULL else None
    left = level.cells_left
    left_s = None if left is None else grid.seconds(left)
    return LevelFact(label, level.value, level.usual if level.unusual else None, full, left, left_s)


class Performance:
    """Answers `analyze_performance_patterns`: one question at a time in a thread, so that nothing else waits for it."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer
        self._thread = ThreadPoolExecutor(1, "series")

    async def answer(self, question: PerformanceQuestion, deadline: float) -> PerformanceAnalysed:
        """See `table.Handle`."""
        found = await asyncio.get_running_loop().run_in_executor(self._thread, analysed, question)
        draft, told = draft_of(question, found)
        said = await worded(
            self._writer, ANALYZE_PERFORMANCE.name, draft, question.language, question.recipient_role, deadline
        )
        return answer_of(found, draft, told, said, question.language)
