from resonance_contracts.pb.resonance.v1 import action_pb2 as _action_pb2
from resonance_contracts.pb.resonance.v1 import alert_pb2 as _alert_pb2
from resonance_contracts.pb.resonance.v1 import detection_pb2 as _detection_pb2
from resonance_contracts.pb.resonance.v1 import operations_pb2 as _operations_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class IncidentState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    INCIDENT_STATE_UNSPECIFIED: _ClassVar[IncidentState]
    INCIDENT_STATE_OPEN: _ClassVar[IncidentState]
    INCIDENT_STATE_RESOLVED: _ClassVar[IncidentState]
    INCIDENT_STATE_FORGOTTEN: _ClassVar[IncidentState]

class MatchOperator(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    MATCH_OPERATOR_UNSPECIFIED: _ClassVar[MatchOperator]
    MATCH_OPERATOR_EQUAL: _ClassVar[MatchOperator]
    MATCH_OPERATOR_NOT_EQUAL: _ClassVar[MatchOperator]
    MATCH_OPERATOR_MATCHES: _ClassVar[MatchOperator]
    MATCH_OPERATOR_DOES_NOT_MATCH: _ClassVar[MatchOperator]

class NotificationState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    NOTIFICATION_STATE_UNSPECIFIED: _ClassVar[NotificationState]
    NOTIFICATION_STATE_PENDING: _ClassVar[NotificationState]
    NOTIFICATION_STATE_SENT: _ClassVar[NotificationState]
    NOTIFICATION_STATE_FAILED: _ClassVar[NotificationState]
INCIDENT_STATE_UNSPECIFIED: IncidentState
INCIDENT_STATE_OPEN: IncidentState
INCIDENT_STATE_RESOLVED: IncidentState
INCIDENT_STATE_FORGOTTEN: IncidentState
MATCH_OPERATOR_UNSPECIFIED: MatchOperator
MATCH_OPERATOR_EQUAL: MatchOperator
MATCH_OPERATOR_NOT_EQUAL: MatchOperator
MATCH_OPERATOR_MATCHES: MatchOperator
MATCH_OPERATOR_DOES_NOT_MATCH: MatchOperator
NOTIFICATION_STATE_UNSPECIFIED: NotificationState
NOTIFICATION_STATE_PENDING: NotificationState
NOTIFICATION_STATE_SENT: NotificationState
NOTIFICATION_STATE_FAILED: NotificationState

class ToldOf(_message.Message):
    __slots__ = ("notification_id", "receiver", "reason", "sent_us")
    NOTIFICATION_ID_FIELD_NUMBER: _ClassVar[int]
    RECEIVER_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    SENT_US_FIELD_NUMBER: _ClassVar[int]
    notification_id: str
    receiver: str
    reason: str
    sent_us: int
    def __init__(self, notification_id: _Optional[str] = ..., receiver: _Optional[str] = ..., reason: _Optional[str] = ..., sent_us: _Optional[int] = ...) -> None: ...

class Incident(_message.Message):
    __slots__ = ("alert_id", "version", "state", "severity", "enriched", "noted_us", "changed_us", "told", "verdicts", "silenced_by", "inhibited_by", "actions")
    ALERT_ID_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    SEVERITY_FIELD_NUMBER: _ClassVar[int]
    ENRICHED_FIELD_NUMBER: _ClassVar[int]
    NOTED_US_FIELD_NUMBER: _ClassVar[int]
    CHANGED_US_FIELD_NUMBER: _ClassVar[int]
    TOLD_FIELD_NUMBER: _ClassVar[int]
    VERDICTS_FIELD_NUMBER: _ClassVar[int]
    SILENCED_BY_FIELD_NUMBER: _ClassVar[int]
    INHIBITED_BY_FIELD_NUMBER: _ClassVar[int]
    ACTIONS_FIELD_NUMBER: _ClassVar[int]
    alert_id: str
    version: int
    state: IncidentState
    severity: _detection_pb2.Severity
    enriched: _alert_pb2.EnrichedAlert
    noted_us: int
    changed_us: int
    told: _containers.RepeatedCompositeFieldContainer[ToldOf]
    verdicts: _containers.RepeatedCompositeFieldContainer[_operations_pb2.FeedbackGiven]
    silenced_by: _containers.RepeatedScalarFieldContainer[str]
    inhibited_by: _containers.RepeatedScalarFieldContainer[str]
    actions: _containers.RepeatedCompositeFieldContainer[_action_pb2.Action]
    def __init__(self, alert_id: _Optional[str] = ..., version: _Optional[int] = ..., state: _Optional[_Union[IncidentState, str]] = ..., severity: _Optional[_Union[_detection_pb2.Severity, str]] = ..., enriched: _Optional[_Union[_alert_pb2.EnrichedAlert, _Mapping]] = ..., noted_us: _Optional[int] = ..., changed_us: _Optional[int] = ..., told: _Optional[_Iterable[_Union[ToldOf, _Mapping]]] = ..., verdicts: _Optional[_Iterable[_Union[_operations_pb2.FeedbackGiven, _Mapping]]] = ..., silenced_by: _Optional[_Iterable[str]] = ..., inhibited_by: _Optional[_Iterable[str]] = ..., actions: _Optional[_Iterable[_Union[_action_pb2.Action, _Mapping]]] = ...) -> None: ...

class LabelMatcher(_message.Message):
    __slots__ = ("label", "operator", "value")
    LABEL_FIELD_NUMBER: _ClassVar[int]
    OPERATOR_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    label: str
    operator: MatchOperator
    value: str
    def __init__(self, label: _Optional[str] = ..., operator: _Optional[_Union[MatchOperator, str]] = ..., value: _Optional[str] = ...) -> None: ...

class Silence(_message.Message):
    __slots__ = ("silence_id", "matchers", "starts_us", "ends_us", "author_key", "comment", "changed_us")
    SILENCE_ID_FIELD_NUMBER: _ClassVar[int]
    MATCHERS_FIELD_NUMBER: _ClassVar[int]
    STARTS_US_FIELD_NUMBER: _ClassVar[int]
    ENDS_US_FIELD_NUMBER: _ClassVar[int]
    AUTHOR_KEY_FIELD_NUMBER: _ClassVar[int]
    COMMENT_FIELD_NUMBER: _ClassVar[int]
    CHANGED_US_FIELD_NUMBER: _ClassVar[int]
    silence_id: str
    matchers: _containers.RepeatedCompositeFieldContainer[LabelMatcher]
    starts_us: int
    ends_us: int
    author_key: str
    comment: str
    changed_us: int
    def __init__(self, silence_id: _Optional[str] = ..., matchers: _Optional[_Iterable[_Union[LabelMatcher, _Mapping]]] = ..., starts_us: _Optional[int] = ..., ends_us: _Optional[int] = ..., author_key: _Optional[str] = ..., comment: _Optional[str] = ..., changed_us: _Optional[int] = ...) -> None: ...

class NotificationSent(_message.Message):
    __slots__ = ("notification_id", "group_id", "group_key", "group_labels", "receiver", "way", "sequence", "reason", "state", "decided_us", "ended_us", "attempts", "failure", "alert_ids", "firing_count", "resolved_count", "firing", "resolved", "told_firing", "told_resolved", "told_us", "titles")
    class GroupLabelsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    class TitlesEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    NOTIFICATION_ID_FIELD_NUMBER: _ClassVar[int]
    GROUP_ID_FIELD_NUMBER: _ClassVar[int]
    GROUP_KEY_FIELD_NUMBER: _ClassVar[int]
    GROUP_LABELS_FIELD_NUMBER: _ClassVar[int]
    RECEIVER_FIELD_NUMBER: _ClassVar[int]
    WAY_FIELD_NUMBER: _ClassVar[int]
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    DECIDED_US_FIELD_NUMBER: _ClassVar[int]
    ENDED_US_FIELD_NUMBER: _ClassVar[int]
    ATTEMPTS_FIELD_NUMBER: _ClassVar[int]
    FAILURE_FIELD_NUMBER: _ClassVar[int]
    ALERT_IDS_FIELD_NUMBER: _ClassVar[int]
    FIRING_COUNT_FIELD_NUMBER: _ClassVar[int]
    RESOLVED_COUNT_FIELD_NUMBER: _ClassVar[int]
    FIRING_FIELD_NUMBER: _ClassVar[int]
    RESOLVED_FIELD_NUMBER: _ClassVar[int]
    TOLD_FIRING_FIELD_NUMBER: _ClassVar[int]
    TOLD_RESOLVED_FIELD_NUMBER: _ClassVar[int]
    TOLD_US_FIELD_NUMBER: _ClassVar[int]
    TITLES_FIELD_NUMBER: _ClassVar[int]
    notification_id: str
    group_id: str
    group_key: str
    group_labels: _containers.ScalarMap[str, str]
    receiver: str
    way: str
    sequence: int
    reason: str
    state: NotificationState
    decided_us: int
    ended_us: int
    attempts: int
    failure: str
    alert_ids: _containers.RepeatedScalarFieldContainer[str]
    firing_count: int
    resolved_count: int
    firing: _containers.RepeatedScalarFieldContainer[int]
    resolved: _containers.RepeatedScalarFieldContainer[int]
    told_firing: _containers.RepeatedScalarFieldContainer[int]
    told_resolved: _containers.RepeatedScalarFieldContainer[int]
    told_us: int
    titles: _containers.ScalarMap[str, str]
    def __init__(self, notification_id: _Optional[str] = ..., group_id: _Optional[str] = ..., group_key: _Optional[str] = ..., group_labels: _Optional[_Mapping[str, str]] = ..., receiver: _Optional[str] = ..., way: _Optional[str] = ..., sequence: _Optional[int] = ..., reason: _Optional[str] = ..., state: _Optional[_Union[NotificationState, str]] = ..., decided_us: _Optional[int] = ..., ended_us: _Optional[int] = ..., attempts: _Optional[int] = ..., failure: _Optional[str] = ..., alert_ids: _Optional[_Iterable[str]] = ..., firing_count: _Optional[int] = ..., resolved_count: _Optional[int] = ..., firing: _Optional[_Iterable[int]] = ..., resolved: _Optional[_Iterable[int]] = ..., told_firing: _Optional[_Iterable[int]] = ..., told_resolved: _Optional[_Iterable[int]] = ..., told_us: _Optional[int] = ..., titles: _Optional[_Mapping[str, str]] = ...) -> None: ...
