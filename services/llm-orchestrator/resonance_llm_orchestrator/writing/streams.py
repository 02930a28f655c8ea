"""A text as it is written: from the first candidate that says anything, and from no other after that.

Nothing of it can be checked before it is shown, so it is for readers who know that, and complete only when the
`Completion` came. A failure before the first piece is told to the course as ever; one after it is the reader's.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import aclosing

from resonance_llm_orchestrator.failures import FailureKind, ProviderFailure, Usage
from resonance_llm_orchestrator.providers.provider import Completion, Prompt, Provider
from resonance_llm_orchestrator.routing.course import Candidate, Course, Uniform
from resonance_llm_orchestrator.routing.desk import Desk
from resonance_llm_orchestrator.writing.outcomes import Outcome
from resonance_llm_orchestrator.writing.spending import Spending


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

    async def stream(self, task: str, prompt: Prompt, deadline: float) -> AsyncGenerator[str | Completion, None]:
        """The pieces of a text, then the whole of it.

        Raises:
            ProviderFailure: Nobody began one, or the one who began did not end it by itself.
        """
        clock = asyncio.get_running_loop().time
        candidates = self._desk.candidates(task, self._spending)
        course = Course(candidates, self._desk.routes.route(task).rounds, deadline, self._uniform)
        last = ProviderFailure(FailureKind.UNAVAILABLE, "No provider can be asked.")
        while (step := course.next(clock())) is not None:
            await asyncio.sleep(max(0.0, step.at - clock()))
            begun = False
            try:
                async with aclosing(self._one(step.candidate, task, prompt, deadline)) as pieces:
                    async for piece in pieces:
                        begun = True
                        yield piece
                return
            except ProviderFailure as failure:
                if begun:
                    raise
                last = failure
                course.failed(step.candidate, failure, clock())
        raise last

    async def _one(
        self, candidate: Candidate, task: str, prompt: Prompt, deadline: float
    ) -> AsyncGenerator[str | Completion, None]:
        clock = asyncio.get_running_loop().time
        gate, provider = self._desk.gates[candidate.provider], self._providers[candidate.name]
        async with gate.passing(0.0) as permit:
            reservation, price = await self._spending.reserve(task, provider, prompt, deadline)
            # Whoever stops reading before the end leaves it unknown what the rest costs: all of it counts.
            usage: Usage | None = None
            may_cost, failure, started = True, None, clock()
            try:
                async with aclosing(provider.stream(prompt, deadline)) as pieces:
                    async for piece in pieces:
                        if isinstance(piece, Completion):
                            usage = piece.usage
                            gate.answered(permit)
                        yield piece
            except ProviderFailure as fault:
                failure, usage, may_cost = fault, fault.usage, fault.may_cost
                gate.failed(permit, fault, clock() - started, deadline)
                raise
            finally:
                cost = self._spending.cost(reservation, price, usage, may_cost)
                self._observe(Outcome(provider.name, provider.model, task, clock() - started, usage, cost, failure))
                await self._spending.settle(reservation, cost)
