"""Has words of one provider judged by another, which also writes what should stand instead where anything is wrong.

words ─▶ the other provider ──nothing wrong──▶ held
              │ something wrong, and its own words
              ▼
        form, languages, numbers, guard ──pass──▶ revised
              │ do not pass, or there are none: asked once more, then the next candidate
              ▼
          contested: the words stay, and it is said what speaks against them
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from resonance_llm_orchestrator.brief import Guard, Text
from resonance_llm_orchestrator.critique.answer import Answer, answer_of
from resonance_llm_orchestrator.critique.question import TASK, Judged, prompt_of
from resonance_llm_orchestrator.failures import FailureKind, ProviderFailure
from resonance_llm_orchestrator.guard.constitution import constitution, sayings
from resonance_llm_orchestrator.judgements import by_guard, not_taken
from resonance_llm_orchestrator.number_guard import made_up
from resonance_llm_orchestrator.plain_text import plain
from resonance_llm_orchestrator.providers.provider import Completion
from resonance_llm_orchestrator.routing.course import Candidate
from resonance_llm_orchestrator.routing.desk import Desk, Prices
from resonance_llm_orchestrator.writing.answer import Unbelievable, believed
from resonance_llm_orchestrator.writing.question import Question, question_of
from resonance_llm_orchestrator.writing.turns import Asking, Turns
from resonance_llm_orchestrator.writing.writer import LONGEST_MODEL_NAME
from resonance_narration import Language
from resonance_tasks.judgement import Finding, Judgement, JudgementOutcome

UNSHOWN: Final = "The reason is not shown: it holds what no text may hold."
OF_CAUSES: Final = "says_uncertainty"
"""The principle that a reason may break: it speaks of causes of incidents, and a reason of words."""


@dataclass(frozen=True, slots=True)
class Critique:
    """What a critic said.

    Attributes:
        judgements: Of the words; then, where it had words of its own, of those.
        texts: Its own words, where they stand instead; else None.
        provider, model: Who it is.
    """

    judgements: Sequence[Judgement]
    texts: Mapping[Language, Text] | None
    provider: str
    model: str

    @property
    def outcome(self) -> JudgementOutcome:
        """What came of the words."""
        return self.judgements[0].outcome


class Critic:
    """Asks critics.

    Args:
        turns: Asks candidates in turn.
        desk: Who can be asked.
        prices: What models count as.
        guard: What stands between facts and providers, and between providers and people.
        deadline_s: Longest time for one critique, seconds.
    """

    def __init__(self, turns: Turns, desk: Desk, prices: Prices, guard: Guard, deadline_s: float) -> None:
        self._turns = turns
        self._desk = desk
        self._prices = prices
        self._guard = guard
        self._deadline_s = deadline_s

    def candidates(self, author: str) -> list[Candidate]:
        """Who can judge words of a provider: everybody of the route but itself."""
        return [one for one in self._desk.candidates(TASK, self._prices) if one.provider != author]

    async def judge(self, judged: Judged) -> Critique | ProviderFailure:
        """What the first critic that answers says, or why the last one did not."""
        deadline = asyncio.get_running_loop().time() + self._deadline_s
        facts, hidden = self._guard.hide(judged.brief.facts)
        question = question_of(judged.brief, facts, hidden)
        reading = _Reading(self._guard, judged, question, hidden)
        prompt = prompt_of(judged, question, hidden)
        asking = Asking(TASK, self.candidates(judged.author), prompt, deadline, reading.take, behind=True)
        answered = await self._turns.ask(asking)
        if answered is not None:
            return answered[1]
        if reading.contested is not None:
            return reading.contested
        if asking.failures:
            return asking.failures[-1][1]
        return ProviderFailure(FailureKind.TIMEOUT, "No time was left to ask anybody.")


class _Reading:
    """Answers to one question.

    Attributes:
        contested: What the last critic said whose own words could not be taken.
    """

    def __init__(self, guard: Guard, judged: Judged, question: Question, hidden: Mapping[str, str]) -> None:
        self._guard = guard
        self._judged = judged
        self._question = question
        self._hidden = hidden
        self.contested: Critique | None = None

    def take(self, candidate: Candidate, completion: Completion) -> Critique:
        """A critique; raises Unbelievable or ProviderFailure where there are words and they cannot be taken."""
        answer = answer_of(completion.text, tuple(sayings()), self._question.languages)
        provider, model = candidate.provider, plain(completion.model, LONGEST_MODEL_NAME)
        findings = [self._shown(finding) for finding in answer.findings]

        def critique(outcome: JudgementOutcome, *further: Judgement) -> Critique:
            of_words = Judgement(
                outcome=outcome,
                author=self._judged.author,
                judge=provider,
                model=model,
                principles_version=constitution().version,
                findings=findings,
            )
            return Critique((of_words, *further), None, provider, model)

        if not answer.objects:
            return critique(JudgementOutcome.HELD)
        self.contested = critique(JudgementOutcome.CONTESTED)
        try:
            texts = self._texts(answer)
        except Unbelievable as fault:
            if answer.words is not None:
                self.contested = critique(JudgementOutcome.CONTESTED, not_taken(provider, str(fault)))
            raise
        verdict = self._guard.judge(self._judged.brief, texts)
        of_own = by_guard(provider, verdict)
        if verdict.broken:
            self.contested = critique(JudgementOutcome.CONTESTED, of_own)
            raise ProviderFailure(FailureKind.VETOED, f"The words break: {', '.join(verdict.broken)}.")
        if texts == self._judged.texts:
            return self.contested
        revised = critique(JudgementOutcome.REVISED, of_own)
        return Critique(revised.judgements, texts, provider, model)

    def _texts(self, answer: Answer) -> dict[Language, Text]:
        """The critic's own words; raises Unbelievable."""
        if answer.words is None:
            raise Unbelievable("Something does not hold, and there are no words that should stand instead.")
        texts = believed(answer.words, self._question.numbers, self._question.names)
        self._question.check(texts)
        return {
            language: text.mapped(lambda line: self._guard.restore(line, self._hidden))
            for language, text in texts.items()
        }

    def _shown(self, finding: Finding) -> Finding:
        """A finding whose reason may be shown: it is a provider's text like any other."""
        if not finding.reason:
            return finding
        reason = self._guard.restore(finding.reason, self._hidden)
        broken = self._guard.judge(self._judged.brief, {Language.ENGLISH: Text(reason, "", ())}).broken
        strange = made_up(finding.reason, self._question.numbers, self._question.names)
        if strange or set(broken) - {OF_CAUSES}:
            reason = UNSHOWN
        return finding.model_copy(update={"reason": reason})
