"""Explained alerts, and a provider that takes the same time for each, in process."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from math import nan
from typing import Final

import httpx2

from resonance_contracts.features import CATALOGUE_VERSION, FEATURE_NAMES, INDEX
from resonance_contracts.pb.resonance.v1 import detection_pb2, explanation_pb2
from resonance_llm_orchestrator.drafts import Draft, of_explanation
from resonance_llm_orchestrator.providers.openai_provider import OpenAIProvider
from resonance_llm_orchestrator.providers.provider import Completion, Prompt
from tests.support.llm_server import OPENAI, WORDS, completion

OPENED_US: Final = 1_795_269_905_000_000
MODEL: Final = "gpt-5.4-mini"
ADDRESS: Final = "http://provider.test/v1"


def explained(number: int) -> explanation_pb2.Explanation:
    """A flood of one user, with three features that explain it."""
    user = f"u_{number:026d}"
    finding = detection_pb2.Finding(
        detector=detection_pb2.DETECTOR_RULE,
        kind="message_flood",
        severity=detection_pb2.SEVERITY_HIGH,
        features=["messages_per_minute"],
        observed=187.0,
        threshold=100.0,
    )
    alert = detection_pb2.Alert(
        alert_id=f"alert-{number}",
        revision=1,
        state=detection_pb2.ALERT_STATE_OPEN,
        user_key=user,
        stream="live",
        kind="message_flood",
        severity=detection_pb2.SEVERITY_HIGH,
        detector=detection_pb2.DETECTOR_RULE,
        vector_id=f"vector-{number}",
        opened_us=OPENED_US,
        last_seen_us=OPENED_US,
        vectors=1,
        finding=finding,
    )
    values = [0.0] * len(FEATURE_NAMES)
    values[INDEX["messages_per_minute"]] = 187.0
    anomaly = detection_pb2.Anomaly(
        vector_id=f"vector-{number}",
        user_key=user,
        stream="live",
        end_us=OPENED_US,
        catalogue_version=CATALOGUE_VERSION,
        values=values,
        baseline=[detection_pb2.FeatureBaseline(mean=12.5, spread=3.25) for _ in FEATURE_NAMES],
        baseline_weight=240,
        score=nan,
        tail_probability=nan,
        opened=[alert],
        alert_ids=[alert.alert_id],
    )
    attributions = [
        explanation_pb2.FeatureAttribution(feature=name, value=value, reference=12.5, attribution=share)
        for name, value, share in (
            ("messages_per_minute", 187.0, 0.875),
            ("error_rate", 0.25, 0.0625),
            ("burstiness_score", 0.5, 0.03125),
        )
    ]
    return explanation_pb2.Explanation(
        vector_id=anomaly.vector_id,
        user_key=user,
        stream="live",
        method="rule",
        unit=explanation_pb2.ATTRIBUTION_UNIT_DEVIATIONS,
        reference="user",
        attributions=attributions,
        anomaly=anomaly,
    )


def draft(number: int) -> Draft:
    """The alert of it."""
    (one,) = of_explanation(explained(number))
    return one


class FixedTime(httpx2.AsyncBaseTransport):
    """Answers every request well, after the same time.

    Args:
        seconds: That time.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._body = json.dumps(completion(OPENAI, json.dumps(WORDS, ensure_ascii=False))).encode()

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """See httpx2."""
        await request.aread()
        await asyncio.sleep(self._seconds)
        return httpx2.Response(200, headers={"content-type": "application/json"}, content=self._body)


class Timed:
    """A provider whose own time is known afterwards, by the task that asked it."""

    name: Final = OPENAI
    model: Final = MODEL
    max_tokens: Final = 2000

    def __init__(self, seconds: float) -> None:
        client = httpx2.AsyncClient(transport=FixedTime(seconds))
        self._provider = OpenAIProvider("k", MODEL, ADDRESS, self.max_tokens, 0.3, http_client=client)
        self._own: dict[asyncio.Task[object] | None, float] = {}

    async def complete(self, prompt: Prompt, deadline: float) -> Completion:
        """See `Provider.complete`."""
        started = time.perf_counter()  # the loop's clock stands still within one of its turns
        try:
            return await self._provider.complete(prompt, deadline)
        finally:
            self._own[asyncio.current_task()] = time.perf_counter() - started

    def stream(self, prompt: Prompt, deadline: float) -> AsyncIterator[str | Completion]:
        """See `Provider.stream`."""
        return self._provider.stream(prompt, deadline)

    async def close(self) -> None:
        """See `Provider.close`."""
        await self._provider.close()

    def own(self) -> float:
        """Seconds that the last request of this task took, its SDK included."""
        return self._own.pop(asyncio.current_task())
