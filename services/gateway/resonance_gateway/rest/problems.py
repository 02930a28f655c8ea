"""Errors of the REST interface: problem details (RFC 9457)."""

from __future__ import annotations

import logging
import time
from collections.abc import Awaitable, Callable
from http import HTTPStatus

import msgspec
from aiohttp import web

from resonance_gateway.errors import NotAuthenticated
from resonance_runtime import metrics
from resonance_runtime.errors import Problem, Unavailable

log = logging.getLogger(__name__)

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def problem(status: int, title: str, detail: str, type_: str = "about:blank") -> web.Response:
    """A response that says what went wrong and what to do."""
    body = {"type": type_, "title": title, "status": status, "detail": detail}
    headers = {"WWW-Authenticate": "Bearer"} if status == HTTPStatus.UNAUTHORIZED else None
    return web.Response(
        status=status, body=msgspec.json.encode(body), content_type="application/problem+json", headers=headers
    )


@web.middleware
async def problems(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turns every error of a handler into problem details, and measures the time of every answer."""
    began = time.perf_counter()
    response = await _answered(request, handler)
    resource = request.match_info.route.resource
    if resource is not None and not isinstance(response, web.WebSocketResponse):
        metrics.GATEWAY_REQUEST_SECONDS.labels(route=resource.canonical, status=str(response.status)).observe(
            time.perf_counter() - began
        )
    return response


async def _answered(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        return await handler(request)
    except Problem as fault:
        return problem(fault.status, fault.title, fault.detail, fault.type)
    except NotAuthenticated as refusal:
        return problem(401, "Not authenticated", refusal.sentence)
    except Unavailable as fault:
        return problem(503, "Not available now", str(fault))
    except web.HTTPException as error:
        if error.status < HTTPStatus.BAD_REQUEST:
            raise
        return problem(error.status, error.reason, _detail(request, error))
    except Exception:
        log.exception("a request failed", extra={"route": request.path})
        return problem(500, "Internal error", "The gateway failed on this request; its log says why.")


def _detail(request: web.Request, error: web.HTTPException) -> str:
    if isinstance(error, web.HTTPMethodNotAllowed):
        return f"{request.path} answers {', '.join(sorted(error.allowed_methods))}, not {request.method}."
    if isinstance(error, web.HTTPNotFound):
        return f"There is nothing at {request.path}; `/` names the addresses there are."
    if isinstance(error, web.HTTPRequestEntityTooLarge):
        return "The body is larger than the gateway reads."
    return error.text or error.reason
