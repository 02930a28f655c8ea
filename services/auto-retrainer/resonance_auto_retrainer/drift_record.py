"""The record that tells everyone of drift: a function of what was seen."""

from __future__ import annotations

from resonance_auto_retrainer.drift import DriftWatch, names
from resonance_contracts.features import CATALOGUE_VERSION
from resonance_contracts.pb.resonance.v1.model_pb2 import DriftDetected, FeatureDrift
from resonance_contracts.topics import DRIFTS_DETECTED
from resonance_modeling.artifact import ANOMALY_DETECTION
from resonance_runtime.records import Outgoing

ALIAS = "champion"


def drift_record(watch: DriftWatch) -> Outgoing:
    """The record of the drift that stands; told again it has the same id and content."""
    key = f"{ANOMALY_DETECTION}/{ALIAS}"
    detected = DriftDetected(
        model_name=ANOMALY_DETECTION,
        alias=ALIAS,
        model_version=watch.version,
        catalogue_version=CATALOGUE_VERSION,
        stream=watch.stream,
        detected_us=watch.detected_us,
        changes=[
            FeatureDrift(
                features=names(change),
                what=change.what,
                effect=change.effect,
                low=change.low,
                high=change.high,
                since_us=change.since_us,
                evidence=change.evidence,
            )
            for change in watch.drifted
        ],
        alarms_per_day=watch.terms.alarms_per_day,
        least_effect=watch.terms.least_effect,
    )
    record_id = f"{key}/{watch.version}/{watch.detected_us}"
    return Outgoing(DRIFTS_DETECTED, detected, record_id, watch.detected_us, key=key.encode())


def told_features(watch: DriftWatch) -> str:
    """The features that drifted, for a sentence."""
    return ", ".join(dict.fromkeys(" and ".join(names(change)) for change in watch.drifted))
