"""One turn of one candidate: a request, and one more with the complaint where its answer cannot be taken."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, Generic, TypeVar

from resonance_llm_orchestrator.brief import Text
from resonance_llm_orchestrator.failures import FailureKind, ProviderFailure, Usage
from resonance_llm_orchestrator.providers.provider import Completion, Prompt, Provider, Rejected
from resonance_llm_orchestrator.routing.course import SHORTEST_ATTEMPT_S
from resonance_llm_orchestrator.writing.answer import Unbelievable
from resonance_llm_orchestrator.writing.outcomes import Outcome
from resonance_llm_orchestrator.writing.spending import Spending
from resonance_narration import Language

log = logging.getLogger(__name__)

LONGEST_REJECTED: Final = 8_000
"""Characters of an answer that are shown to the provider again."""

T = TypeVar("T")

Take = Callable[[Completion], T]
"""What is made of a complete answer; raises Unbelievable where it may be asked for once more, else ProviderFailure."""
Later = Callable[[Coroutine[Any, Any, None]], None]


@dataclass(frozen=True, slots=True)
class Answered:
    """Words that were taken.

    Attributes:
        texts: By language, with placeholders.
        model: That wrote them, as the provider names it.
    """

    texts: Mapping[Language, Text]
    model: str


class _Taken(Generic[T]):
    def __init__(self, answer: T) -> None:
        self.answer = answer


class Attempts:
    """Asks.

    Args:
        spending: Counts the money.
        observe: Told of each request, also of those that were not sent.
        later: Does what nobody has to wait for.
    """

    def __init__(self, spending: Spending, observe: Callable[[Outcome], None], later: Later) -> None:
        self._spending = spending
        self._observe = observe
        self._later = later

    async def ask(
        self, provider: Provider, task: str, prompt: Prompt, deadline: float, take: Take[T], *, again: bool
    ) -> T:
        """What one provider answers.

        Args:
            provider: Who is asked.
            task: For what.
            prompt: What.
            deadline: When it has to be over.
            take: Makes of the answer what is wanted of it.
            again: Whether to ask once more where an answer cannot be taken.

        Raises:
            ProviderFailure: There is no answer that can be taken.
        """
        clock = asyncio.get_running_loop().time
        started = clock()
        completion, first = await self._once(provider, task, prompt, deadline, take)
        if isinstance(first, _Taken):
            return first.answer
        # A second answer takes about as long as the first.
        if not again or clock() + max(SHORTEST_ATTEMPT_S, clock() - started) > deadline:
            raise first
        prompt = replace(prompt, rejected=Rejected(completion.text[:LONGEST_REJECTED], _complaint(first)))
        _, second = await self._once(provider, task, prompt, deadline, take)
        if isinstance(second, _Taken):
            return second.answer
        raise second

    async def _once(
        self, provider: Provider, task: str, prompt: Prompt, deadline: float, take: Take[T]
    ) -> tuple[Completion, _Taken[T] | ProviderFailure]:
        """One request: the answer, or why the complete answer cannot be taken; raises where there is none."""
        clock = asyncio.get_running_loop().time
        started = clock()
        failure: ProviderFailure | None = None
        usage: Usage | None = None
        may_cost, cost = True, 0
        reservation = None
        try:
            reservation, price = await self._spending.reserve(task, provider, prompt, deadline)
            started = clock()
            completion = await _complete(provider, prompt, deadline)
            usage = completion.usage
            return completion, _Taken(take(completion))
        except Unbelievable as error:
            failure = ProviderFailure(FailureKind.BROKEN_ANSWER, str(error), usage=usage)
            return completion, failure
        except ProviderFailure as error:
            failure = error
            usage, may_cost = usage or error.usage, error.may_cost
            raise
        finally:
            if reservation is not None:
                cost = self._spending.cost(reservation, price, usage, may_cost)
                self._later(self._spending.settle(reservation, cost))
            self._observe(Outcome(provider.name, provider.model, task, clock() - started, usage, cost, failure))


async def _complete(provider: Provider, prompt: Prompt, deadline: float) -> Completion:
    """One request; an error that nobody foresaw is a failure like any other."""
    try:
        return await provider.complete(prompt, deadline)
    except ProviderFailure:
        raise
    except Exception as error:
        log.exception("a provider failed in an unknown way", extra={"provider": provider.name})
        sentence = f"The attempt failed ({type(error).__name__})."
        raise ProviderFailure(FailureKind.UNAVAILABLE, sentence, may_cost=True) from error


def _complaint(fault: ProviderFailure) -> str:
    return f"This answer cannot be taken. {fault} Answer the same question again, in the form that was asked for."
