"""REST: why something was flagged."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from resonance_contracts.rendering import Resolve
from resonance_gateway.auth.roles import Role
from resonance_gateway.news.language import Language, preferred
from resonance_gateway.rest.access import seen_by
from resonance_gateway.rest.asking import Explainer
from resonance_gateway.rest.models import AnomalyExplanation, ExplainAnomaly, ExplainPrediction, PredictionExplanation
from resonance_gateway.rest.routing import Call, Nothing, Route
from resonance_gateway.rest.views import anomaly_explanation, prediction_explanation


@dataclass(frozen=True, slots=True)
class Explaining:
    """Handlers of questions to xai.

    Attributes:
        explainer: Asks.
        resolve: Gives the user id of a user key.
    """

    explainer: Explainer
    resolve: Resolve

    def routes(self) -> list[Route[Any, Any, Any]]:
        """The routes, to be served."""
        return [
            Route(
                "POST",
                "/ml/explain/prediction",
                Role.OPERATOR,
                "Why a model says what it says of some feature values.",
                self.prediction,
                Nothing,
                Nothing,
                ExplainPrediction,
                PredictionExplanation,
                faults=(404, 502, 504),
                tag="explanations",
            ),
            Route(
                "POST",
                "/ml/explain/anomaly",
                Role.OPERATOR,
                "Why a user, or an incident, was flagged.",
                self.anomaly,
                Nothing,
                Nothing,
                ExplainAnomaly,
                AnomalyExplanation,
                faults=(404, 502, 504),
                tag="explanations",
            ),
        ]

    async def prediction(self, call: Call[Nothing, Nothing, ExplainPrediction]) -> PredictionExplanation:
        """`POST /ml/explain/prediction`."""
        language = _language(call, call.body.language)
        return prediction_explanation(call.body, await self.explainer.prediction(call.body, language), language)

    async def anomaly(self, call: Call[Nothing, Nothing, ExplainAnomaly]) -> AnomalyExplanation:
        """`POST /ml/explain/anomaly`."""
        language = _language(call, call.body.language)
        reply = await self.explainer.anomaly(call.body, language)
        return anomaly_explanation(reply, seen_by(call.caller, self.resolve), language)


def _language(call: Call[Any, Any, Any], asked: Language | None) -> Language:
    return asked or preferred(call.request.headers.get("Accept-Language", ""))
