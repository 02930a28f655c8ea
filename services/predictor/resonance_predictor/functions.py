"""The models beside the anomaly model: fetched from the registry when they are promoted, kept loaded to be asked."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, Final

from numpy.typing import NDArray

from resonance_contracts.pb.resonance.v1.model_pb2 import ModelPromoted
from resonance_modeling.artifact import Artifact, Manifest, Signature
from resonance_modeling.artifact import Tensor as StoredTensor
from resonance_modeling.behaviour import SIGNATURE as BEHAVIOUR_SIGNATURE
from resonance_modeling.behaviour import USER_BEHAVIOR
from resonance_modeling.errors import ModelingError
from resonance_modeling.function import Function
from resonance_modeling.load import LOAD_PREDICTION
from resonance_modeling.load import SIGNATURE as LOAD_SIGNATURE
from resonance_predictor.inference.catalogue import Shelf
from resonance_predictor.inference.servable import Tensor
from resonance_predictor.models import CHAMPION, LOADED_AT_ONCE, ArtifactSource
from resonance_predictor.refusals import Refusals
from resonance_runtime.health import Health
from resonance_runtime.records import Record

SIGNATURES: Final[Mapping[str, Signature]] = {LOAD_PREDICTION: LOAD_SIGNATURE, USER_BEHAVIOR: BEHAVIOUR_SIGNATURE}
"""Models that are known, by name, and what they take and give."""


ENGLISH: Final = "en"


class ServedFunction:
    """One version of a model, as a `Servable`.

    Attributes:
        name, version: Which one.
        inputs, outputs: What it takes and gives. Where the model tells kinds of users apart, the parameters of
            `cluster` are their names: "1" is that of number 1 in English, "1.ru" in Russian.
        clusters: The kinds of users that it tells apart, by number; none where it does something else.
    """

    def __init__(self, artifact: Artifact, signature: Signature) -> None:
        """Loads it; errors as `Function.load`."""
        self._function = Function.load(artifact, signature)
        self.name = artifact.manifest.model_name
        self.version = artifact.manifest.model_version
        self.clusters = artifact.manifest.clusters or ()
        self.inputs = tuple(Tensor(one.name, one.datatype, one.shape) for one in signature.inputs)
        self.outputs = tuple(_output(one, artifact.manifest) for one in signature.outputs)

    def infer(self, inputs: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
        """Every output, by name, of all the inputs, by name."""
        return dict(self._function.infer(inputs))


def _output(tensor: StoredTensor, manifest: Manifest) -> Tensor:
    clusters = manifest.clusters or ()
    if clusters and tensor.name == "cluster":
        names = {
            f"{number}{'' if language == ENGLISH else f'.{language}'}": name
            for number, cluster in enumerate(clusters)
            for language, name in cluster.names.items()
        }
        return Tensor(tensor.name, tensor.datatype, tensor.shape, names)
    # A size that is not the batch's may be any one for the signature, and is known of a version.
    known = [size if size > 0 else len(clusters) or size for size in tensor.shape[1:]]
    return Tensor(tensor.name, tensor.datatype, (tensor.shape[0], *known))


class Functions:
    """The champion of each model, and the versions that were champions before it.

    Attributes:
        names: Of the models that are known.
    """

    def __init__(
        self, registry: ArtifactSource, health: Health, signatures: Mapping[str, Signature] = SIGNATURES
    ) -> None:
        self._registry = registry
        self._health = health
        self._signatures = signatures
        self.names = tuple(signatures)
        self._revisions: dict[str, int] = {}
        self._refusals = Refusals(health)
        self._taking = asyncio.Lock()
        self._loaded: dict[str, list[ServedFunction]] = {name: [] for name in signatures}
        for name in signatures:
            health.details[name] = "none was promoted yet"

    def champion(self, name: str) -> ServedFunction | None:
        """The newest promoted version that could be loaded; None before the first."""
        return next(iter(self._loaded[name]), None)

    def loaded(self, name: str) -> Sequence[ServedFunction]:
        """Every version that is loaded, the champion first."""
        return tuple(self._loaded[name])

    async def handle(self, records: Sequence[Record[ModelPromoted]]) -> None:
        """Take promotions in, oldest first; one that came before changes nothing.

        Raises:
            Unavailable: The store does not answer.
        """
        for record in records:
            async with self._taking:
                await self._take(record.value)

    async def retry(self) -> None:
        """Tries once more what was promoted last of each model, if it was refused; errors as `handle`."""
        async with self._taking:
            for promotion in self._refusals.all():
                await self._take(promotion)

    async def _take(self, promotion: ModelPromoted) -> None:
        name = promotion.model_name
        known = promotion.alias == CHAMPION and name in self._signatures
        if not known or self._refusals.outdates(name, promotion) or promotion.revision <= self._revisions.get(name, 0):
            return
        try:
            served = await self._get(name, promotion.model_version)
        except ModelingError as error:
            return self._refusals.add(name, promotion, error)
        self._revisions[name] = promotion.revision
        self._refusals.end(name)
        others = [one for one in self._loaded[name] if one.version != served.version]
        self._loaded[name] = [served, *others][:LOADED_AT_ONCE]
        self._health.details[name] = served.version

    async def _get(self, name: str, version: str) -> ServedFunction:
        """A version; one that is loaded, as a champion that comes back is, as it is."""
        known = next((one for one in self._loaded[name] if one.version == version), None)
        if known is not None:
            return known
        artifact = await self._registry.get(name, version)
        return await asyncio.to_thread(ServedFunction, artifact, self._signatures[name])


def function_shelves(functions: Functions) -> dict[str, Shelf]:
    """All there is of each of the models, by name."""
    return {
        name: Shelf(partial(functions.champion, name), partial(functions.loaded, name), needed=False)
        for name in functions.names
    }
