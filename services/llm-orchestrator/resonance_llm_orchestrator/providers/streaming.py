"""One streamed answer: opened, read event by event, each within the deadline, complete only when the model said so."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AbstractContextManager, AsyncExitStack
from typing import Final, Protocol

from resonance_llm_orchestrator.providers.provider import Completion, until
from resonance_llm_orchestrator.providers.sse import events

STALL_S: Final = 10.0
"""Longest silence in the middle of a stream, seconds."""


class Lines(Protocol):
    """An answer whose lines are read as they come."""

    def iter_lines(self) -> AsyncIterator[str]:
        """The lines."""


class Gathering(Protocol):
    """Puts events together again."""

    def take(self, event: str) -> str:
        """The text that one event adds, maybe none."""

    def completion(self) -> Completion:
        """The whole; raises ProviderFailure where the model did not finish by itself."""


async def streamed(
    open_: Callable[[float], AbstractAsyncContextManager[Lines]],
    whole: Gathering,
    typed: Callable[[], AbstractContextManager[None]],
    deadline: float,
) -> AsyncGenerator[str | Completion, None]:
    """As `Provider.stream`.

    The deadline is set for each step and not around all of them: between two pieces the caller's own work runs in the
    same task, and must not be the one that is ended.

    Args:
        open_: Sends the request, given the seconds that are left.
        whole: Where the events go.
        typed: Types the SDK's errors.
        deadline: A time of the running loop's clock.
    """
    clock = asyncio.get_running_loop().time
    async with AsyncExitStack() as stack:
        async with until(deadline) as left:
            with typed():
                answer = await stack.enter_async_context(open_(left))
        steps = events(answer.iter_lines())
        while True:
            async with until(min(deadline, clock() + STALL_S)):
                with typed():
                    event = await anext(steps, None)
            if event is None:
                break
            if piece := whole.take(event):
                yield piece
        yield whole.completion()
