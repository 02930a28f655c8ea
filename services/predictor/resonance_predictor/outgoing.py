"""What detection says, as records: ids are functions of the inputs, times are event times."""

from __future__ import annotations

from resonance_contracts.pb.resonance.v1 import detection_pb2 as pb
from resonance_contracts.pb.resonance.v1.features_pb2 import VectorBatch
from resonance_contracts.topics import ALERTS_RAISED, ALERTS_RESOLVED, ANOMALIES_DETECTED, PREDICTIONS_SCORED, Topic
from resonance_predictor.messages import Outputs
from resonance_runtime.records import Outgoing, Record


def records_of(source: Record[VectorBatch], outputs: Outputs) -> list[Outgoing]:
    """Records of what one batch gave, alerts first: a page waits for nothing.

    Args:
        source: The batch they follow from.
        outputs: What it gave.
    """
    records = [_alert(ALERTS_RAISED, alert, alert.opened_us) for alert in outputs.raised]
    records += [_alert(ALERTS_RESOLVED, alert, alert.resolved_us) for alert in outputs.resolved]
    records += [
        Outgoing(ANOMALIES_DETECTED, anomaly, anomaly.vector_id, anomaly.end_us, user_key=anomaly.user_key)
        for anomaly in outputs.anomalies
    ]
    if outputs.predictions is not None:
        id_ = f"{source.id}/predictions"
        records.append(
            Outgoing(PREDICTIONS_SCORED, outputs.predictions, id_, source.time_us, partition=source.partition)
        )
    return records


def _alert(topic: Topic, alert: pb.Alert, time_us: int) -> Outgoing:
    return Outgoing(topic, alert, f"{alert.alert_id}/{alert.revision}", time_us, user_key=alert.user_key)
