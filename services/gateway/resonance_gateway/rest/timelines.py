"""REST: the last vectors of one person, and what is usual of them; why an incident was opened."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from resonance_contracts.features import FEATURE_NAMES
from resonance_contracts.pb.resonance.v1 import detection_pb2, request_pb2
from resonance_contracts.rendering import Resolve, finite
from resonance_gateway.auth.roles import Role
from resonance_gateway.news.language import preferred
from resonance_gateway.news.recent import Recent
from resonance_gateway.news.vectors import Score, Vector
from resonance_gateway.people.pseudonyms import Pseudonyms
from resonance_gateway.people.routes import Person
from resonance_gateway.rest.access import seen_by
from resonance_gateway.rest.incident_models import IncidentPath
from resonance_gateway.rest.models import AnomalyExplanation
from resonance_gateway.rest.routing import Call, Nothing, Route
from resonance_gateway.rest.timeline_models import NormalView, Timeline, TimelineQuery
from resonance_gateway.rest.views import anomaly_explanation, vector_view
from resonance_runtime.errors import Problem


@dataclass(frozen=True, slots=True)
class Timelines:
    """Handlers of what is remembered of one person or incident.

    Attributes:
        recent: What is remembered.
        pseudonyms: Turns user ids into keys.
        resolve: Gives the user id of a user key.
    """

    recent: Recent
    pseudonyms: Pseudonyms
    resolve: Resolve

    def routes(self) -> list[Route[Any, Any, Any]]:
        """The routes, to be served."""
        return [
            Route(
                "GET", "/ml/users/{id}/features", Role.VIEWER, "The last vectors of a person, and what is usual.",
                self.timeline, Person, TimelineQuery, Nothing, Timeline, tag="features",
            ),
            Route(
                "GET", "/ml/incidents/{alert_id}/explanation", Role.VIEWER,
                "Why the vector that opened an incident was flagged, as it was explained then.",
                self.explanation, IncidentPath, Nothing, Nothing, AnomalyExplanation, faults=(404,), tag="incidents",
            ),
        ]  # fmt: skip

    async def timeline(self, call: Call[Person, TimelineQuery, Nothing]) -> Timeline:
        """`GET /ml/users/user_12345/features`."""
        user_key = self.pseudonyms.of_person(call.path.id)
        resolve = seen_by(call.caller, self.resolve)
        vectors, stream = self._of(user_key, call.query.stream)
        anomaly = self.recent.anomaly_of(user_key)
        return Timeline(
            user_key=user_key,
            user_id=resolve(user_key),
            stream=stream,
            count=len(vectors),
            vectors=[vector_view(vector, score, resolve) for vector, score in vectors],
            normal={} if anomaly is None else _normal(anomaly.baseline),
            normal_weight=0 if anomaly is None else anomaly.baseline_weight,
            normal_until_us=None if anomaly is None else anomaly.end_us,
        )

    async def explanation(self, call: Call[IncidentPath, Nothing, Nothing]) -> AnomalyExplanation:
        """`GET /ml/incidents/al_…/explanation`; raises Problem, 404."""
        vector_id = self.recent.vector_that_opened(call.path.alert_id)
        explanation = None if vector_id is None else self.recent.explanations.get(vector_id)
        if explanation is None:
            sentence = (
                f"This gateway remembers no explanation of {call.path.alert_id!r}: none came yet, or it was long ago. "
                "Operators may ask for one anew: POST /ml/explain/anomaly."
            )
            raise Problem(404, "No explanation", sentence)
        language = preferred(call.request.headers.get("Accept-Language", ""))
        reply = request_pb2.ExplainReply(explanation=explanation)
        return anomaly_explanation(reply, seen_by(call.caller, self.resolve), language)

    def _of(self, user_key: str, stream: str | None) -> tuple[list[tuple[Vector, Score | None]], str | None]:
        """Vectors of a person with their scores, oldest first, and their stream."""
        trail = self.recent.trails.of(user_key)
        if trail is not None:
            known = [(vector, trail.scores.get(vector.vector_id)) for vector in trail.vectors]
        else:
            newest = [vector for vector in self.recent.vectors.newest_first() if vector.user_key == user_key]
            known = [(vector, self.recent.score(vector.vector_id)) for vector in reversed(newest)]
        if stream is None and known:
            stream = known[-1][0].stream
        of_stream = [one for one in known if one[0].stream == stream]
        return sorted(of_stream, key=lambda one: (one[0].end_us, one[0].vector_id)), stream


def _normal(baseline: Sequence[detection_pb2.FeatureBaseline]) -> dict[str, NormalView]:
    return {
        name: NormalView(
            mean=finite(one.mean),
            spread=finite(one.spread),
            low=finite(one.low) if one.HasField("low") else None,
            median=finite(one.median) if one.HasField("median") else None,
            high=finite(one.high) if one.HasField("high") else None,
        )
        for name, one in zip(FEATURE_NAMES, baseline, strict=False)
    }
