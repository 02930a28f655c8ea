from resonance_contracts.pb.resonance.v1 import detection_pb2 as _detection_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class ActionState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    ACTION_STATE_UNSPECIFIED: _ClassVar[ActionState]
    ACTION_STATE_PROPOSED: _ClassVar[ActionState]
    ACTION_STATE_APPROVED: _ClassVar[ActionState]
    ACTION_STATE_REJECTED: _ClassVar[ActionState]
    ACTION_STATE_EXPIRED: _ClassVar[ActionState]
    ACTION_STATE_RUNNING: _ClassVar[ActionState]
    ACTION_STATE_SUCCEEDED: _ClassVar[ActionState]
    ACTION_STATE_FAILED: _ClassVar[ActionState]
    ACTION_STATE_UNDOING: _ClassVar[ActionState]
    ACTION_STATE_UNDONE: _ClassVar[ActionState]
ACTION_STATE_UNSPECIFIED: ActionState
ACTION_STATE_PROPOSED: ActionState
ACTION_STATE_APPROVED: ActionState
ACTION_STATE_REJECTED: ActionState
ACTION_STATE_EXPIRED: ActionState
ACTION_STATE_RUNNING: ActionState
ACTION_STATE_SUCCEEDED: ActionState
ACTION_STATE_FAILED: ActionState
ACTION_STATE_UNDOING: ActionState
ACTION_STATE_UNDONE: ActionState

class ActionText(_message.Message):
    __slots__ = ("language", "title", "reason", "consequences")
    LANGUAGE_FIELD_NUMBER: _ClassVar[int]
    TITLE_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    CONSEQUENCES_FIELD_NUMBER: _ClassVar[int]
    language: str
    title: str
    reason: str
    consequences: str
    def __init__(self, language: _Optional[str] = ..., title: _Optional[str] = ..., reason: _Optional[str] = ..., consequences: _Optional[str] = ...) -> None: ...

