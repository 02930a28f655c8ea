"""What was found in series, in the form of the answer."""

from __future__ import annotations

from resonance_llm_orchestrator.performance.analysis import Analysis
from resonance_llm_orchestrator.performance.departures import held
from resonance_llm_orchestrator.performance.noise import spread_of
from resonance_llm_orchestrator.tasks.wording import Draft, Worded
from resonance_narration import Language, PerformanceWords
from resonance_tasks.performance import (
    LagRelation,
    LevelChange,
    OutOfOrdinary,
    PerformanceAnalysed,
    Standing,
    Trend,
)


def answer_of(
    found: Analysis, draft: Draft, told: PerformanceWords, said: Worded, language: Language
) -> PerformanceAnalysed:
    """The answer: the numbers of the analysis beside the words."""
    return PerformanceAnalysed(
        **said.with_draft(draft, language),
        changes=changes_of(found),
        anomalies=anomalies_of(found),
        trends=[
            Trend(
                series=name,
                per_sample=course.slope,
                first=float(course.expected[0]),
                last=float(course.expected[-1]),
            )
            for name, course in found.courses.items()
            if course.slope
        ],
        levels=[
            Standing(
                series=level.name,
                value=level.value,
                usual=level.usual,
                spreads=level.far,
                limit=level.limit,
                full=level.full,
                samples_left=level.cells_left,
                unusual=level.unusual,
            )
            for level in found.levels
        ],
        relations=[
            LagRelation(
                source=r.source,
                target=r.target,
                lag_samples=r.lag,
                lag_seconds=found.grid.seconds(r.lag),
                correlation=r.correlation,
                p=r.p,
                foretells_p=r.foretells,
                both_ways=r.both_ways,
                may_be_cause=r.leads,
            )
            for r in found.relations
        ],
        notes=list(told.notes),
    )


def changes_of(found: Analysis) -> list[LevelChange]:
    """All changes, in order of time."""
    changes = []
    for name, course in found.courses.items():
        spread = spread_of(course.values - course.expected)
        for start in course.starts:
            before, after = float(course.expected[start - 1]), float(course.expected[start])
            cell = int(course.cells[start])
            changes.append(
                LevelChange(
                    series=name,
                    sample=cell,
                    at=found.grid.time_of(cell),
                    before=before,
                    after=after,
                    spreads=held((after - before) / spread) if spread else None,
                )
            )
    return sorted(changes, key=lambda change: (change.sample, change.series))


def anomalies_of(found: Analysis) -> list[OutOfOrdinary]:
    """All departures, in order of time."""
    departures = [
        OutOfOrdinary(
            series=name,
            first_sample=one.first,
            last_sample=one.last,
            first_at=found.grid.time_of(one.first),
            last_at=found.grid.time_of(one.last),
            samples=one.values,
            value=one.value,
            expected=one.expected,
            spreads=one.spreads,
        )
        for name, ones in found.departures.items()
        for one in ones
    ]
    return sorted(departures, key=lambda one: (one.first_sample, one.series))
