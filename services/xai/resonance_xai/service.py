"""The shell: two loops, three readers, one thread for arithmetic."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from resonance_contracts.topics import ANOMALIES_DETECTED, EXPLANATIONS_REQUESTED, MODELS_PROMOTED, Service
from resonance_modeling.registry import Registry
from resonance_modeling.signing_settings import trust_said
from resonance_runtime.erasures import Erasures
from resonance_runtime.loop import RecordLoop
from resonance_runtime.objects import ObjectStore
from resonance_runtime.service import Component, Runtime, run
from resonance_runtime.tables import TopicReader
from resonance_xai.ahead import Ahead
from resonance_xai.answers import Answers
from resonance_xai.beside import Beside
from resonance_xai.cases import Cases
from resonance_xai.champions import Champions
from resonance_xai.explainer import Explainer
from resonance_xai.history import History
from resonance_xai.line import FULL, Patience
from resonance_xai.models import Models
from resonance_xai.rest.served_shelf import ServedShelf
from resonance_xai.rest.service import asked_over_http, enabled
from resonance_xai.rest.workshop import Workshop
from resonance_xai.settings import XaiSettings
from resonance_xai.stream import Stream

MOST_PARTITIONS: Final = 256
"""Batches in work together: one of each partition, so that all of them stand in line."""

HISTORY_WAITS_S: Final = 10.0
"""How long the past is not read for questions while the stream explains what waited for it."""

QUESTIONS: Final = 16
"""Questions of a partition that are answered side by side: a quick one does not wait for a long one."""


class Arithmetic:
    """The thread that explanations are computed in."""

    def __init__(self) -> None:
        self.thread = ThreadPoolExecutor(1, thread_name_prefix="explain")

    async def start(self) -> None:
        """It starts itself when there is work."""

    async def stop(self) -> None:
        """Waits for the work in hand."""
        await asyncio.to_thread(self.thread.shutdown)


def build(runtime: Runtime[XaiSettings]) -> Sequence[Component]:
    """The parts of the service.

    Raises:
        SettingsError: There is no public key where there should be one.
    """
    settings, send_all = runtime.settings, runtime.publisher.send_all
    objects, arithmetic = ObjectStore(settings), Arithmetic()
    verifier = settings.verifier()
    runtime.health.details["signatures"] = trust_said(verifier)
    registry = Registry(objects, verifier=verifier)
    models = Models(registry, arithmetic.thread)
    explainer = Explainer(models, arithmetic.thread, settings.cache_size)
    erasures = Erasures(explainer.forget)
    champions, history = Champions(runtime.health), History(settings.history_size, erasures)
    patience = Patience(waited_s=settings.brief_after_s, since_s=time.time())
    workshop = Workshop()
    shelf = ServedShelf(models, registry, champions, workshop)
    stream = RecordLoop(
        runtime,
        group=f"{Service.XAI}.anomalies",
        topics=[ANOMALIES_DETECTED],
        handle=Stream(explainer, send_all, erasures, patience).handle,
        max_batch=FULL,
        concurrency=MOST_PARTITIONS,
    )
    # Questions reach any replica, so each one looks at all anomalies, not only at those it explains.
    past = TopicReader(
        runtime,
        [ANOMALIES_DETECTED],
        history.handle,
        from_start=True,
        name="history",
        after=lambda: stream.caught_up(HISTORY_WAITS_S),
    )
    cases = Cases(history, past.caught_up.is_set)
    answers = Answers(explainer, champions, cases, Beside(shelf, workshop), enabled(settings), send_all)
    asked = asked_over_http(runtime, shelf, workshop, cases, explainer, erasures)
    return [
        objects,
        arithmetic,
        Ahead(runtime, registry, models),
        # Before all that is there for questions: who died comes back to what waits.
        erasures.reader(runtime),
        stream,
        RecordLoop(
            runtime,
            group=f"{Service.XAI}.questions",
            topics=[EXPLANATIONS_REQUESTED],
            handle=answers.handle,
            max_batch=QUESTIONS,
        ),
        *asked,
        TopicReader(runtime, [MODELS_PROMOTED], champions.handle, from_start=True, name="promotions"),
        past,
    ]


def main() -> None:
    """Runs xai until it is asked to stop."""
    run(Service.XAI, XaiSettings, build)
