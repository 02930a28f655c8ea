"""The versions of the served ensemble, as the registry has them, beside ordinary vectors."""

from __future__ import annotations

import asyncio
import logging
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from resonance_modeling.artifact import ANOMALY_DETECTION, Manifest
from resonance_modeling.errors import InvalidArtifact, ModelingError
from resonance_modeling.training_sets import stored_vectors
from resonance_runtime.errors import Problem, Unavailable
from resonance_xai.asked.served import drawn, served
from resonance_xai.bounded import Recent
from resonance_xai.champions import Champions
from resonance_xai.models import LOADED_AT_ONCE, Models
from resonance_xai.rest.explainable import Served
from resonance_xai.rest.workshop import Workshop

log = logging.getLogger(__name__)

Floats = NDArray[np.float64]

MOST_ROWS: Final = 5_000
"""Vectors of a training set that are kept."""

_WITHOUT: Final = "vectors are drawn around the population instead of those the model was learned from"


class Versions(Protocol):
    """What is needed of the registry."""

    async def manifest(self, model_name: str, version: str) -> Manifest:
        """A manifest; errors as those of `resonance_modeling.registry.Registry.manifest`."""

    async def snapshot(self, model_name: str, version: str) -> bytes:
        """What a version was learned from; errors as those of `resonance_modeling.registry.Registry.snapshot`."""


class ServedShelf:
    """Finds versions of the ensemble.

    Args:
        models: Loaded versions.
        versions: The registry.
        champions: What is in force.
        workshop: Where versions are prepared.
    """

    def __init__(self, models: Models, versions: Versions, champions: Champions, workshop: Workshop) -> None:
        self._models, self._versions, self._champions = models, versions, champions
        self._workshop = workshop
        self._known: Recent[tuple[str, str], Served] = Recent(LOADED_AT_ONCE)
        self._preparing = asyncio.Lock()

    async def get(self, name: str | None, version: str | None) -> Served:
        """A version; the champion where none is named.

        Raises:
            Problem: There is no such model, or none was promoted yet.
            Unavailable: The store does not answer, or does not hold the version.
            MalformedAnomaly: The version cannot be used.
        """
        name = name or ANOMALY_DETECTION
        if name != ANOMALY_DETECTION:
            raise Problem(404, "Unknown model", f"There is no model {name[:100]!r}; expected {ANOMALY_DETECTION!r}.")
        version = version or self._champions.version(name)
        if version is None:
            raise Problem(503, "No model yet", f"No version of {name!r} was promoted yet; ask again later.")
        async with self._preparing:
            known = self._known.get((name, version))
            if known is None:
                known = await self._prepare(name, version)
                self._known.put((name, version), known)
            return known

    async def _prepare(self, name: str, version: str) -> Served:
        model = await self._models.get(name, version)
        manifest = await self._versions.manifest(name, version)
        data = await self._training_set(name, version)

        def prepare() -> Served:
            known = None if data is None else _vectors(version, data)
            rows = drawn(manifest.scoring()[0]) if known is None else known
            return Served(served(name, model, rows), model)

        return await self._workshop.do(prepare)

    async def _training_set(self, name: str, version: str) -> bytes | None:
        try:
            return await self._versions.snapshot(name, version)
        except (ModelingError, Unavailable) as error:
            _say_without(version, error)
            return None


def _vectors(version: str, data: bytes) -> Floats | None:
    try:
        return stored_vectors(data, MOST_ROWS)
    except InvalidArtifact as error:
        _say_without(version, error)
        return None


def _say_without(version: str, error: Exception) -> None:
    log.warning(_WITHOUT, extra={"version": version, "reason": str(error)})
