from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class ActivityKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    ACTIVITY_KIND_UNSPECIFIED: _ClassVar[ActivityKind]
    ACTIVITY_KIND_MESSAGE: _ClassVar[ActivityKind]
    ACTIVITY_KIND_CONNECT: _ClassVar[ActivityKind]
    ACTIVITY_KIND_DISCONNECT: _ClassVar[ActivityKind]
    ACTIVITY_KIND_LOGIN: _ClassVar[ActivityKind]
    ACTIVITY_KIND_SUBSCRIBE: _ClassVar[ActivityKind]
    ACTIVITY_KIND_UNSUBSCRIBE: _ClassVar[ActivityKind]
    ACTIVITY_KIND_LIMITED: _ClassVar[ActivityKind]
    ACTIVITY_KIND_ERASED: _ClassVar[ActivityKind]

class ClockKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    CLOCK_KIND_UNSPECIFIED: _ClassVar[ClockKind]
    CLOCK_KIND_GATEWAY: _ClassVar[ClockKind]
    CLOCK_KIND_BACKEND: _ClassVar[ClockKind]
    CLOCK_KIND_REPLAY: _ClassVar[ClockKind]
ACTIVITY_KIND_UNSPECIFIED: ActivityKind
ACTIVITY_KIND_MESSAGE: ActivityKind
ACTIVITY_KIND_CONNECT: ActivityKind
ACTIVITY_KIND_DISCONNECT: ActivityKind
ACTIVITY_KIND_LOGIN: ActivityKind
ACTIVITY_KIND_SUBSCRIBE: ActivityKind
ACTIVITY_KIND_UNSUBSCRIBE: ActivityKind
ACTIVITY_KIND_LIMITED: ActivityKind
ACTIVITY_KIND_ERASED: ActivityKind
CLOCK_KIND_UNSPECIFIED: ClockKind
CLOCK_KIND_GATEWAY: ClockKind
CLOCK_KIND_BACKEND: ClockKind
CLOCK_KIND_REPLAY: ClockKind

class ActivityBatch(_message.Message):
    __slots__ = ("stream", "clock", "watermark_us", "strings", "user", "source", "sequence", "time_us", "kind", "size", "channel", "address", "token", "error", "received_us", "origin")
    STREAM_FIELD_NUMBER: _ClassVar[int]
    CLOCK_FIELD_NUMBER: _ClassVar[int]
    WATERMARK_US_FIELD_NUMBER: _ClassVar[int]
    STRINGS_FIELD_NUMBER: _ClassVar[int]
    USER_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    TIME_US_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    SIZE_FIELD_NUMBER: _ClassVar[int]
    CHANNEL_FIELD_NUMBER: _ClassVar[int]
    ADDRESS_FIELD_NUMBER: _ClassVar[int]
    TOKEN_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    RECEIVED_US_FIELD_NUMBER: _ClassVar[int]
    ORIGIN_FIELD_NUMBER: _ClassVar[int]
    stream: str
    clock: ClockKind
    watermark_us: int
    strings: _containers.RepeatedScalarFieldContainer[str]
    user: _containers.RepeatedScalarFieldContainer[int]
    source: _containers.RepeatedScalarFieldContainer[int]
    sequence: _containers.RepeatedScalarFieldContainer[int]
    time_us: _containers.RepeatedScalarFieldContainer[int]
    kind: _containers.RepeatedScalarFieldContainer[ActivityKind]
    size: _containers.RepeatedScalarFieldContainer[int]
    channel: _containers.RepeatedScalarFieldContainer[int]
    address: _containers.RepeatedScalarFieldContainer[int]
    token: _containers.RepeatedScalarFieldContainer[int]
    error: _containers.RepeatedScalarFieldContainer[bool]
    received_us: _containers.RepeatedScalarFieldContainer[int]
    origin: str
    def __init__(self, stream: _Optional[str] = ..., clock: _Optional[_Union[ClockKind, str]] = ..., watermark_us: _Optional[int] = ..., strings: _Optional[_Iterable[str]] = ..., user: _Optional[_Iterable[int]] = ..., source: _Optional[_Iterable[int]] = ..., sequence: _Optional[_Iterable[int]] = ..., time_us: _Optional[_Iterable[int]] = ..., kind: _Optional[_Iterable[_Union[ActivityKind, str]]] = ..., size: _Optional[_Iterable[int]] = ..., channel: _Optional[_Iterable[int]] = ..., address: _Optional[_Iterable[int]] = ..., token: _Optional[_Iterable[int]] = ..., error: _Optional[_Iterable[bool]] = ..., received_us: _Optional[_Iterable[int]] = ..., origin: _Optional[str] = ...) -> None: ...
