"""Whether a version could be served: it is loaded as whoever serves it would."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Final

from resonance_auto_retrainer.errors import NotLoadable
from resonance_modeling.artifact import ANOMALY_DETECTION, Artifact
from resonance_modeling.behaviour import SIGNATURE as BEHAVIOUR_SIGNATURE
from resonance_modeling.behaviour import USER_BEHAVIOR
from resonance_modeling.errors import InvalidArtifact
from resonance_modeling.function import Function
from resonance_modeling.load import LOAD_PREDICTION
from resonance_modeling.load import SIGNATURE as LOAD_SIGNATURE
from resonance_modeling.registry import Registry
from resonance_modeling.scorer import EnsembleScorer

_LOADERS: Final[Mapping[str, Callable[[Artifact], object]]] = {
    ANOMALY_DETECTION: EnsembleScorer,
    LOAD_PREDICTION: lambda artifact: Function.load(artifact, LOAD_SIGNATURE),
    USER_BEHAVIOR: lambda artifact: Function.load(artifact, BEHAVIOUR_SIGNATURE),
}


async def check_loadable(registry: Registry, model_name: str, version: str) -> None:
    """Loads a version of one of the three models.

    Raises:
        NotLoadable: It cannot be served: a file was changed, nobody who is trusted signed it, its features are others.
        UnknownVersion: There is no such version.
        Unavailable: The store does not answer.
    """
    try:
        artifact = await registry.get(model_name, version)
        await asyncio.to_thread(_LOADERS[model_name], artifact)
    except InvalidArtifact as error:
        raise NotLoadable(
            f"Version {version[:12]} of {model_name} cannot be served, and the champion stays: {error}"
        ) from error
