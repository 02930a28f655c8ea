"""How the services and providers behind explanations and words are."""

from __future__ import annotations

from enum import StrEnum

from resonance_gateway.news.status import State
from resonance_gateway.rest.models import Answer
from resonance_gateway.rest.status_models import ServiceView


class Breaker(StrEnum):
    """Whether requests to a provider go through: all, one to try, none."""

    CLOSED = "closed"
    HALF_OPEN = "half_open"
    OPEN = "open"


class ProviderHealth(Answer):
    """One provider of words, as the orchestrator saw it last; nobody was asked for this.

    Attributes:
        configured: Whether it has a key and a route.
        models: That it is asked for.
        breaker: Null where it is not configured, or not known.
        open_for_s: Seconds until it is asked again; 0 where it is not left alone.
        last_success, last_failure: RFC 3339; null for never since the orchestrator started.
        reason: Why it does not write; null where it does.
    """

    provider: str
    state: State
    configured: bool
    models: list[str]
    breaker: Breaker | None
    open_for_s: int
    last_success: str | None
    last_failure: str | None
    reason: str | None


class BudgetView(Answer):
    """Money for one day (UTC), US dollars.

    Attributes:
        scope: "day" for all tasks together, or the name of a task.
        left: Neither spent nor reserved.
    """

    scope: str
    limit: float
    left: float


class ProvidersHealth(Answer):
    """All who can put facts into words.

    Attributes:
        state: Up where every configured provider writes; degraded where one does not, and others or our own writer do;
            down where the orchestrator is.
        summary: One sentence.
        orchestrator: The service that asks them.
    """

    state: State
    summary: str
    providers: list[ProviderHealth]
    budgets: list[BudgetView]
    orchestrator: ServiceView
