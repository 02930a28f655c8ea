"""The scorer that predictor and xai share: an artifact, checked, loaded, and calibrated."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from resonance_contracts.features import CATALOGUE_VERSION, FEATURE_NAMES
from resonance_modeling.artifact import Artifact, Manifest
from resonance_modeling.errors import SignatureMismatch
from resonance_modeling.onnx_forest import OnnxForest


class ForestScorer:
    """Scores vectors with one version of a forest. Safe to share between threads.

    Attributes:
        manifest: What is known about the version.
        version: Its content version.
    """

    def __init__(self, artifact: Artifact) -> None:
        """Checks and loads an artifact; errors as `from_bytes`."""
        _check_features(artifact.manifest)
        self.manifest = artifact.manifest
        self.version = artifact.manifest.model_version
        self._forest = OnnxForest(artifact.onnx, len(artifact.manifest.feature_names))

    @classmethod
    def from_bytes(cls, onnx: bytes, manifest: Manifest) -> ForestScorer:
        """Checks and loads an ONNX file from memory.

        Raises:
            HashMismatch: The file is not the manifest's, or the version is not that of the content.
            ForbiddenModel: The file has external data, operators of other domains, or functions.
            SignatureMismatch: Features, catalogue version, inputs or outputs are not the expected ones.
            InvalidArtifact: ONNX Runtime cannot run it.
        """
        return cls(Artifact(manifest, onnx))

    def score(self, vectors: ArrayLike) -> NDArray[np.float64]:
        """Scores in [0, 1], shape (n,), of vectors in the catalogue's order, float64 (n, 13).

        Higher is more anomalous. The score of a vector does not depend on the vectors beside it.

        Raises:
            InvalidVectors: Another shape, or a value that is NaN or infinite.
        """
        return self._forest.score(vectors)

    def tail_probability(self, scores: ArrayLike) -> NDArray[np.float64]:
        """Share of ordinary vectors that score at least this high, in (0, 1], same shape as `scores`."""
        return self.manifest.calibration.tail_probability(scores)


def _check_features(manifest: Manifest) -> None:
    if manifest.catalogue_version != CATALOGUE_VERSION:
        raise SignatureMismatch(
            f"{manifest.model_name} {manifest.model_version[:12]} was trained on feature catalogue "
            f"{manifest.catalogue_version!r}, but this service has {CATALOGUE_VERSION!r}: train a new version."
        )
    if manifest.feature_names != FEATURE_NAMES:
        raise SignatureMismatch(
            f"{manifest.model_name} {manifest.model_version[:12]} was trained on the features "
            f"{', '.join(manifest.feature_names)}, but the catalogue has {', '.join(FEATURE_NAMES)}: "
            "train a new version."
        )
