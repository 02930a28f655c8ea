"""REST: what is said of one user or one vector now."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from resonance_contracts.features import FEATURE_NAMES
from resonance_contracts.pb.resonance.v1 import detection_pb2, online_pb2, request_pb2
from resonance_contracts.rendering import Resolve, enum_names, finite, plain
from resonance_contracts.topics import PREDICTIONS_REQUESTED
from resonance_gateway.auth.roles import Role
from resonance_gateway.news.recent import Recent
from resonance_gateway.news.vectors import Vector
from resonance_gateway.people.pseudonyms import Pseudonyms
from resonance_gateway.rest.access import seen_by
from resonance_gateway.rest.analysis_models import AnalyzeAnomaly, AnomalyAnalysis
from resonance_gateway.rest.asking import Asks
from resonance_gateway.rest.routing import Call, Nothing, Route
from resonance_gateway.tracking.activity import LIVE_STREAM
from resonance_runtime.errors import Problem

_SEVERITIES = enum_names(detection_pb2.Severity.DESCRIPTOR)

NewestOnline = Callable[[str], Awaitable[online_pb2.OnlineVector | None]]
"""The newest vector of a user key in the online store; raises Unavailable."""


@dataclass(frozen=True, slots=True)
class Analysing:
    """Handlers of questions to the predictor.

    Attributes:
        requester: Asks over topics.
        recent: Vectors that were read of late.
        pseudonyms: Turns user ids into keys.
        resolve: Gives the user id of a user key.
        timeout_s: Longest wait for an answer.
        online: The online store; None where there is none.
    """

    requester: Asks
    recent: Recent
    pseudonyms: Pseudonyms
    resolve: Resolve
    timeout_s: float
    online: NewestOnline | None = None

    def routes(self) -> list[Route[Any, Any, Any]]:
        """The routes, to be served."""
        return [
            Route(
                "POST",
                "/ml/anomalies/analyze",
                Role.OPERATOR,
                "Analyses one user, or one feature vector, now.",
                self.analyze,
                Nothing,
                Nothing,
                AnalyzeAnomaly,
                AnomalyAnalysis,
                faults=(404, 502, 504),
                tag="anomalies",
            )
        ]

    async def analyze(self, call: Call[Nothing, Nothing, AnalyzeAnomaly]) -> AnomalyAnalysis:
        """`POST /ml/anomalies/analyze`."""
        return await self.of(call.body.user_id, call.body.features, seen_by(call.caller, self.resolve))

    async def of(self, user_id: str, features: Mapping[str, float], resolve: Resolve) -> AnomalyAnalysis:
        """What is said of the newest vector of a user, or of feature values where no user is named; raises Problem."""
        vector = (await self.vectors_of(user_id))[0] if user_id else None
        asked = features if vector is None else dict(zip(FEATURE_NAMES, vector.values, strict=True))
        question = request_pb2.ScoreRequest(features=asked)
        reply = await self.requester.ask(PREDICTIONS_REQUESTED, question, request_pb2.ScoreReply, self.timeout_s)
        return self._answer(asked, reply, vector, resolve)

    async def vectors_of(self, user: str) -> list[Vector]:
        """Vectors of a user that this gateway remembers, newest first, else the one in the online store.

        Raises:
            Problem: 404, there is none.
        """
        user_key = self.pseudonyms.of_person(user)
        read = [vector for vector in self.recent.vectors.newest_first() if vector.user_key == user_key]
        if read:
            return sorted(read, key=lambda vector: -vector.end_us)
        kept = None if self.online is None else await self.online(user_key)
        if kept is None:
            raise Problem(404, "No such user", "Nothing is known of that user now: nothing was received of late.")
        return [Vector(kept.vector_id, user_key, LIVE_STREAM.name, kept.start_us, kept.end_us, tuple(kept.values))]

    def _answer(
        self, asked: Mapping[str, float], reply: request_pb2.ScoreReply, vector: Vector | None, resolve: Resolve
    ) -> AnomalyAnalysis:
        user_key = None if vector is None else vector.user_key
        values = {**reply.assumed, **asked}
        return AnomalyAnalysis(
            anomalous=bool(reply.findings),
            severity=_SEVERITIES[reply.severity] if reply.severity else "none",  # type: ignore[arg-type]
            score=finite(reply.score),
            tail_probability=finite(reply.tail_probability),
            features={name: finite(values[name]) for name in FEATURE_NAMES if name in values},
            assumed={name: reply.assumed[name] for name in FEATURE_NAMES if name in reply.assumed},
            findings=[plain(finding, resolve) for finding in reply.findings],
            model_name=reply.scorer.model_name,
            model_version=reply.scorer.model_version,
            rules_version=reply.scorer.rules_version,
            user_key=user_key,
            user_id=None if user_key is None else resolve(user_key),
            vector_id=None if vector is None else vector.vector_id,
            start_us=None if vector is None else vector.start_us,
            end_us=None if vector is None else vector.end_us,
            alert_ids=[] if user_key is None else self.recent.open_alerts_of(user_key),
        )
