"""Answers questions that come by topic: every question gets an explanation or a problem (RFC 9457)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from resonance_contracts.pb.resonance.v1 import detection_pb2, explanation_pb2, request_pb2
from resonance_modeling.artifact import ANOMALY_DETECTION
from resonance_runtime.errors import Problem, Unavailable
from resonance_runtime.records import Outgoing, Record
from resonance_runtime.requests import expired, reply
from resonance_xai.champions import Champions
from resonance_xai.errors import MalformedAnomaly, MalformedQuestion, ModelMissing
from resonance_xai.explainer import Explainer
from resonance_xai.history import History

SendAll = Callable[[Sequence[Outgoing]], Awaitable[None]]


class Answers:
    """What is asked: by features, by vector, or by user."""

    def __init__(self, explainer: Explainer, champions: Champions, history: History, send_all: SendAll) -> None:
        self._explainer = explainer
        self._champions = champions
        self._history = history
        self._send_all = send_all

    async def handle(self, records: Sequence[Record[request_pb2.ExplainRequest]]) -> None:
        """Answers questions whose deadline has not passed."""
        for record in records:
            if not expired(record):
                await self._send_all(reply(record, await self.answer(record.value)))

    async def answer(self, question: request_pb2.ExplainRequest) -> request_pb2.ExplainReply | Problem:
        """The explanation, or why there is none. Somebody waits: what is down is said, not waited for."""
        try:
            return request_pb2.ExplainReply(explanation=await self._explain(question))
        except Problem as problem:
            return problem
        except MalformedQuestion as error:
            return Problem(422, "Features that no vector can have", str(error))
        except MalformedAnomaly as error:
            return Problem(422, "Not explainable", str(error))
        except ModelMissing as error:
            return Problem(404, "Unknown model", str(error))
        except Unavailable as error:
            return Problem(503, "Model not available", f"{error} Ask again later.")

    async def _explain(self, question: request_pb2.ExplainRequest) -> explanation_pb2.Explanation:
        if question.vector_id:
            return await self._explainer.anomaly(self._seen(question.vector_id), asked=True)
        if question.user_key:
            return await self._explainer.anomaly(self._latest_of(question.user_key), asked=True)
        if not question.features:
            raise Problem(400, "Nothing to explain", "Expected features, a vector_id or a user_key; all are empty.")
        return await self._explainer.features(dict(question.features), self._scorer(question))

    def _seen(self, vector_id: str) -> detection_pb2.Anomaly:
        anomaly = self._history.vector(vector_id)
        if anomaly is None:
            raise Problem(404, "Unknown vector", f"No anomaly {vector_id[:100]!r} was seen lately.")
        return anomaly

    def _latest_of(self, user_key: str) -> detection_pb2.Anomaly:
        anomaly = self._history.user(user_key)
        if anomaly is None:
            raise Problem(404, "Nothing flagged", f"No anomaly of user {user_key[:100]!r} was seen lately.")
        return anomaly

    def _scorer(self, question: request_pb2.ExplainRequest) -> detection_pb2.ScorerReference:
        name = question.model_name or ANOMALY_DETECTION
        version = question.model_version or self._champions.version(name)
        if version is None and name != ANOMALY_DETECTION:
            raise Problem(404, "Unknown model", f"There is no model {name[:100]!r}; expected {ANOMALY_DETECTION!r}.")
        if version is None:
            raise Problem(503, "No model yet", f"No version of {name[:100]!r} was promoted yet; ask again later.")
        return detection_pb2.ScorerReference(model_name=name, model_version=version)
