"""Plain HTTP on its way to the backend and back: bodies are streamed, nothing is kept."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import Final, TypeVar

from aiohttp import ClientError, ClientResponse, web

from resonance_gateway.proxy.headers import passed_on

# How soon it is noticed that a client left while the backend thinks, seconds.
_LOOK_S: Final = 1.0

T = TypeVar("T")


async def while_there(request: web.Request, work: Awaitable[T]) -> T:
    """What some work gives; it is cancelled when the client leaves.

    Raises:
        ConnectionResetError: The client left.
    """
    task = asyncio.ensure_future(work)
    try:
        while not task.done():
            await asyncio.wait((task,), timeout=_LOOK_S)
            if request.transport is None and not task.done():
                raise ConnectionResetError("The client left.")
        return task.result()
    finally:
        task.cancel()


async def pass_back(request: web.Request, answer: ClientResponse) -> web.StreamResponse:
    """Sends an answer of the backend to the client, as it comes."""
    response = web.StreamResponse(
        status=answer.status, reason=answer.reason, headers=passed_on(answer.headers, upgrade=False)
    )
    async with answer:
        await response.prepare(request)
        if request.method == "HEAD":
            return response
        try:
            async for chunk in answer.content.iter_any():
                await response.write(chunk)
        except ClientError:
            # The head has gone out: that the body is cut short can only be told by cutting it short.
            _cut(request)
            return response
        await response.write_eof()
    return response


def _cut(request: web.Request) -> None:
    if request.transport is not None:
        request.transport.abort()
