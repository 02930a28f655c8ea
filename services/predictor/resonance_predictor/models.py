"""Versions of the model: fetched from the registry, kept loaded while they may be needed.

The champion serves, a challenger serves some of the users in its place, a shadow is scored beside them; the champion
before the champion is kept, so that a rollback needs no store and a champion that fails has somebody to step in.
Without the champion there is no service as it should be, so its store is waited for. The others are fetched beside, and
done without until they are there: whatever is wrong with them or the store, the next promotion is taken in.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from typing import Final, Protocol

from resonance_contracts.pb.resonance.v1.model_pb2 import ModelPromoted
from resonance_modeling.artifact import ANOMALY_DETECTION, Artifact
from resonance_modeling.errors import ModelingError
from resonance_modeling.faults import unusable
from resonance_modeling.scorer import EnsembleScorer
from resonance_predictor.ensemble import Ensemble
from resonance_predictor.refusals import Refusals
from resonance_predictor.scorer import ModelVersion, Scorer, model_of
from resonance_predictor.terms import Others
from resonance_runtime import metrics
from resonance_runtime.errors import Unavailable
from resonance_runtime.health import Health
from resonance_runtime.records import Record

log = logging.getLogger(__name__)

CHAMPION: Final = "champion"
CHALLENGER: Final = "challenger"
SHADOW: Final = "shadow"
FORMER: Final = "former"
"""The champion before the champion: no alias of the registry, but needed like one."""

PART: Final = "model"
"""Of the health, that speaks of the champion."""

WAITED_FOR: Final = "waited for"
NO_MODEL: Final = "No model was promoted yet: rules and baselines alone."
LOADED_AT_ONCE: Final = 6
"""The four that are in use, and others that partitions may go by until their next snapshot."""


class ArtifactSource(Protocol):
    """What is needed of the registry."""

    async def get(self, model_name: str, version: str) -> Artifact:
        """An artifact; errors as those of `resonance_modeling.registry.Registry.get`."""


class Models:
    """The champion, the versions beside it, and those used last.

    Attributes:
        champion: The newest promoted version that could be loaded; None before the first.
        changed: Set when the champion, or a version beside it, changed.
        missing: Set when a version beside it is to be fetched: see `catch_up`.
    """

    def __init__(self, registry: ArtifactSource, health: Health) -> None:
        self._registry = registry
        self._health = health
        self._loaded: dict[ModelVersion, Ensemble] = {}
        self._revisions: dict[str, int] = {}
        self._share = 0.0
        self._beside: dict[str, Ensemble | None] = {}
        self._waiting: dict[str, ModelVersion] = {}
        self._refusals = Refusals(health)
        self._taking = asyncio.Lock()
        self.champion: Ensemble | None = None
        self.changed = asyncio.Event()
        self.missing = asyncio.Event()
        health.degraded(PART, NO_MODEL)

    @property
    def loaded(self) -> Sequence[Ensemble]:
        """Every version that is loaded, the champion first."""
        others = [one for one in self._loaded.values() if one is not self.champion]
        return others if self.champion is None else [self.champion, *others]

    @property
    def former(self) -> Ensemble | None:
        """The champion before the champion; None where there is none that could be loaded."""
        return self._beside.get(FORMER)

    @property
    def aliases(self) -> Mapping[str, str]:
        """Version by alias, of those that name one that could be loaded."""
        named = {CHAMPION: self.champion} | {alias: self._beside.get(alias) for alias in (CHALLENGER, SHADOW)}
        return {alias: one.model.version for alias, one in named.items() if one is not None}

    def versions(self) -> dict[str, list[str]]:
        """The aliases that name each version that is loaded, the champion first."""
        aliases = self.aliases.items()
        found = (one.model.version for one in self.loaded)
        return {version: [alias for alias, named in aliases if named == version] for version in found}

    def others(self, now: Others) -> Others:
        """The versions that are wanted beside the champion.

        Args:
            now: Those that are there. One stays while nothing was heard of its alias, or while it is waited for.
        """

        def wanted(role: str, there: Scorer | None) -> Scorer | None:
            if (waited := self._waiting.get(role)) is not None:
                return there if model_of(there) == waited else None
            return self._beside.get(role, there)

        share = self._share if CHALLENGER in self._revisions else now.share
        return Others(wanted(CHALLENGER, now.challenger), share, wanted(SHADOW, now.shadow), wanted(FORMER, now.former))

    async def handle(self, records: Sequence[Record[ModelPromoted]]) -> None:
        """Take promotions in, oldest first; one that came before changes nothing.

        Raises:
            Unavailable: The store does not answer.
        """
        for record in records:
            async with self._taking:
                await self._take(record.value)

    async def retry(self) -> None:
        """Try again what was promoted last, if it was refused; errors as `handle`."""
        async with self._taking:
            for promotion in self._refusals.all():
                await self._take(promotion)

    async def catch_up(self) -> None:
        """Fetch what is missing beside the champion, as far as the store answers."""
        self.missing.clear()
        for role, version in list(self._waiting.items()):
            await self._have(role, version)

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
        in_use = {one.model for one in (self.champion, *self._beside.values()) if one is not None} | {version}
        for oldest in [one for one in self._loaded if one not in in_use][: max(0, len(self._loaded) - LOADED_AT_ONCE)]:
            del self._loaded[oldest]
        return known

    async def _take(self, promotion: ModelPromoted) -> None:
        wanted = promotion.alias in (CHAMPION, CHALLENGER, SHADOW) and promotion.model_name == ANOMALY_DETECTION
        if not wanted or promotion.revision <= self._revisions.get(promotion.alias, 0):
            return
        if promotion.alias != CHAMPION:
            return await self._take_other(promotion)
        if self._refusals.outdates(PART, promotion):
            return
        version = ModelVersion(promotion.model_name, promotion.model_version)
        before = self.champion
        try:
            self.champion = await self.get(version)
        except ModelingError as error:
            return self._refusals.add(PART, promotion, error)
        self._revisions[CHAMPION] = promotion.revision
        self._refusals.end(PART)
        self._health.details[PART] = f"{version.name} {version.version}"
        self.changed.set()
        former = ModelVersion(version.name, promotion.previous_version) if before is None else before.model
        if former != version:
            await self._let(FORMER, former)

    async def _take_other(self, promotion: ModelPromoted) -> None:
        self._revisions[promotion.alias] = promotion.revision
        if promotion.alias == CHALLENGER:
            self._share = promotion.share
        await self._let(promotion.alias, ModelVersion(promotion.model_name, promotion.model_version))

    async def _let(self, role: str, version: ModelVersion) -> None:
        """Let a version have a role beside the champion, nobody where it is named ""; at once, where it is loaded."""
        self._waiting[role] = version
        self._beside.pop(role, None)
        if version in self._loaded or not version.version:
            return await self._have(role, version)
        self._health.details[role] = WAITED_FOR
        self.missing.set()

    async def _have(self, role: str, version: ModelVersion) -> None:
        fault = ""
        try:
            found = await self.get(version) if version.version else None
        except ModelingError as error:
            log.error("a %s cannot be used", role, extra={"version": version.version, "reason": str(error)})
            found, fault = None, f"The {role} {version.version[:12]} cannot be used and is done without: {error}"
        except Unavailable as error:
            reason = f"The {role} {version.version[:12]} is done without until it is had: {error}"
            if self._waiting.get(role) is version:
                self._tell(role, WAITED_FOR, reason)
            return
        if self._waiting.get(role) is not version:
            return
        del self._waiting[role]
        self._beside[role] = found
        self._tell(role, unusable(version.version) if fault else version.version or "none", fault)
        self.changed.set()

    def _tell(self, role: str, detail: str, fault: str) -> None:
        self._health.details[role] = detail
        metrics.PREDICTOR_MODELS_MISSING.labels(role=role).set(bool(fault))
        if fault:
            self._health.degraded(role, fault)
        else:
            self._health.clear(role)
