"""Answers that are told while they are made: server-sent events (WHATWG HTML, "Server-sent events")."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from typing import Final

import msgspec
from aiohttp import web

from resonance_gateway.rest.problems import members_of
from resonance_runtime.errors import Problem

CONTENT_TYPE: Final = "text/event-stream"
LONGEST_S: Final = 75.0
"""A reader that has not taken an answer by then is hung up on: the longest deadline of a question, and some."""


@dataclass(frozen=True, slots=True)
class Event:
    """One event.

    Attributes:
        name: Its type.
        data: JSON, one line.
    """

    name: str
    data: bytes

    def encoded(self) -> bytes:
        """As it is sent."""
        return b"event: %s\ndata: %s\n\n" % (self.name.encode(), self.data)


def wanted(request: web.Request) -> bool:
    """Whether somebody accepts events."""
    return CONTENT_TYPE in request.headers.get("Accept", "").lower()


def problem_event(fault: Problem) -> Event:
    """The event of a problem after which nothing comes."""
    return Event("problem", msgspec.json.encode(members_of(fault)))


async def told(
    request: web.Request, events: AsyncGenerator[Event, None], headers: Mapping[str, str]
) -> web.StreamResponse:
    """Sends events as they come; a client that has gone, or does not read, ends them.

    Args:
        request: That is answered.
        events: What is sent.
        headers: Of the response.

    Raises:
        Problem: Before the first event, so that the answer has its status.
    """
    async with aclosing(events):
        first = await anext(events)
        response = web.StreamResponse(headers={**headers, "Content-Type": CONTENT_TYPE, "X-Accel-Buffering": "no"})
        try:
            async with asyncio.timeout(LONGEST_S):
                await response.prepare(request)
                await response.write(first.encoded())
                try:
                    async for event in events:
                        await response.write(event.encoded())
                except Problem as fault:
                    await response.write(problem_event(fault).encoded())
                await response.write_eof()
        except TimeoutError:
            if request.transport is not None:
                request.transport.abort()
        except ConnectionError:
            pass
    return response