class Action(_message.Message):
    __slots__ = ("action_id", "revision", "state", "alert_id", "user_key", "kind", "parameters", "order", "automatic", "dry_run", "executor", "incident_kind", "severity", "users_touched", "users_active", "texts", "proposed_us", "expires_us", "proposed_by", "decided_by", "decided_why", "decided_us", "attempts", "runner", "lease_until_us", "outcome", "memo", "effect_until_us", "changed_us", "opened_us", "step_id", "proposed_why", "automatic_per_hour", "automatic_share")
    class ParametersEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: float
        def __init__(self, key: _Optional[str] = ..., value: _Optional[float] = ...) -> None: ...
    class MemoEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: float
        def __init__(self, key: _Optional[str] = ..., value: _Optional[float] = ...) -> None: ...
    ACTION_ID_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    ALERT_ID_FIELD_NUMBER: _ClassVar[int]
    USER_KEY_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    PARAMETERS_FIELD_NUMBER: _ClassVar[int]
    ORDER_FIELD_NUMBER: _ClassVar[int]
    AUTOMATIC_FIELD_NUMBER: _ClassVar[int]
    DRY_RUN_FIELD_NUMBER: _ClassVar[int]
    EXECUTOR_FIELD_NUMBER: _ClassVar[int]
    INCIDENT_KIND_FIELD_NUMBER: _ClassVar[int]
    SEVERITY_FIELD_NUMBER: _ClassVar[int]
    USERS_TOUCHED_FIELD_NUMBER: _ClassVar[int]
    USERS_ACTIVE_FIELD_NUMBER: _ClassVar[int]
    TEXTS_FIELD_NUMBER: _ClassVar[int]
    PROPOSED_US_FIELD_NUMBER: _ClassVar[int]
    EXPIRES_US_FIELD_NUMBER: _ClassVar[int]
    PROPOSED_BY_FIELD_NUMBER: _ClassVar[int]
    DECIDED_BY_FIELD_NUMBER: _ClassVar[int]
    DECIDED_WHY_FIELD_NUMBER: _ClassVar[int]
    DECIDED_US_FIELD_NUMBER: _ClassVar[int]
    ATTEMPTS_FIELD_NUMBER: _ClassVar[int]
    RUNNER_FIELD_NUMBER: _ClassVar[int]
    LEASE_UNTIL_US_FIELD_NUMBER: _ClassVar[int]
    OUTCOME_FIELD_NUMBER: _ClassVar[int]
    MEMO_FIELD_NUMBER: _ClassVar[int]
    EFFECT_UNTIL_US_FIELD_NUMBER: _ClassVar[int]
    CHANGED_US_FIELD_NUMBER: _ClassVar[int]
    OPENED_US_FIELD_NUMBER: _ClassVar[int]
    STEP_ID_FIELD_NUMBER: _ClassVar[int]
    PROPOSED_WHY_FIELD_NUMBER: _ClassVar[int]
    AUTOMATIC_PER_HOUR_FIELD_NUMBER: _ClassVar[int]
    AUTOMATIC_SHARE_FIELD_NUMBER: _ClassVar[int]
    action_id: str
    revision: int
    state: ActionState
    alert_id: str
    user_key: str
    kind: str
    parameters: _containers.ScalarMap[str, float]
    order: int
    automatic: bool
    dry_run: bool
    executor: str
    incident_kind: str
    severity: _detection_pb2.Severity
    users_touched: int
    users_active: int
    texts: _containers.RepeatedCompositeFieldContainer[ActionText]
    proposed_us: int
    expires_us: int
    proposed_by: str
    decided_by: str
    decided_why: str
    decided_us: int
    attempts: int
    runner: str
    lease_until_us: int
    outcome: str
    memo: _containers.ScalarMap[str, float]
    effect_until_us: int
    changed_us: int
    opened_us: int
    step_id: str
    proposed_why: str
    automatic_per_hour: int
    automatic_share: float
    def __init__(self, action_id: _Optional[str] = ..., revision: _Optional[int] = ..., state: _Optional[_Union[ActionState, str]] = ..., alert_id: _Optional[str] = ..., user_key: _Optional[str] = ..., kind: _Optional[str] = ..., parameters: _Optional[_Mapping[str, float]] = ..., order: _Optional[int] = ..., automatic: _Optional[bool] = ..., dry_run: _Optional[bool] = ..., executor: _Optional[str] = ..., incident_kind: _Optional[str] = ..., severity: _Optional[_Union[_detection_pb2.Severity, str]] = ..., users_touched: _Optional[int] = ..., users_active: _Optional[int] = ..., texts: _Optional[_Iterable[_Union[ActionText, _Mapping]]] = ..., proposed_us: _Optional[int] = ..., expires_us: _Optional[int] = ..., proposed_by: _Optional[str] = ..., decided_by: _Optional[str] = ..., decided_why: _Optional[str] = ..., decided_us: _Optional[int] = ..., attempts: _Optional[int] = ..., runner: _Optional[str] = ..., lease_until_us: _Optional[int] = ..., outcome: _Optional[str] = ..., memo: _Optional[_Mapping[str, float]] = ..., effect_until_us: _Optional[int] = ..., changed_us: _Optional[int] = ..., opened_us: _Optional[int] = ..., step_id: _Optional[str] = ..., proposed_why: _Optional[str] = ..., automatic_per_hour: _Optional[int] = ..., automatic_share: _Optional[float] = ...) -> None: ...

class ActionAudited(_message.Message):
    __slots__ = ("previous", "action")
    PREVIOUS_FIELD_NUMBER: _ClassVar[int]
    ACTION_FIELD_NUMBER: _ClassVar[int]
    previous: ActionState
    action: Action
    def __init__(self, previous: _Optional[_Union[ActionState, str]] = ..., action: _Optional[_Union[Action, _Mapping]] = ...) -> None: ...
