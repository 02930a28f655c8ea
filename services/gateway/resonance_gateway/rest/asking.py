"""Asks xai for explanations, unless the gateway has already read the one that is asked for."""

from __future__ import annotations

from typing import Protocol, TypeVar

from google.protobuf.message import Message

from resonance_contracts.pb.resonance.v1 import explanation_pb2, request_pb2
from resonance_contracts.topics import EXPLANATIONS_REQUESTED, Topic
from resonance_gateway.news.recent import Recent
from resonance_gateway.people.pseudonyms import Pseudonyms, is_user_key
from resonance_gateway.rest.models import ExplainAnomaly, ExplainPrediction
from resonance_runtime.errors import Problem

M = TypeVar("M", bound=Message)


class Asks(Protocol):
    """The part of the runtime's requester that is needed here."""

    async def ask(self, topic: Topic, question: Message, answer: type[M], timeout_s: float) -> M:
        """Asks and waits; raises Problem, 504 where no answer came in time."""


class Explainer:
    """Answers questions about predictions and anomalies.

    Args:
        requester: Asks over topics.
        recent: Explanations that were read already.
        pseudonyms: Turns user ids into keys.
        timeout_s: Longest wait for an answer.
    """

    def __init__(self, requester: Asks, recent: Recent, pseudonyms: Pseudonyms, timeout_s: float) -> None:
        self._requester = requester
        self._recent = recent
        self._pseudonyms = pseudonyms
        self._timeout_s = timeout_s

    async def prediction(self, asked: ExplainPrediction) -> explanation_pb2.Explanation:
        """Why a model says what it says of some feature values; raises Problem."""
        return await self._ask(
            request_pb2.ExplainRequest(
                model_name=asked.model_name, model_version=asked.model_version, features=asked.features
            )
        )

    async def anomaly(self, asked: ExplainAnomaly) -> explanation_pb2.Explanation:
        """Why the latest vector of a user, or the one that opened an incident, is an anomaly.

        What was explained in brief is asked about, for all of it; it is the answer where that fails.

        Raises:
            Problem: 404, no such incident or no anomaly of that user; 504, no answer in time.
        """
        if asked.alert_id:
            vector_id, question = self._by_alert(asked.alert_id)
        else:
            vector_id, question = self._by_user(asked.user_id)
        known = self._recent.explanations.get(vector_id)
        if known is not None and not known.skipped:
            return known
        try:
            return await self._ask(question)
        except Problem:
            if known is None:
                raise
            return known

    def _by_alert(self, alert_id: str) -> tuple[str, request_pb2.ExplainRequest]:
        alert = self._recent.alerts.get(alert_id)
        if alert is None:
            raise Problem(404, "No such incident", f"The gateway remembers no incident {alert_id!r}.")
        return alert.vector_id, request_pb2.ExplainRequest(vector_id=alert.vector_id)

    def _by_user(self, user: str) -> tuple[str, request_pb2.ExplainRequest]:
        user_key = user if is_user_key(user) else self._pseudonyms.user(user)
        anomaly = self._recent.anomaly_of(user_key)
        vector_id = "" if anomaly is None else anomaly.vector_id
        return vector_id, request_pb2.ExplainRequest(user_key=user_key)

    async def _ask(self, question: request_pb2.ExplainRequest) -> explanation_pb2.Explanation:
        answer = await self._requester.ask(EXPLANATIONS_REQUESTED, question, request_pb2.ExplainReply, self._timeout_s)
        return answer.explanation
