"""Who can be asked right now: the routes, a gate for each provider, and how each candidate did lately."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, Protocol

from resonance_llm_orchestrator.budgets.money import Price
from resonance_llm_orchestrator.failures import ProviderFailure
from resonance_llm_orchestrator.routing.breaker import BreakerState
from resonance_llm_orchestrator.routing.course import Candidate
from resonance_llm_orchestrator.routing.gate import Gate
from resonance_llm_orchestrator.routing.routes import Named, Routes
from resonance_llm_orchestrator.routing.standing import Latencies, StateOf, ordered

TYPICAL_IN: Final = 2_000
TYPICAL_OUT: Final = 400
"""Tokens of a request, to compare prices by."""
DEFAULT_CONCURRENCY: Final = 8


class Prices(Protocol):
    """What models count as."""

    def price_of(self, model: str) -> Price | None:
        """Of one model; None where it is not to be asked."""


class Desk:
    """Who can be asked.

    Attributes:
        routes: The file.
        gates: By provider that is configured.
        latencies: How long candidates took lately.

    Args:
        routes: The file.
        models: Model of each candidate that is configured, by the candidate's name.
        clock: Any steady clock, seconds.
    """

    def __init__(self, routes: Routes, models: Mapping[str, str], clock: Callable[[], float]) -> None:
        self.routes = routes
        self.latencies = Latencies()
        self._models = models
        self.gates = {
            name: Gate(
                name,
                routes.breaker,
                routes.concurrency.get(name, DEFAULT_CONCURRENCY),
                routes.quota_s,
                routes.auth_s,
                clock,
            )
            for name in dict.fromkeys(Named.parse(candidate).provider for candidate in models)
        }

    def candidates(self, task: str, prices: Prices) -> list[Candidate]:
        """Who can be asked for a task, the best first; last those who are left alone now."""
        return self._ordered(task, prices, lambda name: self.gates[name].state())

    def standing(self, task: str, prices: Prices) -> list[tuple[str, ProviderFailure | None]]:
        """Candidates in the order of what is preferred alone, each with why nobody asks it now."""

        def why(provider: str) -> ProviderFailure | None:
            gate = self.gates[provider]
            return gate.left_alone() if gate.state() is BreakerState.OPEN else None

        preferred = self._ordered(task, prices, lambda _: BreakerState.CLOSED)
        return [(candidate.name, why(candidate.provider)) for candidate in preferred]

    def _ordered(self, task: str, prices: Prices, state_of: StateOf) -> list[Candidate]:
        route = self.routes.route(task)
        named = {name_of(named): named.provider for named in route.candidates}
        configured = [
            Candidate(name, provider, self.routes.facts_of(self._models[name]).context)
            for name, provider in named.items()
            if name in self._models
        ]

        def price(candidate: Candidate) -> float:
            found = prices.price_of(self._models[candidate.name])
            return float("inf") if found is None else found.cost(TYPICAL_IN, TYPICAL_OUT)

        return ordered(configured, route.prefer, self.latencies, price, state_of)


def name_of(named: Named) -> str:
    """Name of a candidate, as the file has it."""
    return f"{named.provider}/{named.model}" if named.model else named.provider
