"""One question on its way from candidate to candidate, as the course and each one's gate let it."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Generic, TypeVar

from resonance_llm_orchestrator.failures import FailureKind, ProviderFailure
from resonance_llm_orchestrator.providers.provider import Completion, Prompt, Provider
from resonance_llm_orchestrator.routing.course import Candidate, Course, Uniform
from resonance_llm_orchestrator.routing.desk import Desk
from resonance_llm_orchestrator.writing.attempts import Attempts

SHARE: Final = 0.6
"""Of the time that is left, for a candidate that others come after: one that hangs must leave them enough."""
QUEUE_SHARE: Final = 0.1
"""Of the time that is left, to wait for a place."""
BEHIND_SHARE: Final = 0.5
"""The same where nobody waits."""

T = TypeVar("T")


@dataclass(slots=True)
class Asking(Generic[T]):
    """A question on its way.

    Attributes:
        task: For what it is asked.
        candidates: Who can be asked, the best first.
        prompt: What is asked.
        deadline: When the answer has to be there, on the running loop's clock.
        take: Makes of a candidate's answer what is wanted of it; see `Take`.
        patient: Whether to wait: for a place, for a second answer, for a failure to pass.
        behind: Whether nobody waits for it: it leaves a place free for those who are waited for, and an answer that
            cannot be taken, or one that takes long, does not speak against the provider.
        failures: What came of those who were asked in vain.
    """

    task: str
    candidates: Sequence[Candidate]
    prompt: Prompt
    deadline: float
    take: Callable[[Candidate, Completion], T]
    patient: bool = True
    behind: bool = False
    failures: list[tuple[Candidate, ProviderFailure]] = field(default_factory=list)

    @property
    def reasons(self) -> list[str]:
        """The failures in words: "candidate: kind: sentence"."""
        return [reason_of(candidate.name, failure) for candidate, failure in self.failures]


class Turns:
    """Asks candidates in turn.

    Args:
        desk: Who can be asked, in which order.
        providers: Who they are, by candidate's name.
        attempts: Asks one.
        uniform: Draws a number between two; for waits.
    """

    def __init__(
        self, desk: Desk, providers: Mapping[str, Provider], attempts: Attempts, uniform: Uniform = random.uniform
    ) -> None:
        self._desk = desk
        self._providers = providers
        self._attempts = attempts
        self._uniform = uniform

    async def ask(self, asking: Asking[T]) -> tuple[Candidate, T] | None:
        """Who answered, and what; None where nobody did, with the failures in `asking`."""
        rounds = self._desk.routes.route(asking.task).rounds if asking.patient else 1
        course = Course(asking.candidates, rounds, asking.deadline, self._uniform, patient=asking.patient)
        while (step := course.next(now := _now())) is not None:
            if step.at > now:
                await asyncio.sleep(step.at - now)
            try:
                return step.candidate, await self._turn(step.candidate, course, asking)
            except ProviderFailure as failure:
                asking.failures.append((step.candidate, failure))
                course.failed(step.candidate, failure, _now())
        return None

    async def _turn(self, candidate: Candidate, course: Course, asking: Asking[T]) -> T:
        """One candidate's turn, as its gate lets it; raises ProviderFailure."""
        started = _now()
        left = asking.deadline - started
        until = started + left * SHARE if course.more_after(candidate) else asking.deadline
        wait_s = left * (BEHIND_SHARE if asking.behind else QUEUE_SHARE) if asking.patient else 0.0
        gate, provider = self._desk.gates[candidate.provider], self._providers[candidate.name]
        async with gate.passing(wait_s, leaving=int(asking.behind)) as permit:
            asked = _now()

            def take(completion: Completion) -> T:
                return asking.take(candidate, completion)

            try:
                answer = await self._attempts.ask(
                    provider, asking.task, asking.prompt, until, take, again=asking.patient
                )
            except ProviderFailure as failure:
                if not (asking.behind and failure.kind is FailureKind.BROKEN_ANSWER):
                    gate.failed(permit, failure, _now() - asked, asking.deadline)
                raise
            gate.answered(permit)
        if not asking.behind:
            self._desk.latencies.took(candidate.name, _now() - asked)
        return answer


def reason_of(name: str, failure: ProviderFailure) -> str:
    """Why a candidate did not write, as an alert says it."""
    return f"{name}: {failure.kind}: {failure}"


def _now() -> float:
    return asyncio.get_running_loop().time()
