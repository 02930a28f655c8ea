"""Learns a version again from what it was learned from: with the same libraries the same version comes out."""

from __future__ import annotations

from collections.abc import Mapping

from resonance_auto_retrainer.behaviour_training import train_behaviour
from resonance_auto_retrainer.crossfit import DEFAULTS
from resonance_auto_retrainer.errors import UnknownModel
from resonance_auto_retrainer.load_training import train_load
from resonance_auto_retrainer.snapshot import Snapshot
from resonance_auto_retrainer.training import train
from resonance_auto_retrainer.window import TrainingSet
from resonance_modeling.artifact import ANOMALY_DETECTION, Artifact
from resonance_modeling.behaviour import USER_BEHAVIOR
from resonance_modeling.load import LOAD_PREDICTION
from resonance_training.parameters import Parameters


def learn_again(model_name: str, snapshot: bytes, parameters: Mapping[str, str | int | float]) -> Artifact:
    """Trains a model from a snapshot.

    Args:
        model_name: Of the model.
        snapshot: What it was learned from.
        parameters: Of its manifest: what it was learned with.

    Raises:
        UnknownModel: There is no such model.
        BadSnapshot: It is no training set of the model.
        ExportRefused: The exported model does not say what the learned one does.
    """
    if model_name not in (ANOMALY_DETECTION, LOAD_PREDICTION, USER_BEHAVIOR):
        raise UnknownModel(f"There is no model {model_name[:100]!r} that could be learned.")
    read = Snapshot.from_bytes(snapshot, "load" if model_name == LOAD_PREDICTION else "vectors")
    if not isinstance(read.data, TrainingSet):
        return train_load(read.data, read.offsets)
    if model_name == USER_BEHAVIOR:
        return train_behaviour(read.data, read.offsets)
    return train(read.data, read.offsets, Parameters.of({**DEFAULTS.to_dict(), **parameters}))
