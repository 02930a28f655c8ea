"""The spans of requests over HTTP: they continue the trace of whoever asks, where a `traceparent` names one."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final

from aiohttp import web
from opentelemetry.trace import SpanKind, Status, StatusCode
from opentelemetry.util.types import AttributeValue

from resonance_runtime.spans import conventions as its
from resonance_runtime.tracing import TRACER, extracted

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

UNTRACED: Final = frozenset({"/livez", "/readyz", "/health", "/metrics"})
"""Asked every few seconds, by machines."""


@web.middleware
async def traced(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answers in a span; probes have none, nor have WebSockets, which stay in their handler while they are open."""
    if request.path in UNTRACED or "Upgrade" in request.headers:
        return await handler(request)
    resource = request.match_info.route.resource
    route = "" if resource is None else resource.canonical
    attributes: dict[str, AttributeValue] = {its.METHOD: request.method, its.SCHEME: request.scheme}
    if route:
        attributes[its.ROUTE] = route
    with TRACER.start_as_current_span(
        f"{request.method} {route}".rstrip(),
        context=extracted(request.headers),
        kind=SpanKind.SERVER,
        attributes=attributes,
        record_exception=False,
        set_status_on_exception=False,
    ) as span:
        try:
            response = await handler(request)
        except web.HTTPException as answer:
            span.set_attribute(its.STATUS, answer.status)
            raise
        except Exception as fault:
            span.set_attribute(its.ERROR_TYPE, type(fault).__name__)
            span.set_status(Status(StatusCode.ERROR, type(fault).__name__))
            raise
        span.set_attribute(its.STATUS, response.status)
        if response.status >= 500:
            span.set_attribute(its.ERROR_TYPE, str(response.status))
            span.set_status(Status(StatusCode.ERROR))
        return response
