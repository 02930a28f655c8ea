"""From the load of the past to an artifact: learn, export, check, measure. No I/O, no clock."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import version
from typing import Final

import numpy as np
from numpy.typing import NDArray

from resonance_auto_retrainer.agreement import agreed
from resonance_auto_retrainer.load_export import export_load
from resonance_auto_retrainer.telling import Tell, silent
from resonance_auto_retrainer.training import LIBRARIES
from resonance_contracts.features import CATALOGUE_VERSION
from resonance_modeling.artifact import (
    ONNX_FILE,
    Artifact,
    DataWindow,
    Manifest,
    Parity,
    StoredFile,
    content_version,
)
from resonance_modeling.code_revision import code_revision
from resonance_modeling.function import Function
from resonance_modeling.load import (
    DAY,
    FEATURES,
    HISTORY,
    HORIZONS,
    LOAD_PREDICTION,
    QUANTILES,
    SERIES,
    SIGNATURE,
)
from resonance_modeling.load_log import MINUTE_US, Load
from resonance_training.load import MOST_ROWS, Learned, LoadModel, Shape, examples, learn_load

TOLERANCE: Final = 1e-4
"""Of a prediction, relative to it plus one: float32 holds the exponent of a large load no better."""

SHAPE: Final = Shape(HISTORY, HORIZONS, QUANTILES)


def train_load(load: Load, offsets: Mapping[str, int], tell: Tell = silent) -> Artifact:
    """Learns and exports one version.

    Args:
        load: At least `resonance_training.needs.LOAD_MINUTES` minutes.
        offsets: How far each topic had been read.
        tell: Told how far it is.

    Raises:
        ExportRefused: The exported model does not predict as the learned one does.
    """
    tell(0.0, f"Learning from {len(load)} minutes.")
    learned = learn_load(load.counts, load.first_minute, SHAPE)
    tell(0.8, "Exporting, and comparing what is served with what was learned.")
    onnx = export_load(learned.model)
    exported = Function(onnx, SIGNATURE)
    parity = check_load(learned.model, exported, load)
    return Artifact(_manifest(load, onnx, exported.opsets, parity, learned, offsets), onnx)


def check_load(model: LoadModel, exported: Function, load: Load) -> Parity:
    """Compares both on minutes of the load, on loads that nobody has, and on one minute amid nothing.

    Raises:
        ExportRefused: A prediction differs by more than TOLERANCE of it.
    """
    random = np.random.default_rng(0)
    ordinary, minute, _ = examples(load.counts, load.first_minute, SHAPE)
    extremes = np.array([0.0, 1e-30, 1e-3, 1.0, 1e3, 1e6, 1e9])
    alone = np.zeros((2 * HISTORY, HISTORY, len(SERIES)))
    alone[np.arange(2 * HISTORY), np.tile(np.arange(HISTORY), 2), np.repeat([0, 1], HISTORY)] = 1e4
    rows = {
        "ordinary": (ordinary, minute),
        "adversarial": (np.broadcast_to(extremes[:, None, None], (7, HISTORY, 2)), random.uniform(0, DAY, (7, 1))),
        "edge": (alone, random.uniform(0, DAY, (2 * HISTORY, 1))),
    }
    return agreed({kind: _differences(model, exported, *some) for kind, some in rows.items()}, TOLERANCE)


def _differences(
    model: LoadModel, exported: Function, history: NDArray[np.float64], minute: NDArray[np.float64]
) -> NDArray[np.float64]:
    learned = model.predict(history, minute)
    outputs = exported.infer({"history": history, "minute": minute})
    served = np.stack([outputs[name] for name in SERIES], axis=1)
    difference = np.abs(served - learned) / (1.0 + learned)
    largest: NDArray[np.float64] = np.where(np.isfinite(difference), difference, 1.0).max(axis=(1, 2, 3))
    return largest


def _metrics(learned: Learned) -> dict[str, float]:
    metrics = {
        "unseen_minutes": float(learned.tested),
        "pinball_loss": learned.loss,
        "usual_pinball_loss": learned.usual_loss,
    }
    for s, series in enumerate(SERIES):
        for h, ahead in enumerate(HORIZONS):
            metrics[f"{series}_{ahead}_within"] = float(learned.within[s, h])
            metrics[f"{series}_{ahead}_below"] = float(learned.below[s, h])
            metrics[f"{series}_{ahead}_width"] = float(learned.width[s, h])
    return metrics


def _manifest(
    load: Load,
    onnx: bytes,
    opsets: dict[str, int],
    parity: Parity,
    learned: Learned,
    offsets: Mapping[str, int],
) -> Manifest:
    file = StoredFile.of(ONNX_FILE, onnx)
    return Manifest(
        model_name=LOAD_PREDICTION,
        model_version=content_version(
            LOAD_PREDICTION, file.sha256, None, None, None, CATALOGUE_VERSION, FEATURES, SIGNATURE
        ),
        files=(file,),
        catalogue_version=CATALOGUE_VERSION,
        feature_names=FEATURES,
        signature=SIGNATURE,
        data_window=DataWindow(
            first_end_us=load.first_minute * MINUTE_US,
            last_end_us=(load.first_minute + len(load)) * MINUTE_US,
            vectors=load.vectors,
            users=load.users,
            flagged=0,
            streams=(load.stream,),
            offsets=dict(sorted(offsets.items())),
        ),
        metrics=_metrics(learned),
        parity=parity,
        opsets=opsets,
        libraries={name: version(name) for name in LIBRARIES},
        git_revision=code_revision(),
        parameters={"estimator": "QuantileRegression", "alpha": learned.penalty, "most_rows": MOST_ROWS},
    )
