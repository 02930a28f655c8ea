"""Which models there are: what each tells, and from which features."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from resonance_contracts.features import FEATURE_NAMES


class ModelName(StrEnum):
    """Names of the models."""

    ANOMALY_DETECTION = "anomaly_detection"
    LOAD_PREDICTION = "load_prediction"
    USER_BEHAVIOR = "user_behavior"


class ModelType(StrEnum):
    """What a model gives: a verdict, an amount, or a group."""

    CLASSIFICATION = "classification"
    REGRESSION = "regression"
    CLUSTERING = "clustering"


@dataclass(frozen=True, slots=True)
class Kind:
    """A model, whatever its version.

    Attributes:
        type: What it gives.
        purpose: What it is for, a sentence.
        features: What it goes by.
    """

    type: ModelType
    purpose: str
    features: tuple[str, ...]


KINDS: Final[Mapping[str, Kind]] = {
    ModelName.ANOMALY_DETECTION: Kind(
        ModelType.CLASSIFICATION, "Whether what a user does is ordinary or an anomaly.", FEATURE_NAMES
    ),
    ModelName.LOAD_PREDICTION: Kind(
        ModelType.REGRESSION,
        "How many messages and connections the next minutes bring.",
        ("messages_per_minute", "connection_duration"),
    ),
    ModelName.USER_BEHAVIOR: Kind(ModelType.CLUSTERING, "Of which kind a user is.", FEATURE_NAMES),
}
