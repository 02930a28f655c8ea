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

from resonance_llm_orchestrator.brief import OFFLINE, OFFLINE_MODEL, Brief, Guard, Text, Wording
from resonance_llm_orchestrator.budgets.ledger import Ledger
from resonance_llm_orchestrator.caching.words import Cache, Kept
from resonance_llm_orchestrator.failures import FailureKind, ProviderFailure
from resonance_llm_orchestrator.plain_text import plain
from resonance_llm_orchestrator.providers.provider import Provider
from resonance_llm_orchestrator.routing.course import Candidate, Course, Uniform
from resonance_llm_orchestrator.routing.desk import Desk
from resonance_llm_orchestrator.writing.attempts import Answered, Attempts
from resonance_llm_orchestrator.writing.outcomes import Outcome
from resonance_llm_orchestrator.writing.question import Question, question_of
from resonance_llm_orchestrator.writing.spending import Spending
from resonance_narration import Language
from resonance_runtime import metrics

SHARE: Final = 0.6
"""Of the time that is left, for a candidate that others come after: one that hangs must leave them enough."""
QUEUE_SHARE: Final = 0.1
"""Of the time that is left, to wait for a place."""
LONGEST_MODEL_NAME: Final = 128


@dataclass(slots=True)
class _Job:
    """One brief on its way.

    Attributes:
        brief: What is to be written.
        question: As a provider gets it.
        hidden: What placeholders stand for.
        deadline: When the words have to be there.
        reasons: Why providers did not write.
        vetoed: Principles that their words broke.
    """

    brief: Brief
    question: Question
    hidden: Mapping[str, str]
    deadline: float
    reasons: list[str] = field(default_factory=list)
    vetoed: list[str] = field(default_factory=list)


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
        self._uniform = uniform
        self._pending: set[asyncio.Task[None]] = set()
        self.spending = Spending(desk.routes, ledger)
        self._attempts = Attempts(self.spending, observe, self._later)

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
        route = self._desk.routes.route(brief.task)
        rounds = 1 if brief.critical else route.rounds
        course = Course(candidates, rounds, deadline, self._uniform, patient=not brief.critical)
        while (step := course.next(now := _now())) is not None:
            if step.at > now:
                await asyncio.sleep(step.at - now)
            try:
                answered = await self._turn(step.candidate, course, job)
            except ProviderFailure as failure:
                job.reasons.append(f"{step.candidate.name}: {failure.kind}: {failure}")
                course.failed(step.candidate, failure, _now())
                continue
            kept = Kept(answered.texts, step.candidate.provider, plain(answered.model, LONGEST_MODEL_NAME))
            self._later(self._cache.keep(job.question.key, kept, brief.user_key, since))
            return self._told(brief, self._wording(kept, job))
        return self._told(brief, offline(brief, job.reasons, job.vetoed))

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
        if kept is not None and fit and not self._guard.judge(job.brief, self._restored(kept.texts, job)).broken:
            metrics.LLM_CACHE.labels(outcome="hit").inc()
            return self._wording(kept, job)
        metrics.LLM_CACHE.labels(outcome="miss").inc()
        return None

    async def _turn(self, candidate: Candidate, course: Course, job: _Job) -> Answered:
        """One candidate's turn, as its gate lets it; raises ProviderFailure."""
        started = _now()
        left, patient = job.deadline - started, not job.brief.critical
        until = started + left * SHARE if course.more_after(candidate) else job.deadline
        gate, provider = self._desk.gates[candidate.provider], self._providers[candidate.name]
        async with gate.passing(left * QUEUE_SHARE if patient else 0.0) as permit:
            asked = _now()
            try:
                answered = await self._attempts.ask(
                    provider,
                    job.brief.task,
                    job.question,
                    until,
                    lambda texts: self._judge(texts, job),
                    again=patient,
                )
            except ProviderFailure as failure:
                gate.failed(permit, failure, _now() - asked, job.deadline)
                raise
            gate.answered(permit)
        self._desk.latencies.took(candidate.name, _now() - asked)
        return answered

    def _judge(self, texts: Mapping[Language, Text], job: _Job) -> None:
        broken = self._guard.judge(job.brief, self._restored(texts, job)).broken
        if broken:
            job.vetoed.extend(name for name in broken if name not in job.vetoed)
            raise ProviderFailure(FailureKind.VETOED, f"The words break: {', '.join(broken)}.")

    def _restored(self, texts: Mapping[Language, Text], job: _Job) -> dict[Language, Text]:
        def whole(text: str) -> str:
            return self._guard.restore(text, job.hidden)

        return {
            language: Text(whole(t.title), whole(t.summary), [whole(line) for line in t.recommendations])
            for language, t in texts.items()
        }

    def _wording(self, kept: Kept, job: _Job) -> Wording:
        texts = self._restored(kept.texts, job)
        return Wording(texts, kept.provider, kept.model, tuple(job.reasons), tuple(job.vetoed))

    def _told(self, brief: Brief, wording: Wording) -> Wording:
        degraded = str(bool(wording.degraded)).lower()
        metrics.LLM_WORDINGS.labels(task=brief.task, writer=wording.provider, degraded=degraded).inc()
        return wording

    def _later(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.ensure_future(work)
        self._pending.add(task)
        task.add_done_callback(self._pending.discard)


def offline(brief: Brief, reasons: Sequence[str] = (), vetoed: Sequence[str] = ()) -> Wording:
    """Our own writer's words; `reasons` say why no provider wrote."""
    return Wording(brief.offline, OFFLINE, OFFLINE_MODEL, tuple(reasons), tuple(vetoed))


def _now() -> float:
    return asyncio.get_running_loop().time()
