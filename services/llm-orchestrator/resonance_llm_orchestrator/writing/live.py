"""A writer whose words are shown while a provider writes them, sentence by sentence.

A sentence is shown when it has ended and all words so far, it included, pass the guard and the checks of numbers, links
and lengths. One that does not pass is held back, and all that comes after it, until the whole is there and judged as
ever. What fails in the end, or is cut off, is withdrawn, and the words are our own writer's: nobody else goes on with
what one has begun.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from typing import Final

from resonance_llm_orchestrator.brief import Brief, Text, Wording
from resonance_llm_orchestrator.failures import FailureKind, ProviderFailure
from resonance_llm_orchestrator.providers.provider import Completion
from resonance_llm_orchestrator.routing.course import Candidate
from resonance_llm_orchestrator.routing.desk import Desk
from resonance_llm_orchestrator.writing.answer import Unbelievable, may_go_on
from resonance_llm_orchestrator.writing.attempts import Answered
from resonance_llm_orchestrator.writing.streams import Streams
from resonance_llm_orchestrator.writing.turns import reason_of
from resonance_llm_orchestrator.writing.unfolding import Sentence, Unfolding
from resonance_llm_orchestrator.writing.writer import Job, RoutedWriter, offline

LONGEST: Final = 32_000
"""Characters of an answer, as JSON: whatever is longer is none."""

Tell = Callable[[Sentence], Awaitable[None]]


class LiveWriter:
    """See `Writer`; for one question.

    Attributes:
        withdrawn: Why what was told does not count; "" where it does, or nothing was told.

    Args:
        writer: Has what is kept, and judges.
        desk: Who can be asked.
        streams: Streams texts.
        tell: Takes a sentence that may be shown.
    """

    def __init__(self, writer: RoutedWriter, desk: Desk, streams: Streams, tell: Tell) -> None:
        self.withdrawn = ""
        self._writer = writer
        self._desk = desk
        self._streams = streams
        self._tell = tell

    async def write(self, brief: Brief, deadline: float) -> Wording:
        """See `Writer.write`. Words that are kept, and those of our own writer, are there at once and not told."""
        if not self._desk.candidates(brief.task, self._writer.spending):
            return self._writer.told(brief, offline(brief))
        job = self._writer.begun(brief, deadline)
        if (wording := await self._writer.kept(job)) is not None:
            return self._writer.told(brief, wording)
        reading = _Reading(self._writer, job, Unfolding(job.question.languages[0]))
        stream = self._streams.stream(brief.task, job.question.prompt, deadline, reading)
        try:
            async with aclosing(stream) as pieces:
                async for _ in pieces:
                    for sentence in reading.shown():
                        await self._tell(sentence)
        except ProviderFailure:
            if reading.unfolding.out:
                self.withdrawn = job.reasons[-1]
            return self._writer.told(brief, offline(brief, job.reasons, job.vetoed, job.judgements))
        answered, author = reading.end
        return self._writer.written(answered, author, job)


@dataclass(slots=True)
class _Reading:
    """One text as it comes; see `streams.Reader`."""

    writer: RoutedWriter
    job: Job
    unfolding: Unfolding
    _text: str = ""
    _end: tuple[Answered, Candidate] | None = None
    _held: Sentence | None = field(default=None)

    @property
    def end(self) -> tuple[Answered, Candidate]:
        """The words, and whose they are; raises ValueError before they are complete."""
        if self._end is None:
            raise ValueError("the text has not ended")
        return self._end

    def take(self, candidate: Candidate, piece: str | Completion) -> None:
        """Takes a piece, or judges the whole."""
        if isinstance(piece, str):
            self._text += piece
            if len(self._text) > LONGEST:
                raise ProviderFailure(FailureKind.BROKEN_ANSWER, f"The answer has more than {LONGEST:,} characters.")
            return
        try:
            answered = self.writer.taken(candidate, piece, self.job)
        except Unbelievable as error:
            raise ProviderFailure(FailureKind.BROKEN_ANSWER, str(error), usage=piece.usage) from error
        self._text, self._end = piece.text, (answered, candidate)

    def failed(self, candidate: Candidate, failure: ProviderFailure) -> None:
        """Notes why somebody did not write."""
        self.job.reasons.append(reason_of(candidate.name, failure))

    def shown(self) -> Iterator[Sentence]:
        """Sentences that may be shown now."""
        for sentence in self.unfolding.next(self._text, ended=self._end is not None):
            if self._end is None and not self._may_go_on(sentence):
                return
            self.unfolding.let_out(sentence)
            yield replace(sentence, text=self.writer.shown(sentence.text, self.job))

    def _may_go_on(self, sentence: Sentence) -> bool:
        if self._held is not None:
            return False
        if not self._holds(self.unfolding.with_next(sentence)):
            self._held = sentence
            return False
        return True

    def _holds(self, words: Text) -> bool:
        question = self.job.question
        so_far = {question.languages[0]: words}
        try:
            question.check(so_far)
        except Unbelievable:
            return False
        fits = may_go_on(words, question.numbers, question.names)
        return fits and not self.writer.verdict(so_far, self.job).broken
