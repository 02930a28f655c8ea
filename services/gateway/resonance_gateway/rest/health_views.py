"""From the orchestrator's heartbeat to the health of providers; free of I/O."""

from __future__ import annotations

import json
from typing import Any, Final

from resonance_gateway.news.status import ServiceStatus, State
from resonance_gateway.rest.health_models import Breaker, BudgetView, ProviderHealth, ProvidersHealth
from resonance_gateway.rest.views import service_view

OF_PROVIDER: Final = "provider."
BUDGET: Final = "budget"
WRITER: Final = "writer"
OFFLINE: Final = "offline"


def writers_of(orchestrator: ServiceStatus) -> list[str]:
    """Who writes, in the order in which they are asked."""
    return [name for name in orchestrator.details.get(WRITER, "").split(", ") if name]


def provider_health(name: str, orchestrator: ServiceStatus) -> ProviderHealth:
    """One provider: down where it is not asked, or the orchestrator is silent."""
    told = _told(orchestrator, f"{OF_PROVIDER}{name}")
    configured = bool(told.get("configured"))
    breaker = Breaker(told["breaker"]) if told.get("breaker") in list(Breaker) else None
    reason = _reason(name, orchestrator, told, configured)
    state = State.UP
    if orchestrator.state is State.DOWN or not configured or breaker is Breaker.OPEN:
        state = State.DOWN
    elif reason is not None:
        state = State.DEGRADED
    return ProviderHealth(
        provider=name,
        state=state,
        configured=configured,
        models=told.get("models") or [],
        breaker=breaker,
        open_for_s=int(told.get("open_for_s") or 0),
        last_success=told.get("last_success"),
        last_failure=told.get("last_failure"),
        reason=reason,
    )


def providers_health(orchestrator: ServiceStatus) -> ProvidersHealth:
    """All of them; one that nobody configured is no fault."""
    names = [name.removeprefix(OF_PROVIDER) for name in orchestrator.details if name.startswith(OF_PROVIDER)]
    providers = [provider_health(name, orchestrator) for name in sorted(names)]
    configured = [provider for provider in providers if provider.configured]
    well = [provider.provider for provider in configured if provider.state is State.UP]
    if orchestrator.state is State.DOWN:
        state, summary = State.DOWN, " ".join(orchestrator.reasons)
    elif len(well) == len(configured):
        state = State.UP
        summary = f"Writing: {', '.join(well)}." if well else "No provider is configured; the offline writer writes."
    else:
        state = State.DEGRADED
        others = f"{', '.join(well)} and the offline writer do" if well else "the offline writer does"
        ill = [provider.provider for provider in configured if provider.state is not State.UP]
        summary = f"{', '.join(ill)} may not write; {others}."
    return ProvidersHealth(
        state=state,
        summary=summary,
        providers=providers,
        budgets=budgets(orchestrator),
        orchestrator=service_view(orchestrator),
    )


def budgets(orchestrator: ServiceStatus) -> list[BudgetView]:
    """Today's budgets."""
    told = _told(orchestrator, BUDGET)
    return [BudgetView(scope=scope, limit=one["limit"], left=one["left"]) for scope, one in told.items()]


def _told(orchestrator: ServiceStatus, detail: str) -> dict[str, Any]:
    try:
        found = json.loads(orchestrator.details.get(detail, "{}"))
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _reason(name: str, orchestrator: ServiceStatus, told: dict[str, Any], configured: bool) -> str | None:
    if orchestrator.state is State.DOWN:
        return " ".join(orchestrator.reasons)
    if not configured:
        return f"{name} has no key, so it is not asked."
    failure = told.get("failure")
    return None if failure is None else f"Its last request failed: {failure}"
