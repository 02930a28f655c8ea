"""One turn of one candidate: a request, and one more with the complaint where its answer cannot be taken."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from resonance_llm_orchestrator.brief import Text
from resonance_llm_orchestrator.failures import FailureKind, ProviderFailure, Usage
from resonance_llm_orchestrator.providers.provider import Completion, Prompt, Provider, Rejected
from resonance_llm_orchestrator.routing.course import SHORTEST_ATTEMPT_S
from resonance_llm_orchestrator.writing.answer import Unbelievable, answer_of
from resonance_llm_orchestrator.writing.outcomes import Outcome
from resonance_llm_orchestrator.writing.question import Question
from resonance_llm_orchestrator.writing.spending import Spending
from resonance_narration import Language

log = logging.getLogger(__name__)

LONGEST_REJECTED: Final = 8_000
"""Characters of an answer that are shown to the provider again."""

Accept = Callable[[Mapping[Language, Text]], None]
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
        self, provider: Provider, task: str, question: Question, deadline: float, accept: Accept, *, again: bool
    ) -> Answered:
        """Words of one provider.

        Args:
            provider: Who is asked.
            task: For what.
            question: What.
            deadline: When it has to be over.
            accept: Raises ProviderFailure where words are not to be shown.
            again: Whether to ask once more where an answer cannot be taken.

        Raises:
            ProviderFailure: There are no words.
        """
        clock = asyncio.get_running_loop().time
        started = clock()
        completion, fault = await self._once(provider, task, question, question.prompt, deadline, accept)
        if isinstance(fault, Answered):
            return fault
        # A second answer takes about as long as the first.
        if not again or clock() + max(SHORTEST_ATTEMPT_S, clock() - started) > deadline:
            raise fault
        prompt = replace(question.prompt, rejected=Rejected(completion.text[:LONGEST_REJECTED], _complaint(fault)))
        _, second = await self._once(provider, task, question, prompt, deadline, accept)
        if isinstance(second, Answered):
            return second
        raise second

    async def _once(
        self, provider: Provider, task: str, question: Question, prompt: Prompt, deadline: float, accept: Accept
    ) -> tuple[Completion, Answered | ProviderFailure]:
        """One request: the words, or why the complete answer cannot be taken; raises where there is none."""
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
            texts = answer_of(completion.text, question.languages, question.numbers, question.names)
            question.check(texts)
            accept(texts)
            return completion, Answered(texts, completion.model)
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
