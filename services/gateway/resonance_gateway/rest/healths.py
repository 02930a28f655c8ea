"""REST: how xai and the providers of words are. From heartbeats alone: nobody is asked, no token is spent."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from pydantic import BaseModel

from resonance_contracts.topics import Service
from resonance_gateway.auth.roles import Role
from resonance_gateway.news.status import Reports, ServiceStatus
from resonance_gateway.rest.health_models import MultiLlmHealth, ProviderHealth
from resonance_gateway.rest.health_views import multi_llm_health, provider_health
from resonance_gateway.rest.routing import Call, Nothing, Route
from resonance_gateway.rest.status_models import ServiceView
from resonance_gateway.rest.views import service_view
from resonance_gateway.tracking.clock import Clock

Asked = Call[Nothing, Nothing, Nothing]

OPENAI: Final = "openai"
ANTHROPIC: Final = "anthropic"


@dataclass(frozen=True, slots=True)
class Healths:
    """Handlers of questions about single parts.

    Attributes:
        reports: The heartbeats of services.
        clock: Time at the gateway.
    """

    reports: Reports
    clock: Clock

    def routes(self) -> list[Route[Any, Any, Any]]:
        """The routes, to be served."""
        return [
            _route("/ml/health/xai", "How xai is.", self.xai, ServiceView),
            _route("/ml/health/openai", "Whether OpenAI writes.", self.openai, ProviderHealth),
            _route("/ml/claude/health", "Whether Claude writes.", self.claude, ProviderHealth),
            _route("/ml/multi-llm/health", "Who of all writes.", self.multi_llm, MultiLlmHealth),
        ]

    async def xai(self, _: Asked) -> ServiceView:
        """`GET /ml/health/xai`."""
        return service_view(self._of(Service.XAI))

    async def openai(self, _: Asked) -> ProviderHealth:
        """`GET /ml/health/openai`."""
        return provider_health(OPENAI, self._of(Service.LLM_ORCHESTRATOR))

    async def claude(self, _: Asked) -> ProviderHealth:
        """`GET /ml/claude/health`."""
        return provider_health(ANTHROPIC, self._of(Service.LLM_ORCHESTRATOR))

    async def multi_llm(self, _: Asked) -> MultiLlmHealth:
        """`GET /ml/multi-llm/health`."""
        return multi_llm_health((OPENAI, ANTHROPIC), self._of(Service.LLM_ORCHESTRATOR))

    def _of(self, service: Service) -> ServiceStatus:
        return next(one for one in self.reports.services(self.clock.now_us()) if one.service is service)


def _route(path: str, summary: str, handle: Callable[[Asked], Any], answer: type[BaseModel]) -> Route[Any, Any, Any]:
    return Route("GET", path, Role.VIEWER, summary, handle, Nothing, Nothing, Nothing, answer, tag="status")
