"""REST: what each model predicts, by one call."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from statistics import median
from typing import Any

from resonance_contracts.features import FEATURE_NAMES
from resonance_contracts.pb.resonance.v1 import request_pb2
from resonance_contracts.rendering import finite
from resonance_contracts.topics import PREDICTIONS_REQUESTED
from resonance_gateway.auth.roles import Role
from resonance_gateway.news.language import DEFAULT, preferred
from resonance_gateway.rest.access import seen_by
from resonance_gateway.rest.analysing import Analysing
from resonance_gateway.rest.analysis_models import AnomalyAnalysis
from resonance_gateway.rest.model_kinds import KINDS, ModelName
from resonance_gateway.rest.prediction_models import (
    Behavior,
    Bounds,
    Forecast,
    KindView,
    LoadAhead,
    Predict,
    Prediction,
)
from resonance_gateway.rest.routing import Call, Nothing, Route


@dataclass(frozen=True, slots=True)
class Predicting:
    """Handlers of predictions.

    Attributes:
        analysing: Asks the predictor, and knows the vectors of users.
    """

    analysing: Analysing

    def routes(self) -> list[Route[Any, Any, Any]]:
        """The routes, to be served."""
        return [
            Route(
                "POST", "/ml/models/predict", Role.OPERATOR,
                "What a model says: of a vector or a user whether it is an anomaly or which kind, or the load to come.",
                self.predict, Nothing, Nothing, Predict, Prediction, faults=(404, 409, 502, 504), tag="models",
            )
        ]  # fmt: skip

    async def predict(self, call: Call[Nothing, Nothing, Predict]) -> Prediction:
        """`POST /ml/models/predict`."""
        match call.body.model_name:
            case ModelName.ANOMALY_DETECTION:
                resolve = seen_by(call.caller, self.analysing.resolve)
                return _verdict(await self.analysing.of(call.body.user_id, call.body.features, resolve))
            case ModelName.USER_BEHAVIOR:
                return await self._behavior(call)
            case ModelName.LOAD_PREDICTION:
                return await self._load(call.body)

    async def _behavior(self, call: Call[Nothing, Nothing, Predict]) -> Prediction:
        features: Mapping[str, float] = call.body.features
        vectors = None
        if call.body.user_id:
            found = await self.analysing.vectors_of(call.body.user_id)
            vectors = len(found)
            columns = zip(*(vector.values for vector in found), strict=True)
            features = {name: median(column) for name, column in zip(FEATURE_NAMES, columns, strict=True)}
        reply = await self._ask(request_pb2.ScoreRequest(model_name=ModelName.USER_BEHAVIOR, features=features))
        kinds = _kinds(reply.behavior, preferred(call.request.headers.get("Accept-Language", "")))
        of = next(kind for kind in kinds if kind.cluster == reply.behavior.cluster)
        behavior = Behavior(
            cluster=of.cluster,
            name=of.name,
            distance=finite(reply.behavior.distance),
            kinds=kinds,
            assumed={name: reply.assumed[name] for name in FEATURE_NAMES if name in reply.assumed},
            vectors=vectors,
        )
        return _prediction(ModelName.USER_BEHAVIOR, reply, of.name, of.probability, behavior=behavior)

    async def _load(self, asked: Predict) -> Prediction:
        question = request_pb2.ScoreRequest(model_name=ModelName.LOAD_PREDICTION)
        if asked.inputs is not None:
            given = asked.inputs
            question.history.CopyFrom(
                request_pb2.LoadHistory(messages=given.messages, connections=given.connections, minute=given.minute)
            )
        reply = await self._ask(question)
        forecast = Forecast(
            counted_until_us=reply.load.counted_until_us or None,
            counted_share=reply.load.counted_share or None,
            horizons=[
                LoadAhead(minutes=one.minutes, messages=_bounds(one.messages), connections=_bounds(one.connections))
                for one in reply.load.horizons
            ],
        )
        return _prediction(ModelName.LOAD_PREDICTION, reply, None, None, load=forecast)

    async def _ask(self, question: request_pb2.ScoreRequest) -> request_pb2.ScoreReply:
        return await self.analysing.requester.ask(
            PREDICTIONS_REQUESTED, question, request_pb2.ScoreReply, self.analysing.timeout_s
        )


def _verdict(analysis: AnomalyAnalysis) -> Prediction:
    tail, anomalous = analysis.tail_probability, analysis.anomalous
    return Prediction(
        model_name=ModelName.ANOMALY_DETECTION,
        model_version=analysis.model_version,
        type=KINDS[ModelName.ANOMALY_DETECTION].type,
        prediction="anomaly" if anomalous else "ordinary",
        confidence=None if tail is None else 1.0 - tail if anomalous else tail,
        anomaly=analysis,
    )


def _prediction(
    name: ModelName, reply: request_pb2.ScoreReply, said: str | None, confidence: float | None, **of: Any
) -> Prediction:
    return Prediction(
        model_name=name,
        model_version=reply.scorer.model_version,
        type=KINDS[name].type,
        prediction=said,
        confidence=confidence,
        **of,
    )


def _kinds(behavior: request_pb2.UserBehavior, language: str) -> list[KindView]:
    """The most probable first."""
    kinds = [
        KindView(
            cluster=number,
            name=kind.names.get(language) or kind.names.get(DEFAULT) or f"{number}",
            names=dict(sorted(kind.names.items())),
            probability=finite(kind.probability),
        )
        for number, kind in enumerate(behavior.kinds)
    ]
    return sorted(kinds, key=lambda kind: (-(kind.probability or 0.0), kind.cluster))


def _bounds(bounds: request_pb2.LoadBounds) -> Bounds:
    return Bounds(low=finite(bounds.low), median=finite(bounds.median), high=finite(bounds.high))
