"""Loaded versions of models: fetched from the registry by the version that an anomaly names."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Executor
from typing import Final, Protocol

from resonance_attribution.loaded import Loaded
from resonance_modeling.artifact import Artifact
from resonance_modeling.errors import HashMismatch, InvalidArtifact, RegistryError, UnknownVersion
from resonance_runtime.errors import Unavailable
from resonance_xai.bounded import Recent
from resonance_xai.errors import MalformedAnomaly, ModelMissing

LOADED_AT_ONCE: Final = 4


class ArtifactSource(Protocol):
    """What is needed of the registry."""

    async def get(self, model_name: str, version: str) -> Artifact:
        """An artifact; errors as those of `resonance_modeling.registry.Registry.get`."""


class Models:
    """The versions that were used last; each is loaded once, in `executor`."""

    def __init__(
        self,
        registry: ArtifactSource,
        executor: Executor,
        size: int = LOADED_AT_ONCE,
        load: Callable[[Artifact], Loaded] = Loaded,
    ) -> None:
        self._registry = registry
        self._executor = executor
        self._load = load
        self._loaded: Recent[tuple[str, str], Loaded] = Recent(size)
        self._loading = asyncio.Lock()

    async def get(self, name: str, version: str) -> Loaded:
        """A version.

        Raises:
            ModelMissing: The registry does not hold it.
            Unavailable: The store does not answer, or holds something else in its place; either may be mended.
            MalformedAnomaly: There can be no such version, or this service cannot use it.
        """
        known = self._loaded.get((name, version))
        if known is not None:
            # Whoever waits for another version is not to keep others from this one.
            return known
        async with self._loading:
            known = self._loaded.get((name, version))
            if known is None:
                known = await self._fetch(name, version)
                self._loaded.put((name, version), known)
            return known

    async def _fetch(self, name: str, version: str) -> Loaded:
        try:
            artifact = await self._registry.get(name, version)
            return await asyncio.get_running_loop().run_in_executor(self._executor, self._load, artifact)
        except UnknownVersion as error:
            raise ModelMissing(str(error)) from error
        except HashMismatch as error:
            raise Unavailable(f"Model {name} {version[:12]} cannot be had: {error}") from error
        except (InvalidArtifact, RegistryError) as error:
            raise MalformedAnomaly(f"Model {name} {version[:12]} cannot be used: {error}") from error
