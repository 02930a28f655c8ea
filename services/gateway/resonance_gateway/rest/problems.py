"""Errors of the REST interface: problem details (RFC 9457).

`type` is a relative reference made of the title, `/problems/<title-in-lower-case>`: stable, and the same whoever
raised it. `instance` names this one answer; the log has it beside what went wrong inside.
"""

from __future__ import annotations

import logging
import math
import re
import time
import uuid
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

import msgspec
from aiohttp import web

from resonance_gateway.errors import KeysAway, NotAuthenticated
from resonance_runtime import metrics
from resonance_runtime.errors import Problem, Unavailable

log = logging.getLogger(__name__)

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

CONTENT_TYPE: Final = "application/problem+json"
# As nginx counts clients that closed the connection before they were answered; nobody reads it.
CLIENT_LEFT: Final = 499
# For those who are not told otherwise: long enough for a broker to choose another leader.
RETRY_AFTER_S: Final = 2.0
_NO_TYPE: Final = "about:blank"


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong with a request.

    Attributes:
        place: A JSON pointer into the body (`#/features/error_rate`, `#` for all of it), or the name of a parameter.
        detail: What would be right.
    """

    place: str
    detail: str

    @property
    def sentence(self) -> str:
        """For people."""
        name = self.place.removeprefix("#").strip("/").replace("/", ".")
        return f"{name or 'The body'}: {self.detail}."


class RequestProblem(Problem):
    """A request is not as documented.

    Attributes:
        faults: What is wrong with it.
    """

    def __init__(self, status: int, title: str, faults: Sequence[Fault]) -> None:
        super().__init__(status, title, " ".join(fault.sentence for fault in faults))
        self.faults = tuple(faults)


class TryLater(Problem):
    """A request that may succeed after a while: 429 or 503.

    Attributes:
        retry_after_s: Time to wait, seconds.
    """

    def __init__(self, status: int, title: str, detail: str, retry_after_s: float) -> None:
        super().__init__(status, title, detail)
        self.retry_after_s = retry_after_s


def type_of(title: str) -> str:
    """The problem type of a title: a reference relative to the gateway's address."""
    return "/problems/" + re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")


def problem(
    status: int,
    title: str,
    detail: str,
    type_: str = _NO_TYPE,
    *,
    faults: Sequence[Fault] = (),
    retry_after_s: float | None = None,
    instance: str | None = None,
    headers: Mapping[str, str] | None = None,
) -> web.Response:
    """A response that says what went wrong and what to do."""
    body = _members(status, title, detail, type_, instance)
    if faults:
        body["errors"] = [
            {"pointer" if f.place.startswith("#") else "parameter": f.place, "detail": f.detail} for f in faults
        ]
    sent = {"Cache-Control": "no-store", **(headers or {})}
    if status == HTTPStatus.UNAUTHORIZED:
        sent["WWW-Authenticate"] = "Bearer"
    if retry_after_s is None and status == HTTPStatus.SERVICE_UNAVAILABLE:
        retry_after_s = RETRY_AFTER_S
    if retry_after_s is not None:
        sent["Retry-After"] = str(max(1, math.ceil(retry_after_s)))
    return web.Response(status=status, body=msgspec.json.encode(body), content_type=CONTENT_TYPE, headers=sent)


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
        return problem_of(fault)
    except KeysAway as refusal:
        return problem(503, "Not available now", refusal.sentence)
    except NotAuthenticated as refusal:
        return problem(401, "Not authenticated", refusal.sentence)
    except Unavailable as fault:
        return problem(503, "Not available now", str(fault))
    except web.HTTPException as error:
        if error.status < HTTPStatus.BAD_REQUEST:
            raise
        return problem(error.status, error.reason, _detail(request, error), headers=_kept(error))
    except Exception as fault:
        if isinstance(fault, ConnectionError) and request.transport is None:
            return web.Response(status=CLIENT_LEFT)
        instance = _instance()
        log.exception("a request failed", extra={"route": _route(request), "instance": instance})
        return problem(
            500, "Internal error", "The gateway failed on this request; its log says why.", instance=instance
        )


def problem_of(fault: Problem) -> web.Response:
    """The response of a problem that was raised."""
    return problem(
        fault.status,
        fault.title,
        fault.detail,
        fault.type,
        faults=getattr(fault, "faults", ()),
        retry_after_s=getattr(fault, "retry_after_s", None),
    )


def members_of(fault: Problem) -> dict[str, Any]:
    """The members of the problem details of a problem."""
    return _members(fault.status, fault.title, fault.detail, fault.type, None)


def _members(status: int, title: str, detail: str, type_: str, instance: str | None) -> dict[str, Any]:
    return {
        "type": type_of(title) if type_ == _NO_TYPE else type_,
        "title": title,
        "status": status,
        "detail": detail,
        "instance": instance or _instance(),
    }


def _instance() -> str:
    return uuid.uuid4().urn


def _route(request: web.Request) -> str:
    """The route of a request, for the log: an address as it came may name a person."""
    resource = request.match_info.route.resource
    return "" if resource is None else resource.canonical


def _kept(error: web.HTTPException) -> dict[str, str]:
    return {"Allow": error.headers["Allow"]} if "Allow" in error.headers else {}


def _detail(request: web.Request, error: web.HTTPException) -> str:
    if isinstance(error, web.HTTPMethodNotAllowed):
        return f"{request.path} answers {', '.join(sorted(error.allowed_methods))}, not {request.method}."
    if isinstance(error, web.HTTPNotFound):
        return f"There is nothing at {request.path}; `/openapi.json` describes what there is."
    if isinstance(error, web.HTTPRequestEntityTooLarge):
        return "The body is larger than the gateway reads."
    return error.text or error.reason
