"""What detection says, as records: ids are functions of the inputs, times are event times."""

from __future__ import annotations

from resonance_contracts.pb.resonance.v1 import detection_pb2 as pb
from resonance_contracts.pb.resonance.v1.features_pb2 import VectorBatch
from resonance_contracts.pb.resonance.v1.operations_pb2 import LimitAdjusted
from resonance_contracts.topics import (
    ALERTS_ESCALATED,
    ALERTS_RAISED,
    ALERTS_RESOLVED,
    ANOMALIES_DETECTED,
    LIMITS_ADJUSTED,
    PREDICTIONS_SCORED,
    Topic,
)
from resonance_predictor.messages import Outputs
from resonance_runtime.publisher import MAX_RECORD_BYTES
from resonance_runtime.records import Outgoing, Record


def records_of(source: Record[VectorBatch], outputs: Outputs) -> list[Outgoing]:
    """Records of what one batch gave, alerts first: a page waits for nothing.

    Args:
        source: The batch they follow from.
        outputs: What it gave.
    """
    records = [_alert(ALERTS_RAISED, alert, alert.opened_us) for alert in outputs.raised]
    records += [_alert(ALERTS_ESCALATED, alert, alert.rises[-1].end_us) for alert in outputs.escalated]
    records += [_alert(ALERTS_RESOLVED, alert, alert.resolved_us) for alert in outputs.resolved]
    records += [_limit(limit) for limit in outputs.limits]
    records += [_no_limit(user_key, source) for user_key in outputs.unlimited]
    records += [
        Outgoing(ANOMALIES_DETECTED, anomaly, anomaly.vector_id, anomaly.end_us, user_key=anomaly.user_key)
        for anomaly in outputs.anomalies
    ]
    if outputs.predictions is not None:
        parts = [part for batch in (outputs.predictions, *outputs.failed_over) for part in _parts(batch)]
        for i, part in enumerate(parts):
            id_ = f"{source.id}/predictions/{i}" if i else f"{source.id}/predictions"
            records.append(Outgoing(PREDICTIONS_SCORED, part, id_, source.time_us, partition=source.partition))
    return records


def _parts(batch: pb.PredictionBatch) -> list[pb.PredictionBatch]:
    """The batch; its halves, and theirs, where it is too large for one record."""
    count = len(batch.vector_id)
    if batch.ByteSize() <= MAX_RECORD_BYTES or count < 2:
        return [batch]
    return _parts(_rows(batch, 0, count // 2)) + _parts(_rows(batch, count // 2, count))


def _rows(batch: pb.PredictionBatch, start: int, end: int) -> pb.PredictionBatch:
    return pb.PredictionBatch(
        stream=batch.stream,
        scorer=batch.scorer,
        vector_id=batch.vector_id[start:end],
        user_key=batch.user_key[start:end],
        end_us=batch.end_us[start:end],
        score=batch.score[start:end],
        tail_probability=batch.tail_probability[start:end],
        confidence=batch.confidence[start:end],
        severity=batch.severity[start:end],
        challenger=batch.challenger if batch.HasField("challenger") else None,
        challenged=batch.challenged[start:end],
        shadow=batch.shadow if batch.HasField("shadow") else None,
        shadow_tail_probability=batch.shadow_tail_probability[start:end],
        # Told once, before the first score.
        erased=() if start else batch.erased,
        erased_us=() if start else batch.erased_us,
    )


def _alert(topic: Topic, alert: pb.Alert, time_us: int) -> Outgoing:
    return Outgoing(topic, alert, f"{alert.alert_id}/{alert.revision}", time_us, user_key=alert.user_key)


def _limit(limit: LimitAdjusted) -> Outgoing:
    key = _limit_key(limit.user_key)
    return Outgoing(LIMITS_ADJUSTED, limit, f"{key}/{limit.adjusted_us}", limit.adjusted_us, key=key.encode())


def _no_limit(user_key: str, source: Record[VectorBatch]) -> Outgoing:
    """Nothing in place of a limit: what was under way when the user was erased is not kept."""
    key = _limit_key(user_key)
    return Outgoing(LIMITS_ADJUSTED, None, f"{source.id}/erased/{key}", source.time_us, key=key.encode())


def _limit_key(user_key: str) -> str:
    return f"user/{user_key}/model"
