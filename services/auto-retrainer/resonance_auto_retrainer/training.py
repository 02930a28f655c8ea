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
from resonance_auto_retrainer.holdout import held_out, holdout_metrics
from resonance_auto_retrainer.parity import check_parity
from resonance_auto_retrainer.reference import population_of
from resonance_auto_retrainer.window import TrainingSet
from resonance_contracts.features import CATALOGUE_VERSION, FEATURE_NAMES, WIDTH
from resonance_modeling.artifact import (
    ANOMALY_DETECTION,
    ONNX_FILE,
    Artifact,
    DataWindow,
    Manifest,
    Member,
    Parity,
    StoredFile,
    content_version,
)
from resonance_modeling.calibration import Calibration
from resonance_modeling.onnx_ensemble import OnnxEnsemble
from resonance_modeling.scales import to_scale
from resonance_modeling.scorer import bounded
from resonance_training.forest import PARAMETERS, SEED
from resonance_training.tabular import WEIGHTS, TabularDetector

MEMBERS: Final = tuple(Member(name=name, weight=weight) for name, weight in WEIGHTS.items())
LIBRARIES: Final = ("numpy", "onnx", "onnxruntime", "scikit-learn")


def train(data: TrainingSet, offsets: Mapping[str, int]) -> Artifact:
    """Trains and exports one version; `offsets` say how far each topic had been read when the window was closed.

    Raises:
        ExportRefused: The exported model does not score as the trained one does.
    """
    held = held_out(data.users)
    scaled = to_scale(data.values)
    learned, unseen = scaled[~held], scaled[held]
    detector = TabularDetector(learned, SEED, ORDINARY)
    onnx = export_ensemble(detector)
    exported = OnnxEnsemble(onnx, WIDTH, len(WEIGHTS))
    parity = check_parity(detector, exported, learned)
    calibration = Calibration.learn(unseen_surprises(learned, data.users[~held]))
    surprise, _ = exported.surprises(learned)
    metrics = _score_metrics(bounded(surprise)) | holdout_metrics(exported.surprises(unseen)[0], calibration)
    return Artifact(_manifest(data, onnx, exported.opsets, calibration, parity, metrics, offsets), onnx)


def _score_metrics(scores: NDArray[np.float64]) -> dict[str, float]:
    return {
        "training_vectors": float(len(scores)),
        "training_score_q0.5": float(np.quantile(scores, 0.5)),
        "training_score_q0.99": float(np.quantile(scores, 0.99)),
        "training_score_q1": float(scores.max()),
    }


def _manifest(
    data: TrainingSet,
    onnx: bytes,
    opsets: dict[str, int],
    calibration: Calibration,
    parity: Parity,
    metrics: dict[str, float],
    offsets: Mapping[str, int],
) -> Manifest:
    file = StoredFile.of(ONNX_FILE, onnx)
    population = population_of(data.values)
    return Manifest(
        model_name=ANOMALY_DETECTION,
        model_version=content_version(
            ANOMALY_DETECTION, file.sha256, MEMBERS, calibration, population, CATALOGUE_VERSION, FEATURE_NAMES
        ),
        files=(file,),
        catalogue_version=CATALOGUE_VERSION,
        feature_names=FEATURE_NAMES,
        population=population,
        members=MEMBERS,
        calibration=calibration,
        data_window=_data_window(data, offsets),
        metrics=metrics,
        parity=parity,
        opsets=opsets,
        libraries={name: version(name) for name in LIBRARIES},
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
