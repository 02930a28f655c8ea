"""Loaded versions of models: fetched from the registry by the version that an anomaly names."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Executor
from copy import copy
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from resonance_contracts.features import WIDTH
from resonance_modeling.artifact import Artifact
from resonance_modeling.errors import HashMismatch, InvalidArtifact, RegistryError, UnknownVersion
from resonance_modeling.inspection import inspect
from resonance_modeling.onnx_ensemble import as_float32
from resonance_modeling.scales import to_scale
from resonance_modeling.scorer import EnsembleScorer, bounded
from resonance_runtime.errors import Unavailable
from resonance_xai.bounded import Recent
from resonance_xai.coalitions import surprises
from resonance_xai.errors import MalformedAnomaly, ModelMissing
from resonance_xai.forest_file import read_forest
from resonance_xai.shapley import by_rows

LOADED_AT_ONCE: Final = 4
SAME: Final = 1e-6
"""Scores of one row that differ by less are the same: 32-bit sums depend on how many rows are summed at once."""


class ArtifactSource(Protocol):
    """What is needed of the registry."""

    async def get(self, model_name: str, version: str) -> Artifact:
        """An artifact; errors as those of `resonance_modeling.registry.Registry.get`."""


class Loaded:
    """One version, ready to score and to be explained. Safe to share between threads.

    Attributes:
        version: Its content version.
        reference: The population's medians, shape (WIDTH,).
        looks_back: Whether it compares a vector with what was expected of it.
        expected: What that is, on the scales of comparison, shape (WIDTH,); NaN where nothing was.
    """

    def __init__(self, artifact: Artifact) -> None:
        """Checks and loads an artifact; errors as `EnsembleScorer`."""
        self._scorer = EnsembleScorer(artifact)
        self._forest = read_forest(inspect(artifact.onnx))
        self.version = self._scorer.version
        self.reference: NDArray[np.float64] = np.array(artifact.manifest.scoring()[0].median, dtype=np.float64)
        self.reference.flags.writeable = False
        self.looks_back = self._scorer.looks_back
        self.expected: NDArray[np.float64] = np.full(WIDTH, np.nan)

    def expecting(self, expected: NDArray[np.float64]) -> Loaded:
        """The same version where it had expected this, shape (WIDTH,)."""
        found = copy(self)
        found.expected = expected
        return found

    def score(self, vectors: NDArray[np.float64]) -> NDArray[np.float64]:
        """Scores in [0, 1], shape (n,), of vectors of shape (n, WIDTH)."""
        return self._scorer.scores(vectors, np.broadcast_to(self.expected, vectors.shape)).score

    def tail_probability(self, score: float) -> float:
        """Share of ordinary vectors that score at least this high."""
        return float(self._scorer.tail_probability([score])[0])

    def coalition_scores(
        self, vector: NDArray[np.float64], reference: NDArray[np.float64], players: NDArray[np.intp]
    ) -> NDArray[np.float64]:
        """Scores of all coalitions, shape (2^k,): by the trees where they are understood, by rows where not.

        Reference and vector are also scored as they are served: if the trees say anything else, rows decide.
        """
        if self._forest is None:
            return by_rows(self, vector, reference, players)
        served = self.score(np.stack([reference, vector]))
        below, above = as_float32(to_scale(np.stack([reference, vector])), len(vector))
        expected = self.expected.astype(np.float32) if self.looks_back else None
        found = bounded(surprises(self._forest, above, below, players, expected))
        if not np.allclose(found[[0, -1]], served, rtol=0.0, atol=SAME):
            return by_rows(self, vector, reference, players)
        # 32-bit sums may differ in the last bit with the number of rows; efficiency is owed to what is served.
        found[[0, -1]] = served
        return found


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
