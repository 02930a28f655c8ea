"""From the orchestrator's heartbeat to how each provider is; free of I/O.

Its details say who writes (`writer`: names in order) and, by `provider.<name>`, how one is: a sentence that may begin
with a state, as "degraded: half of its answers come too late".
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from resonance_gateway.news.status import ServiceStatus, State
from resonance_gateway.rest.health_models import MultiLlmHealth, ProviderHealth

WRITER: Final = "writer"
OFFLINE: Final = "offline"


def writers_of(orchestrator: ServiceStatus) -> list[str]:
    """Who writes, in the order in which they are asked."""
    return [name for name in orchestrator.details.get(WRITER, "").split(", ") if name]


def provider_health(name: str, orchestrator: ServiceStatus) -> ProviderHealth:
    """How one provider is."""
    told = orchestrator.details.get(f"provider.{name}", "") or None
    if orchestrator.state is State.DOWN:
        reason = " ".join(orchestrator.reasons) or "The orchestrator is down."
        return ProviderHealth(provider=name, state=State.DOWN, configured=None, reason=reason, detail=told)
    if name not in writers_of(orchestrator):
        reason = f"The orchestrator does not ask it: {name.upper()}_API_KEY is not set there."
        return ProviderHealth(provider=name, state=State.DOWN, configured=False, reason=reason, detail=told)
    failing = next((reason for reason in orchestrator.reasons if reason.startswith(f"Provider {name} ")), None)
    state, said = _state(told)
    if state is None:
        state = State.UP if failing is None else State.DOWN
    reason_now = None if state is State.UP else failing or said
    return ProviderHealth(provider=name, state=state, configured=True, reason=reason_now, detail=told)


def multi_llm_health(names: Sequence[str], orchestrator: ServiceStatus) -> MultiLlmHealth:
    """How all providers are together."""
    providers = [provider_health(name, orchestrator) for name in names]
    state, summary = _overall(providers, orchestrator)
    return MultiLlmHealth(state=state, summary=summary, writers=writers_of(orchestrator), providers=providers)


def _overall(providers: Sequence[ProviderHealth], orchestrator: ServiceStatus) -> tuple[State, str]:
    if orchestrator.state is State.DOWN:
        return State.DOWN, "The orchestrator is down: nothing is put into words."
    asked = [one for one in providers if one.configured]
    if not asked:
        return State.UP, "No provider has a key: the offline writer writes."
    well = [one.provider for one in asked if one.state is State.UP]
    ill = [one.provider for one in asked if one.state is not State.UP]
    if not ill:
        return State.UP, f"Who has a key writes: {', '.join(well)}."
    instead = ", ".join(well) or "the offline writer"
    return State.DEGRADED, f"Not all write as they should: {', '.join(ill)}; {instead} can."


def _state(told: str | None) -> tuple[State | None, str | None]:
    """The state that a detail begins with, if it does, and the rest."""
    word, _, rest = (told or "").partition(":")
    known = {str(state): state for state in State}
    return (known[word.strip()], rest.strip() or None) if word.strip() in known else (None, told)
