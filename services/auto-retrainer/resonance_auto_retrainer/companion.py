"""A model beside the anomaly model: trained when there is enough to learn from, stored and promoted.

It tells nobody anything by itself, so it is the champion at once, if by its own figures it is no worse than the one
before. It never holds the anomaly model up: it has looks of its own, and what fails here is said and tried again later.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Final, Protocol

from resonance_auto_retrainer.clocks import Clocks
from resonance_auto_retrainer.errors import ExportRefused
from resonance_auto_retrainer.levels import level_of
from resonance_auto_retrainer.made import Made
from resonance_auto_retrainer.policy import Champion
from resonance_auto_retrainer.progress import Training, Trigger
from resonance_auto_retrainer.promoter import Promoter, Publish
from resonance_auto_retrainer.telling import Abandoned
from resonance_auto_retrainer.trainings import Trainings, Work
from resonance_modeling.artifact import DataWindow, Manifest
from resonance_modeling.errors import ModelingError, PromotionConflict
from resonance_modeling.registry import Registry
from resonance_runtime import metrics
from resonance_runtime.errors import Unavailable

log = logging.getLogger(__name__)

LOOK_S: Final = 5.0
"""Seconds between looks."""

RETRY_S: Final = 60.0
"""Seconds between a training that came to nothing and the next look."""
WORSE_S: Final = 3600.0
"""Seconds between one that gave a worse version and the next look: little is known more in less."""


class Recipe(Protocol):
    """How one model is made.

    Attributes:
        name: Of the model.
    """

    @property
    def name(self) -> str: ...

    def lacks(self) -> str:
        """What is missing for a training, a phrase; "" where nothing is."""

    def outgrown(self, window: DataWindow) -> bool:
        """Whether so much more is known than what a model was learned from that it is learned again at once."""

    def worse(self, figures: Mapping[str, float], champion: Mapping[str, float]) -> str:
        """Why a version is worse than the champion, from figures of both trainings, a sentence; "" where it is not."""

    def prepare(self) -> Work:
        """Copies what is to be learned from; the result trains, in another thread.

        What it gives raises:
            ExportRefused: The exported model does not say what the trained one does.
        """


class Companion:
    """Trains and promotes one model.

    Attributes:
        said: What it does or waits for, a sentence.
        promoter: Changes its alias; an operator may ask it to at any time.
        name: Of the model.
    """

    def __init__(
        self,
        recipe: Recipe,
        registry: Registry,
        publish: Publish,
        *,
        retrain_every_us: int,
        promoter: str,
        clocks: Clocks | None = None,
        trainings: Trainings | None = None,
    ) -> None:
        self.said = "The topics are being read."
        self.name = recipe.name
        self._recipe = recipe
        self._retrain_every_us = retrain_every_us
        self._clocks = clocks or Clocks()
        self.promoter = Promoter(recipe.name, registry, publish, promoter, self._clocks)
        self._retry_at = 0.0
        self._look_at = 0.0
        self._tried_us = 0
        self._trainings = trainings or Trainings(publish, self._clocks)
        self._trainings.offer(recipe.name, recipe.lacks)

    async def look(self) -> None:
        """One look; returns when whatever it led to is done. It costs milliseconds, so not every one is taken."""
        now = self._clocks.monotonic()
        if now < self._retry_at or (now < self._look_at and self._trainings.asked(self._recipe.name) is None):
            return
        self._look_at = now + LOOK_S
        try:
            await self.promoter.recover()
            if self._trainings.asked(self._recipe.name) is not None or self._due():
                await self._train()
        except (Unavailable, ModelingError) as fault:
            self._fail(fault)

    def _due(self) -> bool:
        champion, window = self.promoter.champion, self.promoter.window
        if champion is not None and champion.current:
            tried_us = max(champion.changed_us, self._tried_us)
            aged = 0 < self._retrain_every_us <= self._clocks.now_us() - tried_us
            kept = window is None or self.promoter.by_hand or not self._recipe.outgrown(window)
            if not aged and kept:
                self.said = f"Version {champion.version[:12]} is champion; no training is due."
                return False
        if lacks := self._recipe.lacks():
            self.said = f"Gathering {lacks}."
            return False
        return True

    async def _why_not(self, manifest: Manifest) -> str:
        """Why a version is not to be promoted beside a champion; "" where it is."""
        if why := (await self.promoter.given_up()).get(manifest.model_version):
            return f"It was taken back: {why}"
        worse = self._recipe.worse(manifest.metrics, self.promoter.metrics)
        if worse:
            metrics.RETRAINER_GATES_FAILED.labels(gate=self._recipe.name).inc()
        return worse

    async def _train(self) -> None:
        """Trains what is due or was asked for; however it ends, it is told."""
        trigger = Trigger.FIRST if self.promoter.champion is None else Trigger.SCHEDULE
        training = self._trainings.begin(self._recipe.name, trigger)
        try:
            if lacks := self._recipe.lacks():
                await self._trainings.end(training, "refused", f"There is too little to learn from by now: {lacks}.")
                return
            self.said = "Training."
            await self._deploy(training, await self._trainings.run(training, self.said, self._recipe.prepare()))
        except ExportRefused as refusal:
            self._fail(refusal)
            await self._trainings.end(training, "refused", str(refusal))
        except (Unavailable, ModelingError, Abandoned) as fault:
            self._fail(fault)
            await self._trainings.end(training, "failed", str(fault))

    async def _deploy(self, training: Training, made: Made) -> None:
        manifest = await self.promoter.store(made)
        version, champion = manifest.model_version, self.promoter.champion
        self._tried_us = self._clocks.now_us()
        outcome, self.said = await self._promoted(training, manifest, champion)
        await self._trainings.end(training, outcome, self.said, version, manifest.metrics)
        log.info("a training ended", extra={"model": self._recipe.name, "outcome": outcome, "version": version})

    async def _promoted(self, training: Training, manifest: Manifest, champion: Champion | None) -> tuple[str, str]:
        """Outcome of a version that was stored, and a sentence."""
        version = manifest.model_version
        if champion is not None and champion.version == version:
            return "unchanged", f"Version {version[:12]} came out again, which is champion."
        if not training.auto_deploy:
            return "stored", f"Version {version[:12]} is stored, as it was asked for; the champion stays."
        if champion is not None and champion.current and (why := await self._why_not(manifest)):
            self._retry_at = self._clocks.monotonic() + WORSE_S
            log.warning("a version is not promoted", extra={"model": self._recipe.name, "reason": why})
            return "stored", f"Version {version[:12]} is stored and not promoted. {why}"
        try:
            change = await self.promoter.promote(version, f"from {manifest.data_window.vectors} vectors")
        except PromotionConflict as conflict:
            return "conflict", str(conflict)
        return "promoted", f"Version {version[:12]} is champion, revision {change.revision}."

    def _fail(self, fault: Exception) -> None:
        self.promoter.forget()
        self._retry_at = self._clocks.monotonic() + RETRY_S
        self.said = str(fault)
        log.log(level_of(fault), "a look failed", extra={"model": self._recipe.name, "reason": str(fault)})
