"""The same model with another calibration: another version, that finds more or less unusual."""

from __future__ import annotations

from resonance_modeling.artifact import ONNX_FILE, SEQUENCE_FILE, Artifact, content_version
from resonance_modeling.calibration import Calibration


def recalibrated(artifact: Artifact, times: float) -> Artifact:
    """A version to which a vector is as unusual as one with `times` its surprise is to `artifact`."""
    manifest = artifact.manifest
    _, members, known = manifest.scoring()
    calibration = Calibration(
        scores=tuple(score / times for score in known.scores), tails=known.tails, excess=known.excess / times
    )
    version = content_version(
        manifest.model_name,
        manifest.file(ONNX_FILE).sha256,
        members,
        calibration,
        manifest.population,
        manifest.catalogue_version,
        manifest.feature_names,
        sequence_sha256=manifest.file(SEQUENCE_FILE).sha256 if manifest.looks_back else None,
    )
    changed = manifest.model_copy(update={"calibration": calibration, "model_version": version})
    return Artifact(changed, artifact.onnx, artifact.sequence)
