"""The course of one question: who is asked next, after which failures; a state machine with time and chance given.

Another candidate is asked at once where there is one: that is faster than any wait. Only when all were asked does it
wait for those whose failure passes (limit, overload, unavailable), with full jitter (Brooker 2015), never shorter than
a provider asked for and never so long that an answer could not come any more.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from resonance_llm_orchestrator.failures import FailureKind, ProviderFailure

PASSING: Final = frozenset({FailureKind.LIMIT, FailureKind.OVERLOAD, FailureKind.UNAVAILABLE})
"""After these the same request may succeed a little later."""
OF_THE_PROVIDER: Final = frozenset({FailureKind.REFUSAL, FailureKind.QUOTA, FailureKind.AUTH, FailureKind.OPEN})
"""After these no other model of the same provider is asked."""

FIRST_WAIT_S: Final = 0.25
LONGEST_WAIT_S: Final = 4.0
SHORTEST_ATTEMPT_S: Final = 0.2
"""An answer takes longer than this: asking would only cost."""

Uniform = Callable[[float, float], float]


@dataclass(frozen=True, slots=True)
class Candidate:
    """One model of one provider.

    Attributes:
        name: As the file names it.
        provider: Whose it is.
        context: Tokens that it takes.
    """

    name: str
    provider: str
    context: int


@dataclass(frozen=True, slots=True)
class Step:
    """What to do next.

    Attributes:
        candidate: Whom to ask.
        at: When, on the clock that is given; not before now.
    """

    candidate: Candidate
    at: float


@dataclass(slots=True)
class Course:
    """One question's.

    Attributes:
        candidates: In order.
        rounds: How often each is asked at most.
        deadline: When the answer has to be there.
        uniform: Draws a number between two.
        patient: Whether to wait at all.
    """

    candidates: Sequence[Candidate]
    rounds: int
    deadline: float
    uniform: Uniform
    patient: bool = True
    _asked: dict[str, int] = field(default_factory=dict)
    _again_at: dict[str, float] = field(default_factory=dict)
    _out: set[str] = field(default_factory=set)
    _context_over: int = 0

    def next(self, now: float) -> Step | None:
        """Whom to ask next; None when nobody is left who could answer in time."""
        fresh = next((c for c in self._possible() if c.name not in self._asked), None)
        if fresh is not None:
            return Step(fresh, now) if now + SHORTEST_ATTEMPT_S <= self.deadline else None
        if not self.patient:
            return None
        again = [Step(c, max(now, self._again_at[c.name])) for c in self._possible() if c.name in self._again_at]
        soonest = min(again, key=lambda step: step.at, default=None)
        return soonest if soonest is not None and soonest.at + SHORTEST_ATTEMPT_S <= self.deadline else None

    def more_after(self, candidate: Candidate) -> bool:
        """Whether anybody else has not been asked yet."""
        return any(c.name not in self._asked for c in self._possible() if c.name != candidate.name)

    def failed(self, candidate: Candidate, failure: ProviderFailure, now: float) -> None:
        """Takes a failure into account."""
        times = self._asked[candidate.name] = self._asked.get(candidate.name, 0) + 1
        self._again_at.pop(candidate.name, None)
        if failure.kind in PASSING and times < self.rounds:
            ceiling = min(LONGEST_WAIT_S, FIRST_WAIT_S * 2 ** (times - 1))
            asked_for = failure.retry_after_s or 0.0
            self._again_at[candidate.name] = now + asked_for + self.uniform(0.0, ceiling)
        elif failure.kind in OF_THE_PROVIDER:
            self._out |= {c.name for c in self.candidates if c.provider == candidate.provider}
        elif failure.kind is FailureKind.CONTEXT_TOO_LONG:
            self._context_over = max(self._context_over, candidate.context)

    def _possible(self) -> list[Candidate]:
        return [c for c in self.candidates if c.name not in self._out and c.context > self._context_over]
