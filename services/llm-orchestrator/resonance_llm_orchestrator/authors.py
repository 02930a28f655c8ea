"""Who writes an explained alert: the providers in order, one attempt each, then our own writer; one deadline.

openai ──failure──▶ anthropic ──failure──▶ offline, which cannot fail
   │                    │                     │
   └────────────────────┴── enriched alert ◀──┘   within the deadline, with the reasons of those that failed
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from typing import Final

from resonance_contracts.pb.resonance.v1 import alert_pb2
from resonance_llm_orchestrator.answer import Answer, answer_of
from resonance_llm_orchestrator.drafts import Draft
from resonance_llm_orchestrator.enriched import enriched, enriched_offline
from resonance_llm_orchestrator.failures import FailureKind, ProviderFailure
from resonance_llm_orchestrator.outcomes import Outcome
from resonance_llm_orchestrator.plain_text import plain
from resonance_llm_orchestrator.prompt import names_in, numbers_in, prompt_data, prompt_of
from resonance_llm_orchestrator.provider import Completion, Provider
from resonance_narration import Language

log = logging.getLogger(__name__)

# A provider that hangs must leave the next one enough time to be of use.
SHARE: Final = 0.6
# An answer takes longer than this: asking would only cost.
SHORTEST_ATTEMPT_S: Final = 0.2
LONGEST_MODEL_NAME: Final = 128


class Authors:
    """Writes explained alerts.

    Args:
        providers: In the order in which they are asked; none means our own writer alone.
        deadline_s: Longest time for one alert, all attempts together, seconds.
        observe: Told of each attempt.
    """

    def __init__(self, providers: Sequence[Provider], deadline_s: float, observe: Callable[[Outcome], None]) -> None:
        self._providers = providers
        self._deadline_s = deadline_s
        self._observe = observe

    @property
    def deterministic(self) -> bool:
        """Whether the same draft always gives the same words."""
        return not self._providers

    async def write(self, draft: Draft) -> alert_pb2.EnrichedAlert:
        """The enriched alert, whatever the providers do; it says who wrote it and why others did not."""
        deadline = asyncio.get_running_loop().time() + self._deadline_s
        reasons: list[str] = []
        for position, provider in enumerate(self._providers):
            last = position == len(self._providers) - 1
            try:
                return await self._attempt(provider, draft, _share(deadline, last), reasons)
            except ProviderFailure as failure:
                reasons.append(f"{provider.name}: {failure.kind}: {failure}")
        return enriched_offline(draft, reasons)

    async def _attempt(
        self, provider: Provider, draft: Draft, deadline: float, reasons: Sequence[str]
    ) -> alert_pb2.EnrichedAlert:
        clock = asyncio.get_running_loop().time
        if deadline - clock() < SHORTEST_ATTEMPT_S:
            raise ProviderFailure(FailureKind.TIMEOUT, "It was not asked: no time was left.")
        started, completion = clock(), None
        try:
            completion, answer = await _ask(provider, draft, deadline)
        except ProviderFailure as failure:
            self._observe(Outcome(provider.name, clock() - started, failure.tokens_in, failure.tokens_out, failure))
            raise
        self._observe(Outcome(provider.name, clock() - started, completion.tokens_in, completion.tokens_out))
        authorship = alert_pb2.Authorship(
            provider=provider.name, model=plain(completion.model, LONGEST_MODEL_NAME), degraded=reasons
        )
        return enriched(draft, {Language.ENGLISH: answer.en, Language.RUSSIAN: answer.ru}, authorship)


async def _ask(provider: Provider, draft: Draft, deadline: float) -> tuple[Completion, Answer]:
    """One attempt.

    Raises:
        ProviderFailure: There is no answer that can be believed; with what it cost.
    """
    data = prompt_data(draft)
    try:
        completion = await provider.complete(prompt_of(data), deadline)
    except ProviderFailure:
        raise
    except Exception as error:  # an SDK's error that nobody foresaw must not cost the alert its words
        log.exception("a provider failed in an unknown way", extra={"provider": provider.name})
        raise ProviderFailure(FailureKind.UNAVAILABLE, f"The attempt failed ({type(error).__name__}).") from error
    try:
        return completion, answer_of(completion.text, numbers_in(data), names_in(data))
    except ProviderFailure as failure:
        failure.tokens_in, failure.tokens_out = completion.tokens_in, completion.tokens_out
        raise


def _share(deadline: float, last: bool) -> float:
    """When an attempt has to end so that those after it have time."""
    now = asyncio.get_running_loop().time()
    return deadline if last else now + (deadline - now) * SHARE
