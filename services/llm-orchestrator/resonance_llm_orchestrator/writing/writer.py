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
from itertools import takewhile
from typing import Any, Final

from resonance_llm_orchestrator import judgements
from resonance_llm_orchestrator.brief import OFFLINE, OFFLINE_MODEL, Brief, Guard, Text, Verdict, Wording
from resonance_llm_orchestrator.budgets.ledger import Ledger
from resonance_llm_orchestrator.caching.words import Cache, Kept
from resonance_llm_orchestrator.failures import FailureKind, ProviderFailure
from resonance_llm_orchestrator.judgements import by_guard
from resonance_llm_orchestrator.plain_text import plain
from resonance_llm_orchestrator.providers.provider import Completion, Provider
from resonance_llm_orchestrator.routing.course import Candidate, Uniform
from resonance_llm_orchestrator.routing.desk import Desk
from resonance_llm_orchestrator.writing.answer import answer_of
from resonance_llm_orchestrator.writing.attempts import Answered, Attempts
from resonance_llm_orchestrator.writing.outcomes import Outcome
from resonance_llm_orchestrator.writing.question import Question, question_of
from resonance_llm_orchestrator.writing.spending import Spending
from resonance_llm_orchestrator.writing.turns import Asking, Turns, reason_of
from resonance_narration import Language
from resonance_runtime import metrics
from resonance_tasks.judgement import Judgement

LONGEST_MODEL_NAME: Final = 128


@dataclass(slots=True)
class Job:
    """One brief on its way to providers.

    Attributes:
        brief: What is to be written.
        question: As a provider gets it.
        hidden: What placeholders stand for.
        standing: Candidates as they are preferred, each with why it was left alone at the beginning.
        deadline: When the words have to be there.
        since: Mark of the cache, from before anybody was asked.
        reasons: Why providers did not write.
        vetoed: Principles that words of providers broke.
        judgements: What was said of their words.
    """

    brief: Brief
    question: Question
    hidden: Mapping[str, str]
    standing: Sequence[tuple[str, ProviderFailure | None]]
    deadline: float
    since: int
    reasons: list[str] = field(default_factory=list)
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
            return self.told(brief, offline(brief))
        job = self.begun(brief, deadline)
        if (wording := await self.kept(job)) is not None:
            return self.told(brief, wording)
        asking = Asking(
            brief.task,
            candidates,
            job.question.prompt,
            deadline,
            lambda candidate, completion: self.taken(candidate, completion, job),
            patient=not brief.critical,
        )
        answered = await self.turns.ask(asking)
        job.reasons.extend(asking.reasons)
        if answered is None:
            return self.told(brief, offline(brief, job.reasons, job.vetoed, job.judgements))
        author, words = answered
        return self.written(words, author, job)

    def begun(self, brief: Brief, deadline: float) -> Job:
        """A brief as it goes to providers."""
        facts, hidden = self._guard.hide(brief.facts)
        standing = self._desk.standing(brief.task, self.spending)
        since = self._cache.moment(brief.user_key)
        return Job(brief, question_of(brief, facts, hidden), hidden, standing, deadline, since)

    def written(self, answered: Answered, author: Candidate, job: Job) -> Wording:
        """The wording of a provider's words, which are kept for the next who asks."""
        job.reasons.extend(_passed_over(author.name, job))
        kept = Kept(answered.texts, author.provider, plain(answered.model, LONGEST_MODEL_NAME))
        self._later(self._cache.keep(job.question.key, kept, job.brief.user_key, job.since))
        return self.told(job.brief, self._wording(kept, job))

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

    async def kept(self, job: Job) -> Wording | None:
        """Words that are kept for the same question, and may be shown."""
        try:
            async with asyncio.timeout_at(job.deadline):
                kept = await self._cache.find(job.question.key)
        except TimeoutError:
            kept = None
        if kept is not None and set(kept.texts) == set(job.question.languages):
            verdict = self.verdict(kept.texts, job)
            if not verdict.broken:
                metrics.LLM_CACHE.labels(outcome="hit").inc()
                job.judgements.append(by_guard(kept.provider, verdict))
                return self._wording(kept, job)
        metrics.LLM_CACHE.labels(outcome="miss").inc()
        return None

    def taken(self, candidate: Candidate, completion: Completion, job: Job) -> Answered:
        """The words of an answer, with what is said of them noted.

        Raises:
            Unbelievable: They are not what was asked for, or not what the facts say.
            ProviderFailure: They break a principle.
        """
        question = job.question
        texts = answer_of(completion.text, question.languages, question.numbers, question.names)
        question.check(texts)
        verdict = self.verdict(texts, job)
        job.judgements.append(by_guard(candidate.provider, verdict))
        if verdict.broken:
            job.vetoed.extend(name for name in verdict.broken if name not in job.vetoed)
            raise ProviderFailure(FailureKind.VETOED, f"The words break: {', '.join(verdict.broken)}.")
        return Answered(texts, completion.model)

    def verdict(self, texts: Mapping[Language, Text], job: Job) -> Verdict:
        """Whether words may be shown."""
        return self._guard.judge(job.brief, self.restored(texts, job))

    def shown(self, text: str, job: Job) -> str:
        """A text with what its placeholders stand for."""
        return self._guard.restore(text, job.hidden)

    def restored(self, texts: Mapping[Language, Text], job: Job) -> dict[Language, Text]:
        """Words with what their placeholders stand for."""
        return {language: text.mapped(lambda line: self.shown(line, job)) for language, text in texts.items()}

    def _wording(self, kept: Kept, job: Job) -> Wording:
        texts = self.restored(kept.texts, job)
        return Wording(texts, kept.provider, kept.model, tuple(job.reasons), tuple(job.vetoed), tuple(job.judgements))

    def told(self, brief: Brief, wording: Wording) -> Wording:
        """Counts a wording."""
        degraded = str(bool(wording.degraded)).lower()
        metrics.LLM_WORDINGS.labels(task=brief.task, writer=wording.provider, degraded=degraded).inc()
        return wording

    def _later(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.ensure_future(work)
        self._pending.add(task)
        task.add_done_callback(self._pending.discard)


def _passed_over(author: str, job: Job) -> list[str]:
    """Who would have written before the author, and was not even asked: they were left alone."""
    before = takewhile(lambda one: one[0] != author, job.standing)
    named = {reason.partition(":")[0] for reason in job.reasons}
    return [reason_of(name, why) for name, why in before if why is not None and name not in named]


def offline(
    brief: Brief, reasons: Sequence[str] = (), vetoed: Sequence[str] = (), judged: Sequence[Judgement] = ()
) -> Wording:
    """Our own writer's words; `reasons` say why no provider wrote, `judged` what was said of words of theirs."""
    return Wording(brief.offline, OFFLINE, OFFLINE_MODEL, tuple(reasons), tuple(vetoed), (*judged, judgements.own()))
