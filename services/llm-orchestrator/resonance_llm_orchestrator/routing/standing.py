"""How candidates did lately, and in which order that puts them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from resonance_llm_orchestrator.routing.breaker import BreakerState
from resonance_llm_orchestrator.routing.course import Candidate
from resonance_llm_orchestrator.routing.routes import Prefer

WEIGHT: Final = 0.2
"""Of the newest time in the mean: about the last ten count."""

StateOf = Callable[[str], BreakerState]
PriceOf = Callable[[Candidate], float]


class Latencies:
    """Exponentially weighted mean time of answers, by candidate."""

    def __init__(self) -> None:
        self._mean: dict[str, float] = {}

    def took(self, name: str, seconds: float) -> None:
        """One answer; a timeout counts with the time that was waited."""
        mean = self._mean.get(name)
        self._mean[name] = seconds if mean is None else mean + WEIGHT * (seconds - mean)

    def of(self, name: str) -> float:
        """Mean, seconds; 0 of one that was never asked, so that it will be."""
        return self._mean.get(name, 0.0)


def ordered(
    candidates: Sequence[Candidate], prefer: Prefer, latencies: Latencies, price_of: PriceOf, state_of: StateOf
) -> list[Candidate]:
    """Candidates, the best first: those of well providers, then by what is preferred, then as the file has them."""
    better: Callable[[Candidate], float] = {
        Prefer.ORDER: lambda _: 0.0,
        Prefer.PRICE: price_of,
        Prefer.LATENCY: lambda candidate: latencies.of(candidate.name),
    }[prefer]
    return sorted(candidates, key=lambda c: (state_of(c.provider) is BreakerState.OPEN, better(c)))
