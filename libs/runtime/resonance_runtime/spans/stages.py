"""Spans of the way from a frame to an alert: cheap to note, and made only where somebody will look at them.

Whether a batch of frames leads to an alert is known last, by the predictor. So what each process does with a batch that
was not drawn is kept for a while as a tuple, and becomes a span where the alert asks for its trace.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

from opentelemetry.trace import SpanKind
from opentelemetry.util.types import AttributeValue

MOST_STAGES: Final = 20_000
"""Kept at once; half a minute of a busy gateway, 10 MB."""

MOST_WANTED: Final = 4096
"""Traces of alerts that are remembered, for what is still under way in them."""


class Description(NamedTuple):
    """What a span says beside ids and times."""

    name: str
    kind: SpanKind
    attributes: Mapping[str, AttributeValue]


class Stage(NamedTuple):
    """What one process did with one record or batch.

    Attributes:
        own: `traceparent` of its span.
        parent: Of the span that it follows from; "" where it begins the trace.
        start_ns, end_ns: Since the epoch, nanoseconds.
        describe: Describes it, given `what`; called where somebody looks at it.
        what: Everything that is needed for that, and small.
        fault: Type of the error that it ended with; "" without one.
    """

    own: str
    parent: str
    start_ns: int
    end_ns: int
    describe: Callable[..., Description]
    what: tuple[Any, ...]
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
        self._kept: dict[str, list[Stage]] = {}
        self._count = 0
        self._wanted: dict[str, None] = {}

    def tell(self, stage: Stage) -> None:
        """A stage ended: it is taken where its trace was drawn or is wanted, else kept for a while."""
        trace = trace_of(stage.own)
        if is_drawn(stage.own) or trace in self._wanted:
            return self._take(stage)
        kept = self._kept.get(trace)
        if kept is None:
            self._kept[trace] = [stage]
        else:
            kept.append(stage)
        self._count += 1
        while self._count > self._most:
            self._count -= len(self._kept.pop(next(iter(self._kept))))

    def want(self, header: str) -> None:
        """The trace of a `traceparent` is wanted: what is kept of it is taken, and what ends later."""
        trace = trace_of(header)
        if trace in self._wanted:
            return
        self._wanted[trace] = None
        if len(self._wanted) > MOST_WANTED:
            del self._wanted[next(iter(self._wanted))]
        kept = self._kept.pop(trace, [])
        self._count -= len(kept)
        for stage in kept:
            self._take(stage)


def trace_of(header: str) -> str:
    """The trace id in a `traceparent` of ours."""
    return header[3:35]


def is_drawn(header: str) -> bool:
    """Whether the trace of a `traceparent` of ours was drawn."""
    return header[-1] in _DRAWN


_DRAWN: Final = frozenset("13579bdf")
"""Last digits of flags that have the lowest bit."""
