"""Answers questions that come by topic: every question gets an explanation or a problem (RFC 9457)."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from math import inf

from resonance_attribution.deadline import Deadline
from resonance_attribution.errors import EfficiencyViolated
from resonance_contracts.pb.resonance.v1 import detection_pb2, explanation_pb2, request_pb2
from resonance_modeling.artifact import ANOMALY_DETECTION
from resonance_runtime.errors import Problem
from resonance_runtime.records import DEADLINE_MS, Outgoing, Record
from resonance_runtime.requests import expired, reply
from resonance_runtime.spans.handled import within
from resonance_runtime.wall_clock import SHARED
from resonance_xai.anomalies import scored
from resonance_xai.asked.methods import Method, Wanted, check_enabled
from resonance_xai.beside import Beside
from resonance_xai.cases import Cases
from resonance_xai.champions import Champions
from resonance_xai.explainer import Explainer
from resonance_xai.problems import problem_of
from resonance_xai.replies import fill, leave_open, leave_out, plots_of
from resonance_xai.wanted import wanted_of

log = logging.getLogger(__name__)

SendAll = Callable[[Sequence[Outgoing]], Awaitable[None]]

TRAVEL_S = 0.1
"""An answer sets out so long before nobody waits for it any more."""


class Answers:
    """What is asked: by features, by vector, or by user.

    Args:
        explainer: Explains vectors.
        champions: What is in force.
        cases: Vectors that were flagged.
        beside: Finds out what is asked for beside Shapley values.
        enabled: Methods that may be asked for.
        send_all: Sends answers.
    """

    def __init__(
        self,
        explainer: Explainer,
        champions: Champions,
        cases: Cases,
        beside: Beside,
        enabled: frozenset[Method],
        send_all: SendAll,
    ) -> None:
        self._explainer = explainer
        self._champions = champions
        self._cases = cases
        self._beside = beside
        self._enabled = enabled
        self._send_all = send_all

    async def handle(self, records: Sequence[Record[request_pb2.ExplainRequest]]) -> None:
        """Answers questions whose deadline has not passed, each as soon as its answer is there."""
        outcomes = await asyncio.gather(*(self._handle(record) for record in records), return_exceptions=True)
        for outcome in outcomes:
            if outcome is not None:
                raise outcome

    async def _handle(self, record: Record[request_pb2.ExplainRequest]) -> None:
        if not expired(record):
            left = SHARED.left_s(int(record.headers[DEADLINE_MS])) - TRAVEL_S
            with within(record):
                await self._send_all(reply(record, await self.answer(record.value, left)))

    async def answer(
        self, question: request_pb2.ExplainRequest, left_s: float = inf
    ) -> request_pb2.ExplainReply | Problem:
        """The explanation, or why there is none. Somebody waits: what is down is said, not waited for.

        Args:
            question: The question.
            left_s: How long somebody waits, seconds.
        """
        try:
            wanted = wanted_of(question)
            deadline = Deadline(min(left_s, question.deadline_ms / 1000 or inf))
            check_enabled((Method.SHAP, *wanted.methods), self._enabled)
            told = await self._explain(question)
            return await self._with_more(request_pb2.ExplainReply(explanation=told), wanted, deadline)
        except Exception as error:
            if isinstance(error, EfficiencyViolated):
                log.error("an explanation failed a check", extra={"reason": str(error)})
            problem = problem_of(error)
            if problem is None:
                raise
            return problem

    async def _with_more(
        self, answer: request_pb2.ExplainReply, wanted: Wanted, deadline: Deadline
    ) -> request_pb2.ExplainReply:
        if not wanted.methods:
            return answer
        if not scored(answer.explanation.anomaly):
            # There is no model that a line could be fitted to, or that could say of another vector that it is ordinary.
            if Method.COUNTERFACTUAL in wanted.methods:
                leave_open(answer, wanted.language)
            if Method.PLOTS in wanted.methods:
                pictures = await self._beside.draw(answer.explanation, wanted, deadline)
                if pictures is None:
                    leave_out(answer, [Method.PLOTS], wanted.language)
                answer.plots.extend(plots_of(pictures or {}))
            return answer
        found = await self._beside.find(answer.explanation, wanted, deadline)
        if found is None:
            leave_out(answer, wanted.methods, wanted.language)
        else:
            fill(answer, found, wanted.language)
        return answer

    async def _explain(self, question: request_pb2.ExplainRequest) -> explanation_pb2.Explanation:
        if question.vector_id:
            return await self._explainer.anomaly(self._cases.vector(question.vector_id), asked=True)
        if question.user_key:
            return await self._explainer.anomaly(self._cases.user(question.user_key), asked=True)
        if not question.features:
            raise Problem(400, "Nothing to explain", "Expected features, a vector_id or a user_key; all are empty.")
        return await self._explainer.features(dict(question.features), self._scorer(question))

    def _scorer(self, question: request_pb2.ExplainRequest) -> detection_pb2.ScorerReference:
        name = question.model_name or ANOMALY_DETECTION
        version = question.model_version or self._champions.version(name)
        if version is None and name != ANOMALY_DETECTION:
            raise Problem(404, "Unknown model", f"There is no model {name[:100]!r}; expected {ANOMALY_DETECTION!r}.")
        if version is None:
            raise Problem(503, "No model yet", f"No version of {name[:100]!r} was promoted yet; ask again later.")
        return detection_pb2.ScorerReference(model_name=name, model_version=version)
