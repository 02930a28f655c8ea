"""From a training set to an artifact: train, export, check, calibrate, measure. No I/O, no clock.

The same training set always gives an artifact of the same version.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import version
from typing import Final

import numpy as np
from numpy.typing import NDArray

from resonance_auto_retrainer.crossfit import ORDINARY, unseen_surprises
from resonance_auto_retrainer.export.ensemble import export_ensemble
from resonance_auto_retrainer.foreseeing import foresee
from resonance_auto_retrainer.holdout import held_out, holdout_metrics
from resonance_auto_retrainer.parity import check_parity
from resonance_auto_retrainer.reference import population_of
from resonance_auto_retrainer.window import TrainingSet
from resonance_contracts.features import CATALOGUE_VERSION, FEATURE_NAMES, WIDTH
from resonance_modeling.artifact import (
    ANOMALY_DETECTION,
    ONNX_FILE,
    SEQUENCE_FILE,
    Artifact,
    DataWindow,
    Manifest,
    Member,
    Parity,
    StoredFile,
    content_version,
)
from resonance_modeling.calibration import Calibration
from resonance_modeling.code_revision import code_revision
from resonance_modeling.onnx_ensemble import OnnxEnsemble
from resonance_modeling.scales import to_scale
from resonance_modeling.scorer import bounded
from resonance_training.forest import PARAMETERS, SEED
from resonance_training.fusion import FusedDetector
from resonance_training.tabular import TabularDetector

LIBRARIES: Final = ("numpy", "onnx", "onnxruntime", "scikit-learn")


def train(data: TrainingSet, offsets: Mapping[str, int]) -> Artifact:
    """Trains and exports one version; `offsets` say how far each topic had been read when the window was closed.

    Raises:
        ExportRefused: The exported model does not score as the trained one does.
    """
    held = held_out(data.users)
    scaled = to_scale(data.values)
    foreseen = foresee(data, held)
    learned = scaled[~held]
    detector = FusedDetector(TabularDetector(learned, SEED, ORDINARY), foreseen.foresight)
    onnx = export_ensemble(detector)
    exported = OnnxEnsemble(onnx, WIDTH, len(detector.weights), foreseen.foresight is not None)
    parity = check_parity(detector, exported, learned, foreseen.trained[~held], foreseen.served[~held])
    surprise, members = exported.surprises(scaled, foreseen.served)
    foresight = np.full(len(scaled), np.nan) if foreseen.foresight is None else members[:, -1]
    calibration = Calibration.learn(unseen_surprises(learned, data.users[~held], foresight[~held]))
    metrics = _score_metrics(bounded(surprise[~held])) | holdout_metrics(surprise[held], calibration)
    files = {ONNX_FILE: onnx} | ({} if foreseen.onnx is None else {SEQUENCE_FILE: foreseen.onnx})
    manifest = _manifest(data, files, detector, exported.opsets, calibration, parity, metrics, offsets)
    return Artifact(manifest, onnx, foreseen.onnx)


def _score_metrics(scores: NDArray[np.float64]) -> dict[str, float]:
    return {
        "training_vectors": float(len(scores)),
        "training_score_q0.5": float(np.quantile(scores, 0.5)),
        "training_score_q0.99": float(np.quantile(scores, 0.99)),
        "training_score_q1": float(scores.max()),
    }


def _manifest(
    data: TrainingSet,
    files: Mapping[str, bytes],
    detector: FusedDetector,
    opsets: dict[str, int],
    calibration: Calibration,
    parity: Parity,
    metrics: dict[str, float],
    offsets: Mapping[str, int],
) -> Manifest:
    stored = {name: StoredFile.of(name, content) for name, content in files.items()}
    sequence = stored.get(SEQUENCE_FILE)
    members = tuple(Member(name=name, weight=weight) for name, weight in detector.weights.items())
    population = population_of(data.values)
    return Manifest(
        model_name=ANOMALY_DETECTION,
        model_version=content_version(
            ANOMALY_DETECTION,
            stored[ONNX_FILE].sha256,
            members,
            calibration,
            population,
            CATALOGUE_VERSION,
            FEATURE_NAMES,
            sequence_sha256=None if sequence is None else sequence.sha256,
        ),
        files=tuple(stored.values()),
        catalogue_version=CATALOGUE_VERSION,
        feature_names=FEATURE_NAMES,
        population=population,
        members=members,
        calibration=calibration,
        data_window=_data_window(data, offsets),
        metrics=metrics,
        parity=parity,
        opsets=opsets,
        libraries={name: version(name) for name in LIBRARIES},
        git_revision=code_revision(),
        parameters=PARAMETERS,
    )


def _data_window(data: TrainingSet, offsets: Mapping[str, int]) -> DataWindow:
    return DataWindow(
        first_end_us=data.first_end_us,
        last_end_us=data.last_end_us,
        vectors=len(data.values),
        users=len(np.unique(data.users)),
        flagged=data.flagged,
        streams=data.streams,
        offsets=dict(sorted(offsets.items())),
    )
