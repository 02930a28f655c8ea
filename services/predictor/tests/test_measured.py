"""How long anomalies and alerts took is told once the broker has them."""

from __future__ import annotations

from prometheus_client import REGISTRY

from resonance_contracts.pb.resonance.v1.detection_pb2 import Alert, Anomaly, PredictionBatch
from resonance_contracts.topics import (
    ALERTS_ESCALATED,
    ALERTS_RAISED,
    ALERTS_RESOLVED,
    ANOMALIES_DETECTED,
    PREDICTIONS_SCORED,
)
from resonance_predictor.measured import observe_delays
from resonance_runtime.records import Outgoing


def counted(step: str) -> float:
    labels = {"step": step, "since": "first_frame"}
    return REGISTRY.get_sample_value("resonance_pipeline_delay_seconds_count", labels) or 0.0


def test_of_what_is_stored_anomalies_and_alerts_that_were_raised_are_timed():
    before = counted("anomaly"), counted("alert")
    received = {"stream": "live", "first_received_us": 1, "last_received_us": 2}
    observe_delays(
        [
            Outgoing(ALERTS_RAISED, Alert(**received), "a/1", 2),
            Outgoing(ALERTS_ESCALATED, Alert(**received), "a/2", 2),
            Outgoing(ALERTS_RESOLVED, Alert(**received), "a/3", 2),
            Outgoing(ANOMALIES_DETECTED, Anomaly(**received), "v1", 2),
            Outgoing(ANOMALIES_DETECTED, Anomaly(**received), "v2", 2),
            Outgoing(PREDICTIONS_SCORED, PredictionBatch(), "p", 2),
        ]
    )
    assert (counted("anomaly") - before[0], counted("alert") - before[1]) == (2, 2)
