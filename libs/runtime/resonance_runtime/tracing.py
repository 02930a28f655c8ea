"""W3C Trace Context on every record, request and frame.

Spans are made by the OpenTelemetry SDK; without an exporter they cost little and still give ids, so a
trace can be followed through the logs of all services.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from opentelemetry import context, trace
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

TRACEPARENT = "traceparent"
_PROPAGATOR = TraceContextTextMapPropagator()
_TRACER = trace.get_tracer("resonance")


def configure(service: str, instance: str) -> None:
    """Installs the SDK for this process; called once at the start."""
    resource = Resource.create({"service.name": service, "service.instance.id": instance})
    trace.set_tracer_provider(TracerProvider(resource=resource))


def traceparent() -> str:
    """Header value of the current span, or of a new root span where there is none."""
    current = trace.get_current_span().get_span_context()
    return _header(current if current.is_valid else _child_of(""))


@contextmanager
def span(name: str, headers: Mapping[str, str]) -> Iterator[None]:
    """Runs the block in a span that continues the trace in `headers`, if there is one."""
    parent = _PROPAGATOR.extract(dict(headers))
    with _TRACER.start_as_current_span(name, context=parent):
        yield


@contextmanager
def continued(parent: str) -> Iterator[None]:
    """Runs the block in the trace of a `traceparent`, or in a new one; for what is too short for a span of its own.

    It has an id of its own, so what is sent and logged in it is told apart; nothing of it is recorded.
    """
    token = context.attach(trace.set_span_in_context(trace.NonRecordingSpan(_child_of(parent))))
    try:
        yield
    finally:
        context.detach(token)


def _child_of(parent: str) -> trace.SpanContext:
    try:
        version, trace_id, _, flags = parent.split("-")
        trace_number, trace_flags = int(trace_id, 16), trace.TraceFlags(int(flags, 16) & 0xFF)
    except ValueError:
        version, trace_number = "", 0
    if version != "00" or not 0 < trace_number < 1 << 128:
        trace_number, trace_flags = random.getrandbits(128) or 1, trace.TraceFlags(trace.TraceFlags.SAMPLED)
    return trace.SpanContext(trace_number, random.getrandbits(64) or 1, False, trace_flags)


def _header(span: trace.SpanContext) -> str:
    return f"00-{span.trace_id:032x}-{span.span_id:016x}-{span.trace_flags:02x}"
