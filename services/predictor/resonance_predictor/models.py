"""Versions of the model: fetched from the registry, kept loaded while they may be needed."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from typing import Final, Protocol

from resonance_contracts.pb.resonance.v1.model_pb2 import ModelPromoted
from resonance_modeling.artifact import ANOMALY_DETECTION, Artifact
from resonance_modeling.errors import ModelingError
from resonance_modeling.scorer import EnsembleScorer
from resonance_predictor.ensemble import Ensemble
from resonance_predictor.scorer import ModelVersion
from resonance_runtime.health import Health
from resonance_runtime.records import Record

log = logging.getLogger(__name__)

CHAMPION: Final = "champion"
NO_MODEL: Final = "No model was promoted yet: rules and baselines alone."
REFUSED: Final = "model refused"
"""The detail of health that names the version that is promoted and cannot be used, while that is so."""
LOADED_AT_ONCE: Final = 4


class ArtifactSource(Protocol):
    """What is needed of the registry."""

    async def get(self, model_name: str, version: str) -> Artifact:
        """An artifact; errors as those of `resonance_modeling.registry.Registry.get`."""


class Models:
    """The champion, and the versions used last.

    Attributes:
        champion: The newest promoted version that could be loaded; None before the first.
        changed: Set when the champion changed.
    """

    def __init__(self, registry: ArtifactSource, health: Health) -> None:
        self._registry = registry
        self._health = health
        self._loaded: dict[ModelVersion, Ensemble] = {}
        self._revision = 0
        self._refused: ModelPromoted | None = None
        self._taking = asyncio.Lock()
        self.champion: Ensemble | None = None
        self.changed = asyncio.Event()
        health.degraded("model", NO_MODEL)

    @property
    def loaded(self) -> Sequence[Ensemble]:
        """Every version that is loaded, the champion first."""
        others = [one for one in self._loaded.values() if one is not self.champion]
        return others if self.champion is None else [self.champion, *others]

    async def handle(self, records: Sequence[Record[ModelPromoted]]) -> None:
        """Take promotions in, oldest first; one that came before changes nothing.

        Raises:
            Unavailable: The store does not answer.
        """
        for record in records:
            async with self._taking:
                await self._take(record.value)

    async def retry(self) -> None:
        """Tries once more what was promoted last, if it was refused; errors as `handle`."""
        async with self._taking:
            if self._refused is not None:
                await self._take(self._refused)

    async def get(self, version: ModelVersion) -> Ensemble:
        """A version.

        Raises:
            ModelingError: The registry does not hold it, or this service cannot use it.
            Unavailable: The store does not answer.
        """
        known = self._loaded.pop(version, None)
        if known is None:
            artifact = await self._registry.get(version.name, version.version)
            known = Ensemble(await asyncio.to_thread(EnsembleScorer, artifact))
        self._loaded[version] = known
        while len(self._loaded) > LOADED_AT_ONCE:
            del self._loaded[next(iter(self._loaded))]
        return known

    async def _take(self, promotion: ModelPromoted) -> None:
        wanted = promotion.alias == CHAMPION and promotion.model_name == ANOMALY_DETECTION
        # One that was refused is the newest all the same, and what came before it stays in the past.
        older = self._refused is not None and promotion.revision < self._refused.revision
        if not wanted or older or promotion.revision <= self._revision:
            return
        version = ModelVersion(promotion.model_name, promotion.model_version)
        try:
            self.champion = await self.get(version)
        except ModelingError as error:
            self._refuse(promotion, f"The promoted model cannot be used, the one before it stays: {error}")
            return
        self._revision, self._refused = promotion.revision, None
        self._health.details.pop(REFUSED, None)
        self._health.details["model"] = f"{version.name} {version.version}"
        self._health.clear("model")
        self.changed.set()

    def _refuse(self, promotion: ModelPromoted, reason: str) -> None:
        if reason != self._health.degradations().get("model"):
            log.error("a promoted model is refused", extra={"version": promotion.model_version, "reason": reason})
        self._refused = promotion
        self._health.details[REFUSED] = promotion.model_version
        self._health.degraded("model", reason)
