"""Asks xai for explanations, unless the gateway has already read the one that is asked for."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from typing import Final, Protocol, TypeVar

from google.protobuf.message import Message

from resonance_contracts.pb.resonance.v1 import explanation_pb2, request_pb2
from resonance_contracts.topics import EXPLANATIONS_REQUESTED, Topic
from resonance_gateway.news.language import Language
from resonance_gateway.news.recent import Recent
from resonance_gateway.people.pseudonyms import Pseudonyms
from resonance_gateway.rest.beside_models import Method, Wants
from resonance_gateway.rest.models import ExplainAnomaly, ExplainPrediction
from resonance_narration import tell_trust
from resonance_runtime.errors import Problem
from resonance_runtime.requests import Ended

M = TypeVar("M", bound=Message)
P = TypeVar("P", bound=Message)

_WORKED: Final = 0.75
"""Share of the longest wait that xai may work."""

_TRAVEL_S: Final = 1.0
"""What a question and its answer may take on their way, where somebody gives a deadline of their own."""


class Asks(Protocol):
    """The part of the runtime's requester that is needed here."""

    async def ask(self, topic: Topic, question: Message, answer: type[M], timeout_s: float) -> M:
        """Asks and waits; raises Problem, 504 where no answer came in time."""

    def pieces(
        self, topic: Topic, question: Message, piece: type[P], answer: type[M], timeout_s: float
    ) -> AsyncGenerator[P | Ended[M], None]:
        """Asks, and gives the pieces that come before the answer, and the answer last; raises Problem."""


class Explainer:
    """Answers questions about predictions and anomalies.

    Args:
        requester: Asks over topics.
        recent: Explanations that were read already.
        pseudonyms: Turns user ids into keys.
        timeout_s: Longest wait for an answer, where whoever asks gives no longer deadline.
    """

    def __init__(self, requester: Asks, recent: Recent, pseudonyms: Pseudonyms, timeout_s: float) -> None:
        self._requester = requester
        self._recent = recent
        self._pseudonyms = pseudonyms
        self._timeout_s = timeout_s

    async def prediction(self, asked: ExplainPrediction, language: Language) -> request_pb2.ExplainReply:
        """Why a model says what it says of some feature values; raises Problem."""
        question = request_pb2.ExplainRequest(
            model_name=asked.model_name, model_version=asked.model_version, features=asked.features
        )
        return await self._ask(question, asked, language)

    async def anomaly(self, asked: ExplainAnomaly, language: Language) -> request_pb2.ExplainReply:
        """Why the latest vector of a user, or the one that opened an incident, is an anomaly.

        An explanation that was read already is the answer where nothing else is wanted, or can be had. What was
        explained in brief is asked about, for all of it; where that fails, what was read is the answer, and says what
        is missing.

        Raises:
            Problem: 404, no such incident or no anomaly of that user; 504, no answer in time.
        """
        vector_id, question = self._by_alert(asked.alert_id) if asked.alert_id else self._by_user(asked.user_id)
        known = self._recent.explanations.get(vector_id)
        missing = [] if known is None else _to_be_had(known, asked)
        if known is not None and not known.skipped and not missing:
            return request_pb2.ExplainReply(explanation=known)
        try:
            return await self._ask(question, asked, language)
        except Problem:
            if known is None:
                raise
            return _without(known, missing, language)

    def _by_alert(self, alert_id: str) -> tuple[str, request_pb2.ExplainRequest]:
        vector_id = self._recent.vector_that_opened(alert_id)
        if vector_id is None:
            raise Problem(
                404,
                "No such incident",
                f"The gateway remembers no incident {alert_id!r}; expected the alert_id of one of `GET /ws/alerts`, or "
                "in `opened` or `held_back` of one of `GET /ml/anomalies/recent`.",
            )
        return vector_id, request_pb2.ExplainRequest(vector_id=vector_id)

    def _by_user(self, user: str) -> tuple[str, request_pb2.ExplainRequest]:
        user_key = self._pseudonyms.of_person(user)
        anomaly = self._recent.anomaly_of(user_key)
        vector_id = "" if anomaly is None else anomaly.vector_id
        return vector_id, request_pb2.ExplainRequest(user_key=user_key)

    async def _ask(
        self, question: request_pb2.ExplainRequest, wants: Wants, language: Language
    ) -> request_pb2.ExplainReply:
        timeout_s, deadline_s = self._timeout_s, self._timeout_s * _WORKED
        if wants.deadline_ms is not None:
            deadline_s = wants.deadline_ms / 1000
            timeout_s = max(timeout_s, deadline_s + _TRAVEL_S)
        question.methods.extend(wants.beside)
        question.formats.extend(dict.fromkeys(wants.formats))
        question.language = language
        question.deadline_ms = max(1, round(1000 * deadline_s))
        return await self._requester.ask(EXPLANATIONS_REQUESTED, question, request_pb2.ExplainReply, timeout_s)


def _to_be_had(known: explanation_pb2.Explanation, wants: Wants) -> list[Method]:
    """What is wanted beside an explanation, and can be had: of what no model scored, only pictures."""
    scored = bool(known.scorer.model_version)
    return [method for method in wants.beside if scored or method is Method.PLOTS]


def _without(
    known: explanation_pb2.Explanation, missing: Sequence[Method], language: Language
) -> request_pb2.ExplainReply:
    """An explanation that was read already, which says what is missing."""
    reply = request_pb2.ExplainReply(explanation=known, unfinished=missing)
    for text in reply.explanation.texts:
        if text.language == language and missing:
            text.natural = f"{text.natural} {tell_trust(language, cut_short=missing)}"
    return reply
