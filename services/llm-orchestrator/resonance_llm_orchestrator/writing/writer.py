"""The writer: kept words, else a provider's, else our own; always within the deadline.

kept? ──no──▶ candidate ──failure──▶ next candidate … ──nobody left, or no time──▶ offline, which cannot fail
  │               │ words cannot be taken: asked once more                          │
  └───────────────┴──────────────────────── wording ◀──────────────────────────────┘  with the reasons of all failures
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from resonance_llm_orchestrator import judgements
from resonance_llm_orchestrator.brief import OFFLINE, OFFLINE_MODEL, Brief, Guard, Text, Wording
from resonance_llm_orchestrator.budgets.ledger import Ledger
from resonance_llm_orchestrator.caching.words import Cache, Kept
from resonance_llm_orchestrator.failures import FailureKind, ProviderFailure
from resonance_llm_orchestrator.judgements import by_guard
from resonance_llm_orchestrator.plain_text import plain
from resonance_llm_orchestrator.providers.provider import Completion, Provider
from resonance_llm_orchestrator.routing.course import Candidate, Uniform
from resonance_llm_orchestrator.routing.desk import Desk
from resonance_llm_orchestrator.writing.answer import answer_of
from resonance_llm_orchestrator.writing.attempts import Attempts
from resonance_llm_orchestrator.writing.outcomes import Outcome
from resonance_llm_orchestrator.writing.question import Question, question_of
from resonance_llm_orchestrator.writing.spending import Spending
from resonance_llm_orchestrator.writing.turns import Asking, Turns
from resonance_narration import Language
from resonance_runtime import metrics
from resonance_tasks.judgement import Judgement

LONGEST_MODEL_NAME: Final = 128


@dataclass(slots=True)
class _Job:
    """One brief on its way.

    Attributes:
        brief: What is to be written.
        question: As a provider gets it.
        hidden: What placeholders stand for.
        deadline: When the words have to be there.
        vetoed: Principles that words of providers broke.
        judgements: What was said of their words.
    """

    brief: Brief
    question: Question
    hidden: Mapping[str, str]
    deadline: float
    vetoed: list[str] = field(default_factory=list)
    judgements: list[Judgement] = field(default_factory=list)


class RoutedWriter:
    """See `Writer`.

    A critical brief is asked of each candidate once and waits for nothing: no place, no second try, no pause.

    Args:
        desk: Who can be asked, in which order.
        providers: Who they are, by candidate's name.
        ledger: What may be spent.
        cache: Where words are kept.
        guard: What stands between facts and providers, and between providers and people.
        observe: Told of each attempt.
        uniform: Draws a number between two; for waits.
    """

    def __init__(
        self,
        desk: Desk,
        providers: Mapping[str, Provider],
        ledger: Ledger,
        cache: Cache,
        guard: Guard,
        observe: Callable[[Outcome], None],
        uniform: Uniform = random.uniform,
    ) -> None:
        self._desk = desk
        self._providers = providers
        self._ledger = ledger
        self._cache = cache
        self._guard = guard
        self._pending: set[asyncio.Task[None]] = set()
        self.spending = Spending(desk.routes, ledger)
        self.turns = Turns(desk, providers, Attempts(self.spending, observe, self._later), uniform)

    @property
    def deterministic(self) -> bool:
        """Whether the same brief always gives the same words."""
        return not self._providers

    async def write(self, brief: Brief, deadline: float) -> Wording:
        """See `Writer.write`."""
        candidates = self._desk.candidates(brief.task, self.spending)
        if not candidates:
            return self._told(brief, offline(brief))
        facts, hidden = self._guard.hide(brief.facts)
        job = _Job(brief, question_of(brief, facts, hidden), hidden, deadline)
        since = self._cache.moment(brief.user_key)
        if (wording := await self._kept(job)) is not None:
            return self._told(brief, wording)
        asking = Asking(
            brief.task,
            candidates,
            job.question.prompt,
            deadline,
            lambda candidate, completion: self._taken(candidate, completion, job),
            patient=not brief.critical,
        )
        answered = await self.turns.ask(asking)
        if answered is None:
            return self._told(brief, offline(brief, asking.reasons, job.vetoed, job.judgements))
        _, kept = answered
        self._later(self._cache.keep(job.question.key, kept, brief.user_key, since))
        return self._told(brief, self._wording(kept, job, asking.reasons))

    async def forget(self, user_key: str) -> None:
        """Removes what is kept of a user; raises Unavailable where something may be left."""
        await self._cache.forget(user_key)

    async def close(self) -> None:
        """Ends what is under way beside the words, and closes all connections."""
        await asyncio.gather(*self._pending, return_exceptions=True)
        for provider in self._providers.values():
            await provider.close()
        await self._ledger.close()
        await self._cache.close()

    async def _kept(self, job: _Job) -> Wording | None:
        try:
            async with asyncio.timeout_at(job.deadline):
                kept = await self._cache.find(job.question.key)
        except TimeoutError:
            kept = None
        fit = kept is not None and set(kept.texts) == set(job.question.languages)
        if kept is not None and fit:
            verdict = self._guard.judge(job.brief, self._restored(kept.texts, job))
            if not verdict.broken:
                metrics.LLM_CACHE.labels(outcome="hit").inc()
                job.judgements.append(by_guard(kept.provider, verdict))
                return self._wording(kept, job)
        metrics.LLM_CACHE.labels(outcome="miss").inc()
        return None

    def _taken(self, candidate: Candidate, completion: Completion, job: _Job) -> Kept:
        """The words of an answer; raises Unbelievable, or ProviderFailure where they break a principle."""
        question = job.question
        texts = answer_of(completion.text, question.languages, question.numbers, question.names)
        question.check(texts)
        verdict = self._guard.judge(job.brief, self._restored(texts, job))
        job.judgements.append(by_guard(candidate.provider, verdict))
        if verdict.broken:
            job.vetoed.extend(name for name in verdict.broken if name not in job.vetoed)
            raise ProviderFailure(FailureKind.VETOED, f"The words break: {', '.join(verdict.broken)}.")
        return Kept(texts, candidate.provider, plain(completion.model, LONGEST_MODEL_NAME))

    def _restored(self, texts: Mapping[Language, Text], job: _Job) -> dict[Language, Text]:
        return {
            language: text.mapped(lambda line: self._guard.restore(line, job.hidden))
            for language, text in texts.items()
        }

    def _wording(self, kept: Kept, job: _Job, reasons: Sequence[str] = ()) -> Wording:
        texts = self._restored(kept.texts, job)
        return Wording(texts, kept.provider, kept.model, tuple(reasons), tuple(job.vetoed), tuple(job.judgements))

    def _told(self, brief: Brief, wording: Wording) -> Wording:
        degraded = str(bool(wording.degraded)).lower()
        metrics.LLM_WORDINGS.labels(task=brief.task, writer=wording.provider, degraded=degraded).inc()
        return wording

    def _later(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.ensure_future(work)
        self._pending.add(task)
        task.add_done_callback(self._pending.discard)


def offline(
    brief: Brief, reasons: Sequence[str] = (), vetoed: Sequence[str] = (), judged: Sequence[Judgement] = ()
) -> Wording:
    """Our own writer's words; `reasons` say why no provider wrote, `judged` what was said of words of theirs."""
    return Wording(brief.offline, OFFLINE, OFFLINE_MODEL, tuple(reasons), tuple(vetoed), (*judged, judgements.own()))
