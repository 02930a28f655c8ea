"""The body of a request has to come in time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def bodies_within(seconds: float) -> Any:
    """A middleware that answers 408 where a body takes longer; requests without a body pass through it for nothing."""

    @web.middleware
    def pass_on(request: web.Request, handler: Handler) -> Awaitable[web.StreamResponse]:
        return _timed(request, handler, seconds) if request.can_read_body else handler(request)

    return pass_on


async def _timed(request: web.Request, handler: Handler, seconds: float) -> web.StreamResponse:
    timer = asyncio.get_running_loop().call_later(seconds, _give_up, request, seconds)
    try:
        return await handler(request)
    finally:
        timer.cancel()


def _give_up(request: web.Request, seconds: float) -> None:
    body = request.content
    if body.is_eof():
        return
    body.set_exception(web.HTTPRequestTimeout(text=f"The body has to come within {seconds:g} s."))
    # Nothing more is read; the answer is still written.
    request.protocol.close()
    body.feed_eof()
