"""What `/health` and heartbeats say of providers and budgets: real state, for which nobody is asked."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from resonance_llm_orchestrator.budgets.ledger import Allowance
from resonance_llm_orchestrator.budgets.money import dollars
from resonance_llm_orchestrator.providers.provider import Provider
from resonance_llm_orchestrator.routing.breaker import BreakerState
from resonance_llm_orchestrator.routing.desk import Desk
from resonance_llm_orchestrator.routing.gate import Gate
from resonance_llm_orchestrator.routing.routes import OWN_PROVIDERS
from resonance_llm_orchestrator.writing.spending import Spending, allowance_left
from resonance_runtime import metrics
from resonance_runtime.runtime import Runtime

EVERY_S: Final = 1.0
OF_PROVIDER: Final = "provider."
BUDGET: Final = "budget"


class StateReport:
    """Keeps the details up to date, as long as the service runs.

    Args:
        runtime: Whose details they are.
        desk: The gates to providers.
        providers: By name of the candidate.
        spending: What was spent.
        allowance: What may be.
    """

    def __init__(
        self,
        runtime: Runtime[Any],
        desk: Desk,
        providers: Mapping[str, Provider],
        spending: Spending,
        allowance: Allowance,
    ) -> None:
        self._runtime = runtime
        self._desk = desk
        self._providers = providers
        self._spending = spending
        self._allowance = allowance

    async def start(self) -> None:
        """Begins to report."""
        self.tell()
        self._runtime.spawn("state of providers", self._tell_on())

    async def stop(self) -> None:
        """Nothing to end: the task is the runtime's."""

    def tell(self) -> None:
        """Writes the details once."""
        details = self._runtime.health.details
        for name in dict.fromkeys((*OWN_PROVIDERS, *self._desk.gates)):
            details[f"{OF_PROVIDER}{name}"] = json.dumps(self._state(name))
        details[BUDGET] = json.dumps(budget_of(self._allowance, self._spending.spent))

    async def _tell_on(self) -> None:
        while True:
            await asyncio.sleep(EVERY_S)
            self.tell()

    def _state(self, name: str) -> dict[str, Any]:
        gate = self._desk.gates.get(name)
        if gate is None:
            return {"configured": False}
        for state in BreakerState:
            metrics.LLM_BREAKER.labels(provider=name, state=state).set(float(gate.state() is state))
        models = {p.model for p in self._providers.values() if p.name == name}
        return {"configured": True, "models": sorted(models), **state_of(gate)}


def state_of(gate: Gate) -> dict[str, Any]:
    """How one provider is."""
    return {
        "breaker": str(gate.state()),
        "open_for_s": round(gate.open_for()),
        "last_success": _time(gate.succeeded_s),
        "last_failure": _time(gate.failed_s),
        "failure": gate.failure or None,
    }


def budget_of(allowance: Allowance, spent: Mapping[str, int]) -> dict[str, Any]:
    """What may be spent today and what is left, US dollars, of all tasks ("day") and of each that has a budget."""
    limits = {"day": allowance.day, **(allowance.tasks or {})}
    return {
        scope: {"limit": dollars(limit), "left": allowance_left(limit, spent, scope)}
        for scope, limit in limits.items()
        if limit is not None
    }


def _time(seconds: float | None) -> str | None:
    return None if seconds is None else f"{datetime.fromtimestamp(int(seconds), UTC):%Y-%m-%dT%H:%M:%SZ}"
