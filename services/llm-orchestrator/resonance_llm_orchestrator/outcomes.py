"""What came of attempts at providers: counted in metrics and shown in the service's health."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from resonance_llm_orchestrator.failures import ProviderFailure
from resonance_runtime import metrics
from resonance_runtime.health import Health

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Outcome:
    """One attempt.

    Attributes:
        provider: Who was asked.
        seconds: How long it took.
        tokens_in, tokens_out: What it cost, also where it failed.
        failure: Why it came to nothing; None where it did not.
    """

    provider: str
    seconds: float
    tokens_in: int
    tokens_out: int
    failure: ProviderFailure | None = None

    @property
    def word(self) -> str:
        """ "written", or the kind of failure."""
        return str(self.failure.kind) if self.failure else "written"


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
        self._health.degraded(outcome.provider, f"Provider {outcome.provider} does not write: {outcome.failure}")
        log.warning(
            "a provider did not write",
            extra={"provider": outcome.provider, "kind": outcome.word, "reason": str(outcome.failure)},
        )


def _count(outcome: Outcome) -> None:
    name, tokens = outcome.provider, {"in": outcome.tokens_in, "out": outcome.tokens_out}
    metrics.LLM_REQUESTS.labels(provider=name, outcome=outcome.word).inc()
    metrics.LLM_SECONDS.labels(provider=name).observe(outcome.seconds)
    for direction, count in tokens.items():
        metrics.LLM_TOKENS.labels(provider=name, direction=direction).inc(count)
    if name != "openai":
        return
    metrics.OPENAI_REQUESTS.labels(outcome=outcome.word).inc()
    metrics.OPENAI_SECONDS.observe(outcome.seconds)
    for direction, count in tokens.items():
        metrics.OPENAI_TOKENS.labels(direction=direction).inc(count)
