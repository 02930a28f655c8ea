"""REST for operators: status, recent vectors and anomalies, explanations."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice

from aiohttp import web
from pydantic import BaseModel

from resonance_gateway.auth.operators import operator_of
from resonance_gateway.auth.tokens import Authenticator
from resonance_gateway.news.language import Language, preferred
from resonance_gateway.news.recent import Recent
from resonance_gateway.news.rendering import Resolve
from resonance_gateway.news.status import Reports, overall
from resonance_gateway.rest.asking import Explainer
from resonance_gateway.rest.models import (
    ExplainAnomaly,
    ExplainPrediction,
    RecentAnomalies,
    RecentAnomaliesQuery,
    RecentVectors,
    RecentVectorsQuery,
    Status,
    TrackingView,
)
from resonance_gateway.rest.validation import body_of, query_of
from resonance_gateway.rest.views import (
    anomaly_explanation,
    anomaly_view,
    model_view,
    prediction_explanation,
    service_view,
    vector_view,
)
from resonance_gateway.tracking.clock import Clock


@dataclass(frozen=True, slots=True)
class Rest:
    """Handlers of the routes under `/ml`; each asks for a token with the role `operator`.

    Attributes:
        tracking: Tells what this gateway does right now.
        resolve: Gives the user id of a user key.
    """

    authenticator: Authenticator
    recent: Recent
    reports: Reports
    explainer: Explainer
    clock: Clock
    resolve: Resolve
    tracking: Callable[[], TrackingView]

    def routes(self) -> list[web.RouteDef]:
        """The routes, to be served."""
        return [
            web.get("/ml/status", self.status),
            web.get("/ml/features/recent", self.recent_vectors),
            web.get("/ml/anomalies/recent", self.recent_anomalies),
            web.post("/ml/explain/prediction", self.explain_prediction),
            web.post("/ml/explain/anomaly", self.explain_anomaly),
        ]

    async def status(self, request: web.Request) -> web.Response:
        """`GET /ml/status`: what is up, what is degraded and why."""
        operator_of(request, self.authenticator)
        services = self.reports.services(self.clock.now_us())
        state, summary = overall(services)
        return _json(
            Status(
                state=state,
                summary=summary,
                services=[service_view(s) for s in services],
                models=[model_view(m) for m in self.recent.models.values()],
                tracking=self.tracking(),
            )
        )

    async def recent_vectors(self, request: web.Request) -> web.Response:
        """`GET /ml/features/recent?limit=100`: newest vectors first."""
        operator_of(request, self.authenticator)
        query = query_of(request, RecentVectorsQuery)
        newest = islice(self.recent.vectors.newest_first(), query.limit)
        views = [vector_view(v, self.recent.score(v.vector_id), self.resolve) for v in newest]
        return _json(RecentVectors(count=len(views), vectors=views))

    async def recent_anomalies(self, request: web.Request) -> web.Response:
        """`GET /ml/anomalies/recent?limit=50&min_severity=medium`: newest anomalies first."""
        operator_of(request, self.authenticator)
        query = query_of(request, RecentAnomaliesQuery)
        severe = (a for a in self.recent.anomalies.newest_first() if a.severity >= query.min_severity.rank)
        language = _language(request, None)
        views = [anomaly_view(a, self.recent, self.resolve, language) for a in islice(severe, query.limit)]
        return _json(RecentAnomalies(count=len(views), anomalies=views))

    async def explain_prediction(self, request: web.Request) -> web.Response:
        """`POST /ml/explain/prediction`."""
        operator_of(request, self.authenticator)
        asked = await body_of(request, ExplainPrediction)
        explanation = await self.explainer.prediction(asked)
        return _json(prediction_explanation(asked, explanation, _language(request, asked.language)))

    async def explain_anomaly(self, request: web.Request) -> web.Response:
        """`POST /ml/explain/anomaly`."""
        operator_of(request, self.authenticator)
        asked = await body_of(request, ExplainAnomaly)
        explanation = await self.explainer.anomaly(asked)
        return _json(anomaly_explanation(explanation, self.resolve, _language(request, asked.language)))


def _language(request: web.Request, asked: Language | None) -> Language:
    return asked or preferred(request.headers.get("Accept-Language", ""))


def _json(answer: BaseModel) -> web.Response:
    return web.Response(body=answer.model_dump_json().encode(), content_type="application/json", charset="utf-8")
