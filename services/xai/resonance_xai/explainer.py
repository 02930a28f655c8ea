"""Explains with the model that an anomaly names; arithmetic runs in one thread, beside the event loop."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

from resonance_attribution.errors import EfficiencyViolated
from resonance_attribution.loaded import Loaded
from resonance_contracts.features import FEATURE_NAMES
from resonance_contracts.pb.resonance.v1 import detection_pb2, explanation_pb2
from resonance_runtime import metrics
from resonance_xai.anomalies import check, expected_of, scored
from resonance_xai.asked.columns import catalogue_columns
from resonance_xai.asked.rows import row_of
from resonance_xai.explain import explain
from resonance_xai.models import Models
from resonance_xai.questions import anomaly_of
from resonance_xai.remembered import Remembered

FEATURES: Final = frozenset(FEATURE_NAMES)


@dataclass(frozen=True, slots=True)
class Ready:
    """An anomaly, and the model that scored it as it expected what the anomaly says; None where none scored it."""

    anomaly: detection_pb2.Anomaly
    model: Loaded | None


class Explainer:
    """Anomalies and questions in, explanations out.

    `thread` must have one worker: the memory of attributions is used from there alone.
    """

    def __init__(self, models: Models, thread: ThreadPoolExecutor, cache_size: int) -> None:
        self._models = models
        self._thread = thread
        self._attribute = Remembered(cache_size)

    async def anomaly(
        self, anomaly: detection_pb2.Anomaly, *, brief: bool = False, asked: bool = False
    ) -> explanation_pb2.Explanation:
        """Explains an anomaly, in brief or in full, unasked or asked; see `explain`.

        Raises:
            MalformedAnomaly, EfficiencyViolated: As `explain`.
            Unavailable: The model that scored it cannot be had now.
        """
        ready = await self.ready(anomaly)
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._explain, ready, brief, asked)

    async def ready(self, anomaly: detection_pb2.Anomaly) -> Ready:
        """An anomaly with all that it takes to explain it.

        Raises:
            MalformedAnomaly: It can never be explained.
            Unavailable: The model that scored it cannot be had now.
        """
        check(anomaly)
        if not scored(anomaly):
            return Ready(anomaly, None)
        loaded = await self._models.get(anomaly.scorer.model_name, anomaly.scorer.model_version)
        return Ready(anomaly, loaded.expecting(expected_of(anomaly)))

    async def explained(
        self, some: Sequence[Ready], *, brief: bool = False
    ) -> list[explanation_pb2.Explanation | EfficiencyViolated]:
        """Explains some, in their order, or says that one does not add up. Whoever asks meanwhile waits for them."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._explain_all, some, brief)

    def forget(self, _user_key: str) -> None:
        """A person was erased. The memory does not say whose vectors are in it, so all of them go."""
        self._thread.submit(self._attribute.clear)

    async def features(
        self, given: dict[str, float], scorer: detection_pb2.ScorerReference
    ) -> explanation_pb2.Explanation:
        """Explains a vector that somebody asks about; features that are not given are those of the reference.

        Raises:
            WrongQuestion: No vector can have these features.
            MalformedAnomaly: There can be no such version.
            Unavailable: The model cannot be had now.
        """
        model = await self._models.get(scorer.model_name, scorer.model_version)
        vector = row_of(given, catalogue_columns(), model.reference)
        score = float(model.score(vector[None, :])[0])
        asked = anomaly_of(vector, scorer, score, model.tail_probability(score), model.confidence(vector))
        return await self.anomaly(asked, asked=True)

    def _explain_all(
        self, some: Sequence[Ready], brief: bool
    ) -> list[explanation_pb2.Explanation | EfficiencyViolated]:
        told: list[explanation_pb2.Explanation | EfficiencyViolated] = []
        for one in some:
            try:
                told.append(self._explain(one, brief, asked=False))
            except EfficiencyViolated as error:
                told.append(error)
        return told

    def _explain(self, ready: Ready, brief: bool, asked: bool) -> explanation_pb2.Explanation:
        started = time.perf_counter()
        try:
            told = explain(ready.anomaly, ready.model, self._attribute, brief=brief, asked=asked)
        except EfficiencyViolated:
            metrics.XAI_CHECKS_FAILED.labels(check="efficiency").inc()
            raise
        for check_ in told.checks_failed:
            metrics.XAI_CHECKS_FAILED.labels(check=check_).inc()
        for part in told.skipped:
            metrics.XAI_SKIPPED.labels(part=part).inc()
        _count_carriers(told)
        metrics.XAI_EXPLANATIONS.labels(method=told.method).inc()
        metrics.XAI_EXPLANATION_SECONDS.labels(method=told.method).observe(time.perf_counter() - started)
        return told


def _count_carriers(told: explanation_pb2.Explanation) -> None:
    """Counts each feature by its share of all attributions."""
    whole = math.fsum(abs(one.attribution) for one in told.attributions)
    if whole > 0 and math.isfinite(whole):
        for one in told.attributions:
            if one.feature in FEATURES:
                metrics.XAI_IMPORTANCE.labels(feature=one.feature).inc(abs(one.attribution) / whole)
