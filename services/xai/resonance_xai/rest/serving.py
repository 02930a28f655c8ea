"""What every address shares: problems, times, languages, and how JSON and pictures are sent."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
from aiohttp import web

from resonance_narration import Language
from resonance_runtime import metrics
from resonance_runtime.errors import Problem
from resonance_xai.plots.figures import Format
from resonance_xai.problems import problem_of
from resonance_xai.rest.problems import USAGE, answer_of

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def guarded(route: str, handler: Handler) -> Handler:
    """A handler whose errors are problems, and whose answers are counted and timed."""

    async def answer_(request: web.Request) -> web.StreamResponse:
        began = time.perf_counter()
        try:
            response = await handler(request)
        except Exception as error:
            problem = problem_of(error, USAGE)
            if problem is None:
                raise
            response = answer_of(problem)
        outcome = _outcome(response)
        metrics.XAI_QUESTION_SECONDS.labels(route=route, outcome=outcome).observe(time.perf_counter() - began)
        return response

    return answer_


def language_of(request: web.Request) -> str:
    """The language of a request: what is asked for in the query, else the first of Accept-Language that is spoken."""
    asked = request.query.get("language")
    if asked is not None:
        if asked not in set(Language):
            raise Problem(422, "Unknown language", f"Expected one of {', '.join(Language)}, got {asked[:100]!r}.")
        return asked
    for part in request.headers.get("Accept-Language", "").split(","):
        tag = part.split(";")[0].strip().lower()[:2]
        if tag in set(Language):
            return tag
    return Language.ENGLISH


def as_json(body: Any) -> web.Response:
    """An answer in JSON."""
    return web.Response(body=msgspec.json.encode(body), content_type="application/json")


def picture(data: bytes, format_: Format) -> web.Response:
    """A picture; what is in an SVG may run nothing and load nothing."""
    return web.Response(
        body=data,
        content_type=format_.content_type,
        headers={"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; img-src data:"},
    )


def one_of(what: str, value: str, known: tuple[str, ...], status: int = 422) -> str:
    """The value, where it is known. Raises Problem."""
    if value not in known:
        raise Problem(status, f"Unknown {what}", f"Expected one of {', '.join(known)}, got {value[:100]!r}.")
    return value


def _outcome(response: web.StreamResponse) -> str:
    if response.status < 400:
        return "partial" if "X-Partial" in response.headers else "answered"
    return "unavailable" if response.status == 503 else "refused" if response.status < 500 else "failed"
