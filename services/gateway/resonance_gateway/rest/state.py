"""REST: how everything is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from pydantic import BaseModel

from resonance_contracts.topics import Service
from resonance_gateway.auth.roles import Role
from resonance_gateway.news.lag import LagWatch
from resonance_gateway.news.recent import Recent
from resonance_gateway.news.status import Reports, ServiceStatus, overall
from resonance_gateway.rest.routing import Call, Nothing, Route
from resonance_gateway.rest.state_views import capability_view, lag_view, provider_views
from resonance_gateway.rest.status_models import AiStatus, Capability, IntelligenceStatus, Status, TrackingView
from resonance_gateway.rest.views import model_view, service_view
from resonance_gateway.tracking.clock import Clock

Asked = Call[Nothing, Nothing, Nothing]

DONE_BY: Final = {
    Capability.FEATURES: Service.FEATURE_EXTRACTOR,
    Capability.DETECTION: Service.PREDICTOR,
    Capability.EXPLANATION: Service.XAI,
    Capability.NARRATION: Service.LLM_ORCHESTRATOR,
    Capability.TRAINING: Service.AUTO_RETRAINER,
}


@dataclass(frozen=True, slots=True)
class StateOfThings:
    """Handlers of questions about the whole.

    Attributes:
        reports: The heartbeats of services.
        recent: Models that were promoted, and what was found.
        lag: How far behind the services are.
        clock: Time at the gateway.
        tracking: Tells what this gateway does right now.
    """

    reports: Reports
    recent: Recent
    lag: LagWatch
    clock: Clock
    tracking: Callable[[], TrackingView]

    def routes(self) -> list[Route[Any, Any, Any]]:
        """The routes, to be served."""
        return [
            _route("/ml/status", "What is up, what is degraded and why.", self.status, Status),
            _route("/ml/ai-status", "Models, providers, and the services around them.", self.ai_status, AiStatus),
            _route(
                "/ml/intelligence/status",
                "What can be done now, and what came of it last.",
                self.intelligence,
                IntelligenceStatus,
            ),
        ]

    async def status(self, _: Asked) -> Status:
        """`GET /ml/status`."""
        lags = await self.lag.current()
        services = self._services()
        state, summary = overall(services.values())
        return Status(
            state=state,
            summary=summary,
            services=[service_view(s) for s in services.values()],
            models=[model_view(m, self.recent.drifts.get(m.model_version)) for m in self.recent.named()],
            providers=provider_views(services[Service.LLM_ORCHESTRATOR]),
            lag=[lag_view(lag) for lag in lags.groups],
            lag_unknown=lags.unknown,
            tracking=self.tracking(),
        )

    async def ai_status(self, _: Asked) -> AiStatus:
        """`GET /ml/ai-status`."""
        services = self._services()
        by = {what: services[DONE_BY[what]] for what in Capability if what is not Capability.FEATURES}
        state, summary = overall(by.values(), "Detection, explanation, narration and training are up.")
        return AiStatus(
            state=state,
            summary=summary,
            models=[model_view(m, self.recent.drifts.get(m.model_version)) for m in self.recent.named()],
            providers=provider_views(by[Capability.NARRATION]),
            **{str(what): service_view(status) for what, status in by.items()},
        )

    async def intelligence(self, _: Asked) -> IntelligenceStatus:
        """`GET /ml/intelligence/status`."""
        lags = await self.lag.current()
        services = self._services()
        statuses = {what: services[service] for what, service in DONE_BY.items()}
        state, summary = overall(statuses.values(), "Every capability is there.")
        views = [capability_view(what, status, self.recent, lags) for what, status in statuses.items()]
        return IntelligenceStatus(state=state, summary=summary, capabilities=views)

    def _services(self) -> dict[Service, ServiceStatus]:
        return {status.service: status for status in self.reports.services(self.clock.now_us())}


def _route(path: str, summary: str, handle: Callable[[Asked], Any], answer: type[BaseModel]) -> Route[Any, Any, Any]:
    return Route("GET", path, Role.VIEWER, summary, handle, Nothing, Nothing, Nothing, answer, tag="status")
