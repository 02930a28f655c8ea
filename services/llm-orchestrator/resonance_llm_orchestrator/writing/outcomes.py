"""What came of attempts at providers: counted in metrics and shown in the service's health."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Final

from resonance_llm_orchestrator.budgets.money import dollars
from resonance_llm_orchestrator.failures import NOT_ASKED, FailureKind, ProviderFailure, Usage
from resonance_runtime import metrics
from resonance_runtime.health import Health

log = logging.getLogger(__name__)

CHAT: Final = "chat"
"""What OpenTelemetry calls the operation."""
OF_THE_QUESTION: Final = frozenset({FailureKind.REFUSAL, FailureKind.CONTEXT_TOO_LONG, FailureKind.VETOED})
"""Failures that say nothing of the provider's health."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """One attempt.

    Attributes:
        provider, model: Who was asked.
        task: For what.
        seconds: How long it took.
        usage: Tokens that it cost, also where it failed; None where the provider did not say.
        cost: Nano-dollars that were counted for it.
        failure: Why it came to nothing; None where it did not.
    """

    provider: str
    model: str
    task: str
    seconds: float
    usage: Usage | None
    cost: int = 0
    failure: ProviderFailure | None = None

    @property
    def word(self) -> str:
        """ "written", or the kind of failure."""
        return str(self.failure.kind) if self.failure else "written"

    @property
    def asked(self) -> bool:
        """Whether a request was sent."""
        return self.failure is None or self.failure.kind not in NOT_ASKED


class Watch:
    """Tells metrics and health of each attempt."""

    def __init__(self, health: Health) -> None:
        self._health = health

    def __call__(self, outcome: Outcome) -> None:
        """Counts one attempt; a failed one degrades the service until the next that succeeds."""
        _count(outcome)
        if outcome.failure is None:
            self._health.clear(outcome.provider)
            return
        if outcome.asked and outcome.failure.kind not in OF_THE_QUESTION:
            self._health.degraded(outcome.provider, f"Provider {outcome.provider} does not write: {outcome.failure}")
        log.warning(
            "a provider did not write",
            extra={"provider": outcome.provider, "kind": outcome.word, "reason": str(outcome.failure)},
        )


def _count(outcome: Outcome) -> None:
    name, model = outcome.provider, outcome.model
    metrics.LLM_REQUESTS.labels(provider=name, outcome=outcome.word).inc()
    if not outcome.asked:
        return
    metrics.LLM_COST.labels(provider=name, model=model, task=outcome.task).inc(dollars(outcome.cost))
    common = {"gen_ai_operation_name": CHAT, "gen_ai_provider_name": name, "gen_ai_request_model": model}
    error = "" if outcome.failure is None else outcome.word
    metrics.GEN_AI_SECONDS.labels(**common, error_type=error).observe(outcome.seconds)
    used = {} if outcome.usage is None else {"input": outcome.usage.tokens_in, "output": outcome.usage.tokens_out}
    for kind, count in used.items():
        metrics.GEN_AI_TOKENS.labels(**common, gen_ai_token_type=kind).observe(count)
    if name != "openai":
        return
    metrics.OPENAI_REQUESTS.labels(outcome=outcome.word).inc()
    metrics.OPENAI_SECONDS.observe(outcome.seconds)
    for kind, count in used.items():
        metrics.OPENAI_TOKENS.labels(direction="in" if kind == "input" else "out").inc(count)
