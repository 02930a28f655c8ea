"""What is printed of a course, and written into the documents."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from tests.degraded.course import Ran
from tests.degraded.judging import Judged, Row
from tests.support.llm_server import ANTHROPIC, OPENAI

HEAD = (
    "", "incidents", "words by openai", "anthropic", "our own writer", "marked degraded", "facts, s: most",
    "explained, s: p50", "most", "requests at openai", "at anthropic", "health says so after, s",
)  # fmt: skip


def table(found: Judged) -> Iterator[str]:
    """A line for each phase."""
    yield _line(HEAD)
    yield "|" + "---|" * len(HEAD)
    yield from (_line(_cells(row)) for row in found.rows)


def sentences(ran: Ran, found: Judged) -> Iterator[str]:
    """What the table does not say."""
    yield (
        f"{found.incidents} incidents, {ran.course.rate:g} a second. Enriched alerts: {len(ran.told)} of "
        f"{3 * found.incidents} expected, {len(found.missing)} missing, {len(found.different)} told in two ways, "
        f"{len(found.mismarked)} with another author or other reasons than were so."
    )
    yield (
        f"The orchestrator was ready again {ran.ready_s - ran.killed_s:.1f} s after SIGKILL. It repeated "
        f"{found.repeats} records, to the byte, and asked again about {len(found.paid_twice)} incidents whose answer "
        "had died with it."
    )
    back = ", ".join(f"{name} {seconds:.1f} s" for name, seconds in ran.back_s.items())
    yield f"Words by a provider again after it was back: {back}."
    counted = ", ".join(f"{name} {ran.attempts[name]}" for name in ran.providers)
    yield f"Attempts that the orchestrator counted from its second start on: {counted}; each was one request."
    yield (
        f"Every explanation read a second time, with both providers well: {len(found.changed_again)} alerts told "
        f"otherwise, {ran.asked_again} requests."
    )


def _cells(row: Row) -> Sequence[str]:
    return (
        row.name,
        str(row.incidents),
        *(str(row.words[name]) for name in (OPENAI, ANTHROPIC, "offline")),
        str(row.marked),
        _seconds(max(row.facts_s, default=0.0)),
        _seconds(float(np.median(row.explained_s)) if row.explained_s else 0.0),
        _seconds(max(row.explained_s, default=0.0)),
        *(str(row.requests[name]) for name in (OPENAI, ANTHROPIC)),
        "" if row.health_s is None else _seconds(row.health_s),
    )


def _seconds(value: float) -> str:
    return f"{value:.2f}"


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
