"""A model that does not score vectors, in ONNX Runtime: arrays in, arrays out, as its signature says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from resonance_contracts.features import CATALOGUE_VERSION
from resonance_modeling.artifact import Artifact, Manifest, Signature, Tensor
from resonance_modeling.errors import InvalidArtifact, InvalidVectors, SignatureMismatch
from resonance_modeling.inspection import inspect, opsets
from resonance_modeling.onnx_signature import check_signature
from resonance_modeling.session import session

_LARGEST: Final = float(np.finfo(np.float32).max)


class Function:
    """An ONNX file that was inspected and loaded, with one thread. May be asked from several threads at once.

    Attributes:
        signature: What it takes and gives.
        opsets: Version of each operator set, by domain.
    """

    def __init__(self, onnx: bytes, signature: Signature) -> None:
        """Inspects and loads it, from memory.

        Raises:
            ForbiddenModel: The file could reach outside itself.
            SignatureMismatch: Its inputs or outputs are not those of the signature.
            InvalidArtifact: ONNX Runtime cannot run it.
        """
        model = inspect(onnx)
        inputs, outputs = ({one.name: one.shape for one in side} for side in (signature.inputs, signature.outputs))
        check_signature(model, inputs, outputs)
        self.signature = signature
        self.opsets = opsets(model)
        self._session = session(onnx)

    @classmethod
    def load(cls, artifact: Artifact, signature: Signature) -> Function:
        """The function of an artifact that should have a signature.

        Raises:
            As the constructor, and InvalidArtifact: What it gives has another shape, or is no number.
        """
        manifest = artifact.manifest
        if manifest.signature != signature or manifest.catalogue_version != CATALOGUE_VERSION:
            raise SignatureMismatch(
                f"{manifest.model_name} {manifest.model_version[:12]} takes or gives something else than this service "
                "knows, or follows another feature catalogue: train a new version."
            )
        function = cls(artifact.onnx, signature)
        function._check_numbers(manifest)
        return function

    def _check_numbers(self, manifest: Manifest) -> None:
        """Asks it about a row of zeros; a size that the signature leaves open is the number of clusters."""
        kinds = len(manifest.clusters or ())
        found = self.infer({one.name: np.zeros((1, *one.shape[1:])) for one in self.signature.inputs})
        for one in self.signature.outputs:
            shape = (1, *(size if size > 0 else kinds for size in one.shape[1:]))
            if found[one.name].shape != shape or not np.isfinite(found[one.name]).all():
                raise InvalidArtifact(
                    f"{manifest.model_name} {manifest.model_version[:12]} should give numbers of shape {shape} as "
                    f"{one.name}, but gives {found[one.name].tolist()!s:.100}: train a new version."
                )

    def infer(self, inputs: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[np.float32]]:
        """Every output, by name, of all the inputs, by name; values beyond float32 are taken to its ends.

        Raises:
            InvalidVectors: An input is missing, has another shape, or a value that is NaN or infinite.
        """
        rows = {one.name: _rows(one, inputs) for one in self.signature.inputs}
        if len({len(some) for some in rows.values()}) != 1:
            raise InvalidVectors(f"Expected as many rows in {', '.join(rows)}.")
        names = [one.name for one in self.signature.outputs]
        return dict(zip(names, self._session.run(names, rows), strict=True))


def _rows(tensor: Tensor, inputs: Mapping[str, NDArray[Any]]) -> NDArray[np.float32]:
    if tensor.name not in inputs:
        raise InvalidVectors(f"Expected an input {tensor.name}.")
    rows = np.asarray(inputs[tensor.name], dtype=np.float64)
    if rows.shape[1:] != tensor.shape[1:] or rows.ndim != len(tensor.shape):
        raise InvalidVectors(f"Expected {tensor.name} of shape {tensor.shape}, -1 for any, but got {rows.shape}.")
    if not np.isfinite(rows).all():
        raise InvalidVectors(f"Every value of {tensor.name} must be finite, but one is not.")
    return np.clip(rows, -_LARGEST, _LARGEST).astype(np.float32)
