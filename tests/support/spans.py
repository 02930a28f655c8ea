"""Tracing with an exporter that keeps spans in memory."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased

from resonance_runtime import tracing
from resonance_runtime.spans import handled, served
from resonance_runtime.spans.stages import Stages


class Kept:
    """Spans that went to the exporter."""

    def __init__(self) -> None:
        self.exporter = InMemorySpanExporter()

    @property
    def spans(self) -> Sequence[ReadableSpan]:
        """All, in the order in which they ended."""
        return self.exporter.get_finished_spans()

    def named(self, name: str) -> ReadableSpan:
        """The only one of a name."""
        (found,) = [span for span in self.spans if span.name == name]
        return found


@contextmanager
def traced(sample: float) -> Iterator[Kept]:
    """Traces into memory; the process-wide provider stays as it is."""
    kept, before = Kept(), tracing.here.drawn_below
    processor = SimpleSpanProcessor(kept.exporter)
    provider = TracerProvider(ParentBased(TraceIdRatioBased(sample)), shutdown_on_exit=False)
    provider.add_span_processor(processor)
    tracer, found = provider.get_tracer("resonance"), (handled.TRACER, served.TRACER)
    tracing.here.drawn_below = round(sample * (1 << 64))
    tracing.here.stages = Stages(lambda stage: processor.on_end(tracing.span_of(stage, provider.resource)))
    handled.TRACER = served.TRACER = tracer  # the provider of a process is set once
    try:
        yield kept
    finally:
        tracing.here.stages, tracing.here.drawn_below = None, before
        handled.TRACER, served.TRACER = found
