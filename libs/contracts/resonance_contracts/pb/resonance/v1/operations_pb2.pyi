from resonance_contracts.pb.resonance.v1 import detection_pb2 as _detection_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class ServiceState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    SERVICE_STATE_UNSPECIFIED: _ClassVar[ServiceState]
    SERVICE_STATE_STARTING: _ClassVar[ServiceState]
    SERVICE_STATE_READY: _ClassVar[ServiceState]
    SERVICE_STATE_DEGRADED: _ClassVar[ServiceState]
    SERVICE_STATE_STOPPING: _ClassVar[ServiceState]

class LimitSource(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    LIMIT_SOURCE_UNSPECIFIED: _ClassVar[LimitSource]
    LIMIT_SOURCE_MODEL: _ClassVar[LimitSource]
    LIMIT_SOURCE_ACTION: _ClassVar[LimitSource]
    LIMIT_SOURCE_OPERATOR: _ClassVar[LimitSource]
SERVICE_STATE_UNSPECIFIED: ServiceState
SERVICE_STATE_STARTING: ServiceState
SERVICE_STATE_READY: ServiceState
SERVICE_STATE_DEGRADED: ServiceState
SERVICE_STATE_STOPPING: ServiceState
LIMIT_SOURCE_UNSPECIFIED: LimitSource
LIMIT_SOURCE_MODEL: LimitSource
LIMIT_SOURCE_ACTION: LimitSource
LIMIT_SOURCE_OPERATOR: LimitSource

class ServiceReport(_message.Message):
    __slots__ = ("service", "instance", "version", "state", "reasons", "details", "reported_us")
    class DetailsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    SERVICE_FIELD_NUMBER: _ClassVar[int]
    INSTANCE_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    REASONS_FIELD_NUMBER: _ClassVar[int]
    DETAILS_FIELD_NUMBER: _ClassVar[int]
    REPORTED_US_FIELD_NUMBER: _ClassVar[int]
    service: str
    instance: str
    version: str
    state: ServiceState
    reasons: _containers.RepeatedScalarFieldContainer[str]
    details: _containers.ScalarMap[str, str]
    reported_us: int
    def __init__(self, service: _Optional[str] = ..., instance: _Optional[str] = ..., version: _Optional[str] = ..., state: _Optional[_Union[ServiceState, str]] = ..., reasons: _Optional[_Iterable[str]] = ..., details: _Optional[_Mapping[str, str]] = ..., reported_us: _Optional[int] = ...) -> None: ...

class LimitAdjusted(_message.Message):
    __slots__ = ("user_key", "source", "rate", "burst", "expires_us", "reason", "address_key", "adjusted_us", "removed")
    USER_KEY_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    RATE_FIELD_NUMBER: _ClassVar[int]
    BURST_FIELD_NUMBER: _ClassVar[int]
    EXPIRES_US_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    ADDRESS_KEY_FIELD_NUMBER: _ClassVar[int]
    ADJUSTED_US_FIELD_NUMBER: _ClassVar[int]
    REMOVED_FIELD_NUMBER: _ClassVar[int]
    user_key: str
    source: LimitSource
    rate: float
    burst: float
    expires_us: int
    reason: str
    address_key: str
    adjusted_us: int
    removed: bool
    def __init__(self, user_key: _Optional[str] = ..., source: _Optional[_Union[LimitSource, str]] = ..., rate: _Optional[float] = ..., burst: _Optional[float] = ..., expires_us: _Optional[int] = ..., reason: _Optional[str] = ..., address_key: _Optional[str] = ..., adjusted_us: _Optional[int] = ..., removed: _Optional[bool] = ...) -> None: ...

class FeedbackGiven(_message.Message):
    __slots__ = ("alert_id", "user_key", "kind", "true_alarm", "given_us", "operator_key", "alert", "withdrawn", "right_kind", "comment")
    ALERT_ID_FIELD_NUMBER: _ClassVar[int]
    USER_KEY_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    TRUE_ALARM_FIELD_NUMBER: _ClassVar[int]
    GIVEN_US_FIELD_NUMBER: _ClassVar[int]
    OPERATOR_KEY_FIELD_NUMBER: _ClassVar[int]
    ALERT_FIELD_NUMBER: _ClassVar[int]
    WITHDRAWN_FIELD_NUMBER: _ClassVar[int]
    RIGHT_KIND_FIELD_NUMBER: _ClassVar[int]
    COMMENT_FIELD_NUMBER: _ClassVar[int]
    alert_id: str
    user_key: str
    kind: str
    true_alarm: bool
    given_us: int
    operator_key: str
    alert: _detection_pb2.Alert
    withdrawn: bool
    right_kind: str
    comment: str
    def __init__(self, alert_id: _Optional[str] = ..., user_key: _Optional[str] = ..., kind: _Optional[str] = ..., true_alarm: _Optional[bool] = ..., given_us: _Optional[int] = ..., operator_key: _Optional[str] = ..., alert: _Optional[_Union[_detection_pb2.Alert, _Mapping]] = ..., withdrawn: _Optional[bool] = ..., right_kind: _Optional[str] = ..., comment: _Optional[str] = ...) -> None: ...
