from resonance_contracts.pb.resonance.v1 import activity_pb2 as _activity_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class ActivitySubmitted(_message.Message):
    __slots__ = ("source", "sequence", "user_id", "user_key", "kind", "message_size", "channels", "ip_address", "token_id", "error", "time_us")
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    USER_ID_FIELD_NUMBER: _ClassVar[int]
    USER_KEY_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    CHANNELS_FIELD_NUMBER: _ClassVar[int]
    IP_ADDRESS_FIELD_NUMBER: _ClassVar[int]
    TOKEN_ID_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    TIME_US_FIELD_NUMBER: _ClassVar[int]
    source: str
    sequence: int
    user_id: str
    user_key: str
    kind: _activity_pb2.ActivityKind
    message_size: int
    channels: _containers.RepeatedScalarFieldContainer[str]
    ip_address: str
    token_id: str
    error: bool
    time_us: int
    def __init__(self, source: _Optional[str] = ..., sequence: _Optional[int] = ..., user_id: _Optional[str] = ..., user_key: _Optional[str] = ..., kind: _Optional[_Union[_activity_pb2.ActivityKind, str]] = ..., message_size: _Optional[int] = ..., channels: _Optional[_Iterable[str]] = ..., ip_address: _Optional[str] = ..., token_id: _Optional[str] = ..., error: _Optional[bool] = ..., time_us: _Optional[int] = ...) -> None: ...
