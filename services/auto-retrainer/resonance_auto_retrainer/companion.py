"""A model beside the anomaly model: trained when there is enough to learn from, stored and promoted.

It tells nobody anything by itself, so it is the champion at once, if by its own figures it is no worse than the one
before. It never holds the anomaly model up: it has looks of its own, and what fails here is said and tried again later.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from typing import Final, Protocol

from resonance_auto_retrainer.clocks import Clocks
from resonance_auto_retrainer.errors import ExportRefused
from resonance_auto_retrainer.promoter import Promoter, Publish
from resonance_modeling.artifact import Artifact, DataWindow, Manifest
from resonance_modeling.errors import ModelingError, PromotionConflict
from resonance_modeling.registry import Registry
from resonance_runtime import metrics
from resonance_runtime.errors import Unavailable

log = logging.getLogger(__name__)

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

    def prepare(self) -> Callable[[], Artifact]:
        """Copies what is to be learned from; the result trains, in another thread.

        What it gives raises:
            ExportRefused: The exported model does not say what the trained one does.
        """


class Companion:
    """Trains and promotes one model.

    Attributes:
        said: What it does or waits for, a sentence.
        promoter: Changes its alias; an operator may ask it to at any time.
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
    ) -> None:
        self.said = "The topics are being read."
        self._recipe = recipe
        self._retrain_every_us = retrain_every_us
        self._clocks = clocks or Clocks()
        self.promoter = Promoter(recipe.name, registry, publish, promoter, self._clocks)
        self._retry_at = 0.0

    async def look(self) -> None:
        """One look; returns when whatever it led to is done."""
        if self._clocks.monotonic() < self._retry_at:
            return
        try:
            await self.promoter.recover()
            if self._due():
                await self._train()
        except (Unavailable, ModelingError, ExportRefused) as fault:
            self.promoter.forget()
            self._retry_at = self._clocks.monotonic() + RETRY_S
            self.said = str(fault)
            log.warning("a look failed", extra={"model": self._recipe.name, "reason": str(fault)})

    def _due(self) -> bool:
        champion, window = self.promoter.champion, self.promoter.window
        if champion is not None and champion.current:
            aged = 0 < self._retrain_every_us <= self._clocks.now_us() - champion.changed_us
            if not aged and not (window is not None and self._recipe.outgrown(window)):
                self.said = f"Version {champion.version[:12]} is champion; no training is due."
                return False
        if lacks := self._recipe.lacks():
            self.said = f"Gathering {lacks}."
            return False
        return True

    async def _why_not(self, manifest: Manifest) -> str:
        """Why a version is not to be promoted; "" where it is."""
        champion = self.promoter.champion
        if champion is None or not champion.current:
            return ""
        if manifest.model_version == champion.version:
            return "It is the champion already."
        if why := (await self.promoter.given_up()).get(manifest.model_version):
            return f"It was taken back: {why}"
        worse = self._recipe.worse(manifest.metrics, self.promoter.metrics)
        if worse:
            metrics.RETRAINER_GATES_FAILED.labels(gate=self._recipe.name).inc()
        return worse

    async def _train(self) -> None:
        self.said = "Training."
        artifact = await asyncio.to_thread(self._recipe.prepare())
        manifest = await self.promoter.store(artifact)
        if why := await self._why_not(manifest):
            self._retry_at = self._clocks.monotonic() + WORSE_S
            self.said = f"Version {manifest.model_version[:12]} is stored and not promoted. {why}"
            log.warning("a version is not promoted", extra={"model": self._recipe.name, "reason": self.said})
            return
        try:
            change = await self.promoter.promote(manifest.model_version, f"from {manifest.data_window.vectors} vectors")
        except PromotionConflict as conflict:
            self.said = str(conflict)
            return
        self.said = f"Version {change.model_version[:12]} is champion, revision {change.revision}."
        log.info("a model was promoted", extra={"model": self._recipe.name, "version": change.model_version})
