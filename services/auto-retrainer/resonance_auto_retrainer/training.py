"""From a training set to an artifact: train, export, check, calibrate, measure. No I/O, no clock.

The same training set and parameters always give an artifact of the same version. A search of parameters ends when its
time is over, so what it finds may differ; it is in the manifest.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import version
from typing import Final

import numpy as np
from numpy.typing import NDArray

from resonance_auto_retrainer.crossfit import DEFAULTS, unseen_surprises
from resonance_auto_retrainer.export.ensemble import export_ensemble
from resonance_auto_retrainer.foreseeing import foresee
from resonance_auto_retrainer.ground import ground_of
from resonance_auto_retrainer.holdout import held_out, holdout_metrics, uncalled
from resonance_auto_retrainer.parity import check_parity
from resonance_auto_retrainer.reference import population_of
from resonance_auto_retrainer.search import Searched, search
from resonance_auto_retrainer.telling import Tell, part, silent
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
    Population,
    StoredFile,
    content_version,
)
from resonance_modeling.calibration import Calibration
from resonance_modeling.code_revision import code_revision
from resonance_modeling.onnx_ensemble import OnnxEnsemble
from resonance_modeling.scales import to_scale
from resonance_modeling.scorer import bounded
from resonance_training.forest import SEED
from resonance_training.fusion import FusedDetector
from resonance_training.parameters import Parameters
from resonance_training.rows import Floats
from resonance_training.tabular import TabularDetector

LIBRARIES: Final = ("numpy", "onnx", "onnxruntime", "scikit-learn")
SEARCHING: Final = 0.6
"""Part of the work that a search is taken to be, where there is one."""


def train(
    data: TrainingSet,
    offsets: Mapping[str, int],
    parameters: Parameters = DEFAULTS,
    search_s: float = 0.0,
    tell: Tell = silent,
) -> Artifact:
    """Trains and exports one version.

    Args:
        data: What is learned from.
        offsets: How far each topic had been read when the window was closed.
        parameters: What it is learned with; where a search is wanted, what it tries first.
        search_s: Seconds that a search of better ones may take; none without.
        tell: Told how far it is.

    Raises:
        ExportRefused: The exported model does not score as the trained one does.
        Abandoned: `tell` says so.
    """
    held = held_out(data.users, data.called)
    people = uncalled(data.users, data.called)
    usual = ~held & people
    scaled = to_scale(data.values)
    searched = _searched(scaled[usual], data.users[usual], parameters, search_s, tell)
    parameters = searched.parameters
    tell = part(tell, SEARCHING if searched.metrics else 0.0, 1.0)
    foreseen = foresee(data, held, parameters.ordinary, part(tell, 0.0, 0.4))
    learned = scaled[~held]
    tell(0.4, "Learning what vectors are ordinary.")
    tabular = TabularDetector(np.repeat(learned, data.weights[~held], axis=0), SEED, parameters)
    detector = FusedDetector(tabular, foreseen.foresight)
    tell(0.5, "Exporting, and comparing what is served with what was learned.")
    onnx = export_ensemble(detector)
    exported = OnnxEnsemble(onnx, WIDTH, len(detector.weights), foreseen.foresight is not None)
    parity = check_parity(detector, exported, learned, foreseen.trained[~held], foreseen.served[~held])
    surprise, members = exported.surprises(scaled, foreseen.served)
    foresight = np.full(len(scaled), np.nan) if foreseen.foresight is None else members[:, -1]
    # To an ensemble that has not seen its user, one false incident is many rare vectors at once, and everybody else's
    # would be less rare for them.
    unseen = unseen_surprises(scaled[usual], data.users[usual], foresight[usual], parameters, part(tell, 0.6, 1.0))
    calibration = Calibration.learn(unseen)
    metrics = _score_metrics(bounded(surprise[~held])) | holdout_metrics(surprise[held], calibration)
    metrics |= searched.metrics
    files = {ONNX_FILE: onnx} | ({} if foreseen.onnx is None else {SEQUENCE_FILE: foreseen.onnx})
    population = population_of(data.values[people])
    manifest = _manifest(data, population, files, detector, exported.opsets, calibration, parity, metrics, offsets)
    return Artifact(manifest, onnx, foreseen.onnx)


def _searched(
    scaled: Floats, users: NDArray[np.uint64], parameters: Parameters, seconds: float, tell: Tell
) -> Searched:
    """What to learn with; without metrics where nothing was searched."""
    ground = ground_of(scaled, users) if seconds > 0.0 else None
    if ground is None:
        return Searched(parameters, {})
    return search(ground, seconds, parameters, part(tell, 0.0, SEARCHING))


def _score_metrics(scores: NDArray[np.float64]) -> dict[str, float]:
    return {
        "training_vectors": float(len(scores)),
        "training_score_q0.5": float(np.quantile(scores, 0.5)),
        "training_score_q0.99": float(np.quantile(scores, 0.99)),
        "training_score_q1": float(scores.max()),
    }


def _manifest(
    data: TrainingSet,
    population: Population,
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
        parameters=detector.tabular.parameters.to_dict() | {"seed": SEED},
    )


def _data_window(data: TrainingSet, offsets: Mapping[str, int]) -> DataWindow:
    return DataWindow(
        first_end_us=data.first_end_us,
        last_end_us=data.last_end_us,
        vectors=len(data.values),
        users=len(np.unique(data.users)),
        flagged=data.flagged,
        called_ordinary=int(data.called.sum()),
        called_real=data.called_real,
        streams=data.streams,
        offsets=dict(sorted(offsets.items())),
    )
