"""The topic catalogue: every topic, its message, its key, its owner and its readers.

Topic creation, the check of the running system, the documents and access lists are made from `TOPICS`.
Dead letters of a topic go to `<topic>.dlq`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from google.protobuf.message import Message

from resonance_contracts.pb.resonance.v1 import (
    action_pb2,
    activity_pb2,
    alert_pb2,
    detection_pb2,
    explanation_pb2,
    features_pb2,
    incident_pb2,
    model_pb2,
    operations_pb2,
    people_pb2,
    request_pb2,
    submitted_pb2,
)

HOUR_MS: Final = 3_600_000
DAY_MS: Final = 24 * HOUR_MS


class Service(StrEnum):
    """The six services, by the names of their containers and folders."""

    GATEWAY = "gateway"
    FEATURE_EXTRACTOR = "feature-extractor"
    PREDICTOR = "predictor"
    XAI = "xai"
    LLM_ORCHESTRATOR = "llm-orchestrator"
    AUTO_RETRAINER = "auto-retrainer"


class Key(StrEnum):
    """What the key of a record is."""

    USER = "user key; the partition is that of the user's shard"
    PARTITION = "none; the partition is that of the shards inside the batch"
    MODEL_ALIAS = "model name and alias, joined by '/'"
    TRAINING = "id of the training"
    CORRELATION = "correlation id"
    INCIDENT = "alert id; the partition is that of the user's shard"
    SILENCE = "id of the silence"
    NOTIFIED = "id of the group and receiver, joined by '/'"
    INSTANCE = "service and instance, joined by '/'"
    LIMIT = "scope, client and source of a limit, joined by '/'"
    ACTION = "id of the action"
    ANY = "what the writer likes; so is the partition"


@dataclass(frozen=True, slots=True)
class Topic:
    """One topic.

    Attributes:
        name: `resonance.<entity>.<event>.v1`.
        message: Protobuf type of the value.
        key: What the key is.
        owners: Services that write it; none where it is for programs outside of Resonance to write.
        readers: Services that read it; outside readers are always welcome on public topics.
        public: One event or alert a record, in a form any client can read.
        retention_ms: How long records are kept; None where the topic is compacted instead.
        sharded: Whether it has the pipeline's number of partitions; where it is keyed by user, users are in
            the partition of their shard.
        personal: Whether its records name people as they are known outside: then segments are closed early, so that
            what is too old is gone in time, and its dead letters are kept no longer than a day.
        traced: Whether the trace of each record is kept, though it was not drawn.
        stamped: Whether the broker says by its own clock when a record was stored, instead of its sender.
    """

    name: str
    message: type[Message]
    key: Key
    owners: frozenset[Service]
    readers: frozenset[Service]
    public: bool
    retention_ms: int | None
    sharded: bool = True
    personal: bool = False
    traced: bool = False
    stamped: bool = False

    @property
    def type(self) -> str:
        """CloudEvents type of its records: the full name of the message."""
        return str(self.message.DESCRIPTOR.full_name)

    @property
    def compacted(self) -> bool:
        """Whether only the newest record of each key is kept."""
        return self.retention_ms is None

    @property
    def dead_letters(self) -> str:
        """Topic of the records of this one that could not be handled."""
        return f"{self.name}.dlq"


ACTIVITY_OBSERVED: Final = Topic(
    "resonance.activity.observed.v1",
    activity_pb2.ActivityBatch,
    Key.PARTITION,
    frozenset({Service.GATEWAY}),
    frozenset({Service.FEATURE_EXTRACTOR}),
    False,
    DAY_MS,
)
ACTIVITY_SUBMITTED: Final = Topic(
    "resonance.activity.submitted.v1",
    submitted_pb2.ActivitySubmitted,
    Key.ANY,
    frozenset(),
    frozenset({Service.GATEWAY}),
    True,
    HOUR_MS,
    personal=True,
)
FEATURES_COMPUTED: Final = Topic(
    "resonance.features.computed.v1",
    features_pb2.VectorBatch,
    Key.PARTITION,
    frozenset({Service.FEATURE_EXTRACTOR}),
    frozenset({Service.PREDICTOR, Service.AUTO_RETRAINER, Service.GATEWAY}),
    False,
    7 * DAY_MS,
)
PREDICTIONS_SCORED: Final = Topic(
    "resonance.predictions.scored.v1",
    detection_pb2.PredictionBatch,
    Key.PARTITION,
    frozenset({Service.PREDICTOR}),
    frozenset({Service.GATEWAY, Service.AUTO_RETRAINER}),
    False,
    DAY_MS,
)
ANOMALIES_DETECTED: Final = Topic(
    "resonance.anomalies.detected.v1",
    detection_pb2.Anomaly,
    Key.USER,
    frozenset({Service.PREDICTOR}),
    frozenset({Service.XAI, Service.GATEWAY, Service.AUTO_RETRAINER}),
    True,
    7 * DAY_MS,
)
ALERTS_RAISED: Final = Topic(
    "resonance.alerts.raised.v1",
    detection_pb2.Alert,
    Key.USER,
    frozenset({Service.PREDICTOR}),
    frozenset({Service.LLM_ORCHESTRATOR, Service.GATEWAY, Service.AUTO_RETRAINER, Service.FEATURE_EXTRACTOR}),
    True,
    30 * DAY_MS,
    traced=True,
)
ALERTS_ESCALATED: Final = Topic(
    "resonance.alerts.escalated.v1",
    detection_pb2.Alert,
    Key.USER,
    frozenset({Service.PREDICTOR}),
    frozenset({Service.LLM_ORCHESTRATOR, Service.GATEWAY, Service.FEATURE_EXTRACTOR}),
    True,
    30 * DAY_MS,
    traced=True,
)
ALERTS_RESOLVED: Final = Topic(
    "resonance.alerts.resolved.v1",
    detection_pb2.Alert,
    Key.USER,
    frozenset({Service.PREDICTOR}),
    frozenset({Service.LLM_ORCHESTRATOR, Service.GATEWAY, Service.PREDICTOR, Service.FEATURE_EXTRACTOR}),
    True,
    30 * DAY_MS,
    traced=True,
)
EXPLANATIONS_PRODUCED: Final = Topic(
    "resonance.explanations.produced.v1",
    explanation_pb2.Explanation,
    Key.USER,
    frozenset({Service.XAI}),
    frozenset({Service.LLM_ORCHESTRATOR, Service.GATEWAY}),
    True,
    7 * DAY_MS,
)
ALERTS_ENRICHED: Final = Topic(
    "resonance.alerts.enriched.v1",
    alert_pb2.EnrichedAlert,
    Key.USER,
    frozenset({Service.LLM_ORCHESTRATOR}),
    frozenset({Service.GATEWAY, Service.LLM_ORCHESTRATOR}),
    True,
    30 * DAY_MS,
)
INCIDENTS_CHANGED: Final = Topic(
    "resonance.incidents.changed.v1",
    incident_pb2.Incident,
    Key.INCIDENT,
    frozenset({Service.LLM_ORCHESTRATOR}),
    frozenset({Service.LLM_ORCHESTRATOR}),
    True,
    None,
)
SILENCES_CHANGED: Final = Topic(
    "resonance.silences.changed.v1",
    incident_pb2.Silence,
    Key.SILENCE,
    frozenset({Service.LLM_ORCHESTRATOR}),
    frozenset({Service.LLM_ORCHESTRATOR}),
    True,
    None,
    sharded=False,
)
NOTIFICATIONS_SENT: Final = Topic(
    "resonance.notifications.sent.v1",
    incident_pb2.NotificationSent,
    Key.NOTIFIED,
    frozenset({Service.LLM_ORCHESTRATOR}),
    frozenset({Service.LLM_ORCHESTRATOR}),
    True,
    None,
    sharded=False,
)
MODELS_PROMOTED: Final = Topic(
    "resonance.models.promoted.v1",
    model_pb2.ModelPromoted,
    Key.MODEL_ALIAS,
    frozenset({Service.AUTO_RETRAINER}),
    frozenset({Service.PREDICTOR, Service.XAI, Service.GATEWAY}),
    True,
    None,
    sharded=False,
)
DRIFTS_DETECTED: Final = Topic(
    "resonance.drifts.detected.v1",
    model_pb2.DriftDetected,
    Key.MODEL_ALIAS,
    frozenset({Service.AUTO_RETRAINER}),
    frozenset({Service.GATEWAY}),
    True,
    30 * DAY_MS,
    sharded=False,
)
TRAININGS_PROGRESSED: Final = Topic(
    "resonance.trainings.progressed.v1",
    model_pb2.TrainingProgressed,
    Key.TRAINING,
    frozenset({Service.AUTO_RETRAINER}),
    frozenset({Service.GATEWAY}),
    True,
    7 * DAY_MS,
    sharded=False,
)
FEEDBACK_GIVEN: Final = Topic(
    "resonance.feedback.given.v1",
    operations_pb2.FeedbackGiven,
    Key.USER,
    frozenset({Service.GATEWAY}),
    frozenset({Service.PREDICTOR, Service.AUTO_RETRAINER, Service.GATEWAY, Service.LLM_ORCHESTRATOR}),
    True,
    30 * DAY_MS,
)
MODELS_REQUESTED: Final = Topic(
    "resonance.models.requested.v1",
    request_pb2.ModelRequest,
    Key.CORRELATION,
    frozenset({Service.GATEWAY}),
    frozenset({Service.AUTO_RETRAINER}),
    False,
    HOUR_MS,
    sharded=False,
)
EXPLANATIONS_REQUESTED: Final = Topic(
    "resonance.explanations.requested.v1",
    request_pb2.ExplainRequest,
    Key.CORRELATION,
    frozenset({Service.GATEWAY}),
    frozenset({Service.XAI}),
    False,
    HOUR_MS,
)
PREDICTIONS_REQUESTED: Final = Topic(
    "resonance.predictions.requested.v1",
    request_pb2.ScoreRequest,
    Key.CORRELATION,
    frozenset({Service.GATEWAY}),
    frozenset({Service.PREDICTOR}),
    False,
    HOUR_MS,
)
TASKS_REQUESTED: Final = Topic(
    "resonance.tasks.requested.v1",
    request_pb2.TaskRequest,
    Key.CORRELATION,
    frozenset({Service.GATEWAY}),
    frozenset({Service.LLM_ORCHESTRATOR}),
    False,
    HOUR_MS,
)
REPLIES_SENT: Final = Topic(
    "resonance.replies.sent.v1",
    request_pb2.Reply,
    Key.CORRELATION,
    frozenset({Service.XAI, Service.PREDICTOR, Service.AUTO_RETRAINER, Service.LLM_ORCHESTRATOR}),
    frozenset({Service.GATEWAY}),
    False,
    HOUR_MS,
)
SERVICES_REPORTED: Final = Topic(
    "resonance.services.reported.v1",
    operations_pb2.ServiceReport,
    Key.INSTANCE,
    frozenset(Service),
    frozenset({Service.GATEWAY, Service.AUTO_RETRAINER, Service.LLM_ORCHESTRATOR}),
    True,
    None,
    sharded=False,
    stamped=True,
)
LIMITS_ADJUSTED: Final = Topic(
    "resonance.limits.adjusted.v1",
    operations_pb2.LimitAdjusted,
    Key.LIMIT,
    frozenset({Service.GATEWAY, Service.PREDICTOR, Service.LLM_ORCHESTRATOR}),
    frozenset({Service.GATEWAY}),
    True,
    None,
    sharded=False,
)
# One partition: the order of its records decides between steps that exclude each other.
ACTIONS_AUDITED: Final = Topic(
    "resonance.actions.audited.v1",
    action_pb2.ActionAudited,
    Key.ACTION,
    frozenset({Service.LLM_ORCHESTRATOR}),
    frozenset({Service.LLM_ORCHESTRATOR}),
    True,
    30 * DAY_MS,
    sharded=False,
)
ACTIONS_CHANGED: Final = Topic(
    "resonance.actions.changed.v1",
    action_pb2.Action,
    Key.ACTION,
    frozenset({Service.LLM_ORCHESTRATOR}),
    frozenset({Service.LLM_ORCHESTRATOR, Service.GATEWAY}),
    True,
    None,
    sharded=False,
)
# Kept for longer than anything else that names a user, so that whoever reads the past knows who is not in it.
USERS_ERASED: Final = Topic(
    "resonance.users.erased.v1",
    people_pb2.UserErased,
    Key.USER,
    frozenset({Service.GATEWAY}),
    frozenset({Service.GATEWAY, Service.PREDICTOR, Service.XAI, Service.LLM_ORCHESTRATOR, Service.AUTO_RETRAINER}),
    True,
    31 * DAY_MS,
    sharded=False,
)

TOPICS: Final[tuple[Topic, ...]] = (
    ACTIVITY_OBSERVED,
    ACTIVITY_SUBMITTED,
    FEATURES_COMPUTED,
    PREDICTIONS_SCORED,
    ANOMALIES_DETECTED,
    ALERTS_RAISED,
    ALERTS_ESCALATED,
    ALERTS_RESOLVED,
    EXPLANATIONS_PRODUCED,
    ALERTS_ENRICHED,
    INCIDENTS_CHANGED,
    SILENCES_CHANGED,
    NOTIFICATIONS_SENT,
    MODELS_PROMOTED,
    DRIFTS_DETECTED,
    TRAININGS_PROGRESSED,
    FEEDBACK_GIVEN,
    MODELS_REQUESTED,
    EXPLANATIONS_REQUESTED,
    PREDICTIONS_REQUESTED,
    TASKS_REQUESTED,
    REPLIES_SENT,
    SERVICES_REPORTED,
    LIMITS_ADJUSTED,
    ACTIONS_AUDITED,
    ACTIONS_CHANGED,
    USERS_ERASED,
)
BY_NAME: Final[dict[str, Topic]] = {t.name: t for t in TOPICS}


def topics_of(service: Service) -> tuple[Topic, ...]:
    """Topics that a service writes or reads: those that must exist before it is ready."""
    return tuple(t for t in TOPICS if service in t.owners or service in t.readers)
