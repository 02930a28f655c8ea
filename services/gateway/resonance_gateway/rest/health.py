"""REST: how explanations and words are, from heartbeats: no token is spent to answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from resonance_contracts.topics import Service
from resonance_gateway.auth.roles import Role
from resonance_gateway.news.status import Reports, ServiceStatus
from resonance_gateway.rest.health_models import ProviderHealth, ProvidersHealth
from resonance_gateway.rest.health_views import provider_health, providers_health
from resonance_gateway.rest.routing import Call, Nothing, Route
from resonance_gateway.rest.status_models import ServiceView
from resonance_gateway.rest.views import service_view
from resonance_gateway.tracking.clock import Clock

Asked = Call[Nothing, Nothing, Nothing]


@dataclass(frozen=True, slots=True)
class HealthOfParts:
    """Handlers of questions about one part each.

    Attributes:
        reports: The heartbeats of services.
        clock: Time at the gateway.
    """

    reports: Reports
    clock: Clock

    def routes(self) -> list[Route[Any, Any, Any]]:
        """The routes, to be served."""
        return [
            _route("/ml/health/xai", "Whether anomalies are explained.", self.xai, ServiceView),
            _route("/ml/health/openai", "Whether OpenAI writes.", self.openai, ProviderHealth),
            _route("/ml/claude/health", "Whether Anthropic writes.", self.anthropic, ProviderHealth),
            _route("/ml/multi-llm/health", "Who writes, and what may be spent.", self.all, ProvidersHealth),
        ]

    async def xai(self, _: Asked) -> ServiceView:
        """`GET /ml/health/xai`."""
        return service_view(self._status(Service.XAI))

    async def openai(self, _: Asked) -> ProviderHealth:
        """`GET /ml/health/openai`."""
        return provider_health("openai", self._status(Service.LLM_ORCHESTRATOR))

    async def anthropic(self, _: Asked) -> ProviderHealth:
        """`GET /ml/claude/health`."""
        return provider_health("anthropic", self._status(Service.LLM_ORCHESTRATOR))

    async def all(self, _: Asked) -> ProvidersHealth:
        """`GET /ml/multi-llm/health`."""
        return providers_health(self._status(Service.LLM_ORCHESTRATOR))

    def _status(self, service: Service) -> ServiceStatus:
        return next(s for s in self.reports.services(self.clock.now_us()) if s.service is service)


def _route(path: str, summary: str, handle: Callable[[Asked], Any], answer: type[BaseModel]) -> Route[Any, Any, Any]:
    return Route("GET", path, Role.VIEWER, summary, handle, Nothing, Nothing, Nothing, answer, tag="status")
