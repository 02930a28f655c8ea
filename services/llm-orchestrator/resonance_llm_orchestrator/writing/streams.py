"""A text as it is written: from the first candidate that says anything, and from no other after that.

Whoever reads it decides what of it is shown before all of it is there (see `live`); it is complete only when the
`Completion` came. A failure before the first piece is told to the course as ever; one after it is the reader's.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import aclosing
from typing import Final, Protocol

from resonance_llm_orchestrator.failures import FailureKind, ProviderFailure, Usage
from resonance_llm_orchestrator.providers.provider import Completion, Prompt, Provider, until
from resonance_llm_orchestrator.routing.course import Candidate, Course, Uniform
from resonance_llm_orchestrator.routing.desk import Desk
from resonance_llm_orchestrator.writing.outcomes import Outcome
from resonance_llm_orchestrator.writing.spending import Spending

FIRST_SHARE: Final = 0.6
"""Of the time that is left, until the first piece, for a candidate that others come after."""


class Reader(Protocol):
    """Who reads a text while it is written."""

    def take(self, candidate: Candidate, piece: str | Completion) -> None:
        """Takes a piece, or the whole; raises ProviderFailure where it cannot be taken."""

    def failed(self, candidate: Candidate, failure: ProviderFailure) -> None:
        """Hears that somebody did not begin, or did not end."""


class Streams:
    """Streams texts.

    Args:
        desk: Who can be asked, in which order.
        providers: Who they are, by candidate's name.
        spending: Counts the money.
        observe: Told of each attempt.
        uniform: Draws a number between two; for waits.
    """

    def __init__(
        self,
        desk: Desk,
        providers: Mapping[str, Provider],
        spending: Spending,
        observe: Callable[[Outcome], None],
        uniform: Uniform = random.uniform,
    ) -> None:
        self._desk = desk
        self._providers = providers
        self._spending = spending
        self._observe = observe
        self._uniform = uniform

    async def stream(
        self, task: str, prompt: Prompt, deadline: float, reader: Reader | None = None
    ) -> AsyncGenerator[str | Completion, None]:
        """The pieces of a text, then the whole of it, each after the reader took it.

        Raises:
            ProviderFailure: Nobody began one, whoever began did not end it by itself, or the reader did not take it.
        """
        clock = asyncio.get_running_loop().time
        candidates = self._desk.candidates(task, self._spending)
        course = Course(candidates, self._desk.routes.route(task).rounds, deadline, self._uniform)
        last = ProviderFailure(FailureKind.UNAVAILABLE, "No provider can be asked.")
        while (step := course.next(clock())) is not None:
            await asyncio.sleep(max(0.0, step.at - clock()))
            begun, now = False, clock()
            first_by = now + (deadline - now) * (FIRST_SHARE if course.more_after(step.candidate) else 1.0)
            try:
                async with aclosing(self._one(step.candidate, task, prompt, first_by, deadline, reader)) as pieces:
                    async for piece in pieces:
                        begun = True
                        yield piece
                return
            except ProviderFailure as failure:
                if reader is not None:
                    reader.failed(step.candidate, failure)
                if begun:
                    raise
                last = failure
                course.failed(step.candidate, failure, clock())
        raise last

    async def _one(
        self,
        candidate: Candidate,
        task: str,
        prompt: Prompt,
        first_by: float,
        deadline: float,
        reader: Reader | None,
    ) -> AsyncGenerator[str | Completion, None]:
        clock = asyncio.get_running_loop().time
        gate, provider = self._desk.gates[candidate.provider], self._providers[candidate.name]
        async with gate.passing(0.0) as permit:
            reservation, price = await self._spending.reserve(task, provider, prompt, deadline)
            usage: Usage | None = None
            started = clock()
            # Whoever stops reading before the end leaves it unknown what the rest costs: all of it counts.
            failure: ProviderFailure | None = ProviderFailure(FailureKind.TIMEOUT, "Nobody read it to its end.")
            try:
                async with aclosing(provider.stream(prompt, deadline)) as pieces:
                    async for piece in _soon(pieces, first_by):
                        if isinstance(piece, Completion):
                            usage = piece.usage
                        if reader is not None:
                            reader.take(candidate, piece)
                        if isinstance(piece, Completion):
                            gate.answered(permit)
                            failure = None
                        yield piece
            except ProviderFailure as fault:
                failure, usage = fault, usage or fault.usage
                gate.failed(permit, fault, clock() - started, deadline)
                raise
            finally:
                may_cost = failure is None or failure.may_cost
                cost = self._spending.cost(reservation, price, usage, may_cost)
                self._observe(Outcome(provider.name, provider.model, task, clock() - started, usage, cost, failure))
                await self._spending.settle(reservation, cost)


async def _soon(
    pieces: AsyncGenerator[str | Completion, None], first_by: float
) -> AsyncGenerator[str | Completion, None]:
    """The same pieces; raises ProviderFailure where the first one does not come by a time."""
    async with until(first_by):
        first = await anext(pieces, None)
    if first is None:
        return
    yield first
    async for piece in pieces:
        yield piece
