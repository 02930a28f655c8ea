"""W3C Trace Context on every record, request and frame.

Spans are made by the OpenTelemetry SDK. Where nothing is exported they are not made at all, but their ids are: so a
trace can be followed through the logs of all services.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Final

from opentelemetry import context, trace
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SpanExporter
from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from opentelemetry.trace.status import Status, StatusCode

from resonance_runtime.spans.conventions import ERROR_TYPE
from resonance_runtime.spans.spool import Spool
from resonance_runtime.spans.stages import Stage, Stages

TRACEPARENT: Final = "traceparent"
HEADER_LENGTH: Final = 55
TRACER: Final = trace.get_tracer("resonance")
_PROPAGATOR: Final = TraceContextTextMapPropagator()
_SCOPE: Final = InstrumentationScope("resonance")
_LOW_BITS: Final = (1 << 64) - 1
_SAMPLED: Final = trace.TraceFlags(trace.TraceFlags.SAMPLED)
_NOT_SAMPLED: Final = trace.TraceFlags(0)


class Tracing:
    """How this process traces.

    Attributes:
        drawn_below: Traces whose last 64 bits are less are drawn; as OpenTelemetry's own sampler by ratio does it.
        stages: Takes what happens on the way from a frame to an alert; None where nothing is exported.
        spool: Brings spans to the collector; None where there is none.
    """

    def __init__(self) -> None:
        self.drawn_below = 1 << 64
        self.stages: Stages | None = None
        self.spool: Spool | None = None


here: Final = Tracing()


def configure(service: str, instance: str, sample: float = 1.0, exporter: SpanExporter | None = None) -> None:
    """Installs the SDK for this process; called once at the start.

    Args:
        service: Name of the service.
        instance: Name of this process among its replicas.
        sample: Share of traces that are drawn, 0 to 1.
        exporter: Where spans go; without one, none are made.
    """
    resource = Resource.create({"service.name": service, "service.instance.id": instance})
    # What `shut_down` does not wait for, the exit does not either.
    provider = TracerProvider(ParentBased(TraceIdRatioBased(sample)), resource, shutdown_on_exit=False)
    here.drawn_below = _bound(sample)
    if exporter is not None:
        spool = here.spool = Spool(exporter)
        here.stages = Stages(lambda stage: spool.on_end(span_of(stage, resource)))
        provider.add_span_processor(spool)
    trace.set_tracer_provider(provider)


def shut_down() -> None:
    """Sends what waits, for a moment, and no more."""
    if here.spool is not None:
        here.stages = None
        here.spool.shutdown()


def traceparent() -> str:
    """Header value of the current span, or of a new root span where there is none."""
    return current() or header_of(child_of(""))


def current() -> str:
    """Header value of the current span; "" where there is none."""
    found = trace.get_current_span().get_span_context()
    return header_of(found) if found.is_valid else ""


@contextmanager
def span(name: str, headers: Mapping[str, str]) -> Iterator[None]:
    """Runs the block in a span that continues the trace in `headers`, if there is one."""
    with TRACER.start_as_current_span(name, context=extracted(headers)):
        yield


@contextmanager
def continued(parent: str) -> Iterator[trace.SpanContext]:
    """Runs the block in the trace of a `traceparent`, or in a new one; for what is too short for a span of the SDK.

    It has an id of its own, which is given, so what is sent and logged in it is told apart.
    """
    own = child_of(parent)
    token = context.attach(trace.set_span_in_context(trace.NonRecordingSpan(own)))
    try:
        yield own
    finally:
        context.detach(token)


def extracted(headers: Mapping[str, str]) -> context.Context:
    """The context that headers name."""
    return _PROPAGATOR.extract(dict(headers))


def child_of(parent: str) -> trace.SpanContext:
    """A new span in the trace of a `traceparent`, or in a new trace where that is none."""
    found = parsed(parent)
    if found is None:
        trace_id = random.getrandbits(128) or 1
        drawn = trace_id & _LOW_BITS < here.drawn_below
        return trace.SpanContext(trace_id, new_span_id(), False, _SAMPLED if drawn else _NOT_SAMPLED)
    return trace.SpanContext(found.trace_id, new_span_id(), False, found.trace_flags)


def parsed(header: str) -> trace.SpanContext | None:
    """The span that a `traceparent` names; None where it names none."""
    try:
        version, trace_id, span_id, flags = header.split("-")
        trace_number, span_number, flag_number = int(trace_id, 16), int(span_id, 16), int(flags, 16)
    except ValueError:
        return None
    if version != "00" or not 0 < trace_number < 1 << 128 or not 0 < span_number < 1 << 64:
        return None
    return trace.SpanContext(trace_number, span_number, True, trace.TraceFlags(flag_number & 0xFF))


def new_span_id() -> int:
    """An id of a span."""
    return random.getrandbits(64) or 1


def header_of(span: trace.SpanContext) -> str:
    """The `traceparent` of a span."""
    return f"00-{span.trace_id:032x}-{span.span_id:016x}-{span.trace_flags:02x}"


def _bound(sample: float) -> int:
    return round(sample * (1 << 64))


def span_of(stage: Stage, resource: Resource) -> ReadableSpan:
    """A stage as a span of a process."""
    name, kind, attributes = stage.describe(*stage.what)
    own = parsed(stage.own)
    return ReadableSpan(
        name,
        None if own is None else trace.SpanContext(own.trace_id, own.span_id, False, _SAMPLED),
        parsed(stage.parent),
        resource,
        {**attributes, ERROR_TYPE: stage.fault} if stage.fault else attributes,
        kind=kind,
        status=Status(StatusCode.ERROR, stage.fault) if stage.fault else Status(),
        start_time=stage.start_ns,
        end_time=stage.end_ns,
        instrumentation_scope=_SCOPE,
    )
