"""The shell: topics, object store and HTTP around the retrainer."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from aiohttp import web

from resonance_auto_retrainer.companion import Companion
from resonance_auto_retrainer.drift import DriftWatch, Streams
from resonance_auto_retrainer.gathering import Gatherer
from resonance_auto_retrainer.operations import Operations, answering
from resonance_auto_retrainer.policy import MINUTE_US
from resonance_auto_retrainer.recipes import BehaviourRecipe, LoadRecipe
from resonance_auto_retrainer.retrainer import Retrainer
from resonance_auto_retrainer.settings import RetrainerSettings
from resonance_auto_retrainer.status import State
from resonance_auto_retrainer.training_routes import TrainingRoutes
from resonance_auto_retrainer.trainings import Trainings
from resonance_auto_retrainer.trials.observations import TOPICS, Observations
from resonance_auto_retrainer.window import VectorWindow
from resonance_contracts.features import WIDTH
from resonance_contracts.topics import ANOMALIES_DETECTED, FEATURES_COMPUTED, FEEDBACK_GIVEN
from resonance_modeling.artifact import ANOMALY_DETECTION
from resonance_modeling.registry import Registry
from resonance_modeling.signing_settings import trust_said
from resonance_runtime.objects import ObjectStore
from resonance_runtime.service import Component, Runtime
from resonance_runtime.tables import TopicReader

LOOK_S: Final = 0.5
"""Seconds between looks at the window."""


STOP_S: Final = 5.0
"""Seconds that a stop waits for a training that was given up; the process ends without it then, and nothing is lost:
an artifact is stored whole or not at all."""


class Retraining:
    """Reads vectors, flags, verdicts and what is said of versions from the beginning; looks at all twice a second.

    Attributes:
        operations: What it can be asked to do.
    """

    def __init__(self, runtime: Runtime[RetrainerSettings]) -> None:
        settings = runtime.settings
        self._runtime = runtime
        self._store = ObjectStore(settings)
        streams = Streams(settings.drift_block_min * MINUTE_US)
        gatherer = Gatherer(VectorWindow(settings.train_max_vectors, WIDTH), streams)
        self._policy = settings.policy
        verifier, signer = settings.verifier(), settings.signer()
        registry = Registry(self._store, verifier=verifier, signer=signer)
        runtime.health.details["signatures"] = trust_said(verifier)
        observations = Observations(gatherer.erasures)
        self._trainings = Trainings(runtime.publisher.send)
        self._routes = TrainingRoutes(self._trainings)
        self._companions = {
            recipe.name: Companion(
                recipe,
                registry,
                runtime.publisher.send,
                retrain_every_us=self._policy.retrain_every_us,
                promoter=settings.instance,
                trainings=self._trainings,
            )
            for recipe in (LoadRecipe(gatherer), BehaviourRecipe(gatherer, self._policy.min_span_us))
        }
        self._retrainer = Retrainer(
            gatherer,
            registry,
            runtime.publisher.send,
            self._policy,
            promoter=settings.instance,
            settle_s=settings.train_settle_s,
            drift=DriftWatch(streams, settings.drift),
            observations=observations,
            terms=settings.trials,
            trainings=self._trainings,
            search_s=settings.train_search_s,
        )
        promoters = {companion.name: companion.promoter for companion in self._companions.values()}
        self.operations = Operations(self._trainings, {ANOMALY_DETECTION: self._retrainer.promoter, **promoters})
        topics = [FEATURES_COMPUTED, ANOMALIES_DETECTED, FEEDBACK_GIVEN]
        self._reader = TopicReader(runtime, topics, gatherer.handle, from_start=True)
        self._watching = TopicReader(runtime, TOPICS, observations.handle, from_start=True, name="trials")
        self._erasures = gatherer.erasures.reader(runtime)
        self._stopping = asyncio.Event()
        self._looks: list[asyncio.Task[None]] = []
        runtime.routes += [web.get("/train", self._show), *self._routes.routes()]

    async def start(self) -> None:
        """Begins to read and to look; the champion that the registry knows is told again first."""
        await self._runtime.patiently("the store", self._store.start)
        await self._runtime.patiently("the store", self._retrainer.recover)
        await self._erasures.start()
        await self._reader.start()
        await self._watching.start()
        self._begin_looking()

    async def stop(self) -> None:
        """Gives up a training that is under way, which ends within seconds, then stops reading."""
        self._stopping.set()
        self._trainings.abandon()
        if self._looks:
            _, late = await asyncio.wait(self._looks, timeout=STOP_S)
            for looks in late:
                looks.cancel()
        await self._watching.stop()
        await self._reader.stop()
        await self._erasures.stop()
        await self._store.stop()

    def _begin_looking(self) -> None:
        """Each looks by itself: a training, which may take long, holds neither the others nor a trial up."""
        # Until everything was read, a vector may be there whose flag is not, and a decision may be on half of what was
        # seen.
        self._looks = [
            self._runtime.spawn("training", self._keep_looking(self._reader, self._look)),
            self._runtime.spawn("companions", self._keep_looking(self._reader, self._look_at_companions)),
            self._runtime.spawn("trials", self._keep_looking(self._watching, self._retrainer.trials.look)),
        ]

    async def _keep_looking(self, read: TopicReader, look: Callable[[], Awaitable[None]]) -> None:
        await self._first_of(self._erasures.caught_up)
        await self._first_of(read.caught_up)
        while not self._stopping.is_set():
            await look()
            self._report()
            await self._first_of(None)

    async def _look(self) -> None:
        await self._retrainer.look()
        await self._trainings.tell_again()

    async def _look_at_companions(self) -> None:
        # One after the other, and after the model that finds incidents: each takes a processor for itself.
        for companion in self._companions.values():
            if self._retrainer.status.state in (State.SETTLING, State.TRAINING):
                return
            await companion.look()

    async def _first_of(self, event: asyncio.Event | None) -> None:
        """Waits for the event, or LOOK_S without one; a stop ends either."""
        waits = [asyncio.create_task(self._stopping.wait())]
        if event is not None:
            waits.append(asyncio.create_task(event.wait()))
        try:
            await asyncio.wait(waits, timeout=LOOK_S if event is None else None, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()

    def _report(self) -> None:
        """Health and heartbeats say what is waited for."""
        status, health = self._retrainer.status, self._runtime.health
        health.details.update(status.details())
        health.details["drift"] = self._retrainer.drift.said
        health.details["trial"] = self._retrainer.trials.now.said
        health.details.update({name: companion.said for name, companion in self._companions.items()})
        if status.champion is None or not status.champion.current or status.state in (State.FAILED, State.REFUSED):
            health.degraded("training", status.reason)
        else:
            health.clear("training")

    async def _show(self, _: web.Request) -> web.Response:
        others = {name: companion.said for name, companion in self._companions.items()}
        drift, trial = self._retrainer.drift.as_json(), self._retrainer.trials.as_json()
        shown = {"drift": drift, "trial": trial, "others": others, "trainings": self._routes.shown()}
        return web.json_response(self._retrainer.status.as_json(self._policy) | shown)


def build(runtime: Runtime[RetrainerSettings]) -> Sequence[Component]:
    """The parts of the service."""
    retraining = Retraining(runtime)
    return [retraining, *answering(runtime, retraining.operations)]
