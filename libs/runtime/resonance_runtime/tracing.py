"""W3C Trace Context on every record, request and frame.

Spans are made by the OpenTelemetry SDK; without an exporter they cost little and still give ids, so a
trace can be followed through the logs of all services.
"""

from __future__ import annotations

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
    carrier: dict[str, str] = {}
    _PROPAGATOR.inject(carrier)
    if TRACEPARENT in carrier:
        return carrier[TRACEPARENT]
    root = _TRACER.start_span("root", context=context.Context())
    _PROPAGATOR.inject(carrier, trace.set_span_in_context(root))
    root.end()
    return carrier.get(TRACEPARENT, "00-" + "0" * 31 + "1-" + "0" * 15 + "1-00")


@contextmanager
def span(name: str, headers: Mapping[str, str]) -> Iterator[None]:
    """Runs the block in a span that continues the trace in `headers`, if there is one."""
    parent = _PROPAGATOR.extract(dict(headers))
    with _TRACER.start_as_current_span(name, context=parent):
        yield
