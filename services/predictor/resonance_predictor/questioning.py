"""Counts and times questions that come over HTTP."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from functools import cache

from aiohttp import web

from resonance_runtime import metrics

Handler = Callable[[web.Request], Awaitable[web.Response]]


def timed(route: str, model: Callable[[web.Request], str], handler: Handler) -> Handler:
    """A handler whose answers are counted and timed.

    Args:
        route: Which address it is, in a word.
        model: Name of the model that a request asks; one of few.
        handler: Answers; its errors are answers, too.
    """

    observed = cache(metrics.PREDICTOR_QUESTION_SECONDS.labels)

    async def answer(request: web.Request) -> web.Response:
        began = time.perf_counter()
        response = await handler(request)
        seconds = time.perf_counter() - began
        observed(route, model(request), _outcome(response.status)).observe(seconds)
        return response

    return answer


def _outcome(status: int) -> str:
    if status == 503:
        return "unavailable"
    return "answered" if status < 400 else "refused" if status < 500 else "failed"
