"""Spans of the way from a frame to an alert: cheap to note, and made only where somebody will look at them.

Whether a batch of frames leads to an alert is known last, by the predictor. So what each process does with a batch that
was not drawn is kept for a while as a tuple, and becomes a span where the alert asks for its trace.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

from opentelemetry.trace import SpanKind
from opentelemetry.util.types import AttributeValue

MOST_STAGES: Final = 20_000
"""Kept at once; half a minute of a busy gateway, 10 MB."""

MOST_WANTED: Final = 4096
"""Traces of alerts that are remembered, for what is still under way in them."""


class Stage(NamedTuple):
    """What one process did with one record or batch.

    Attributes:
        name: Of the span.
        kind: Of the span.
        trace_id: Of its trace.
        span_id: Its own.
        parent_id: Of the span that it follows from; 0 where it begins the trace.
        start_ns, end_ns: Since the epoch, nanoseconds.
        attributes: Of the span.
        fault: Type of the error that it ended with; "" without one.
    """

    name: str
    kind: SpanKind
    trace_id: int
    span_id: int
    parent_id: int
    start_ns: int
    end_ns: int
    attributes: Mapping[str, AttributeValue]
    fault: str = ""


class Stages:
    """The stages of a process; not for several threads.

    Args:
        take: Told of each that somebody wants, once.
        most: How many others are kept; the oldest go first.
    """

    def __init__(self, take: Callable[[Stage], None], most: int = MOST_STAGES) -> None:
        self._take = take
        self._most = most
        self._kept: dict[int, list[Stage]] = {}
        self._count = 0
        self._wanted: dict[int, None] = {}

    def tell(self, stage: Stage, sampled: bool) -> None:
        """A stage ended.

        Args:
            stage: The stage.
            sampled: Whether its trace was drawn.
        """
        if sampled or stage.trace_id in self._wanted:
            return self._take(stage)
        self._kept.setdefault(stage.trace_id, []).append(stage)
        self._count += 1
        while self._count > self._most:
            self._count -= len(self._kept.pop(next(iter(self._kept))))

    def want(self, trace_id: int) -> None:
        """A trace is wanted: what is kept of it is taken, and what ends later."""
        if trace_id in self._wanted:
            return
        self._wanted[trace_id] = None
        if len(self._wanted) > MOST_WANTED:
            del self._wanted[next(iter(self._wanted))]
        kept = self._kept.pop(trace_id, [])
        self._count -= len(kept)
        for stage in kept:
            self._take(stage)
