from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class EmissionReason(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    EMISSION_REASON_UNSPECIFIED: _ClassVar[EmissionReason]
    EMISSION_REASON_COUNT: _ClassVar[EmissionReason]
    EMISSION_REASON_TIME: _ClassVar[EmissionReason]
EMISSION_REASON_UNSPECIFIED: EmissionReason
EMISSION_REASON_COUNT: EmissionReason
EMISSION_REASON_TIME: EmissionReason

class VectorBatch(_message.Message):
    __slots__ = ("stream", "watermark_us", "catalogue_version", "width", "vector_id", "user_key", "ordinal", "start_us", "end_us", "values", "reason", "first_received_us", "last_received_us", "erased", "erased_us")
    STREAM_FIELD_NUMBER: _ClassVar[int]
    WATERMARK_US_FIELD_NUMBER: _ClassVar[int]
    CATALOGUE_VERSION_FIELD_NUMBER: _ClassVar[int]
    WIDTH_FIELD_NUMBER: _ClassVar[int]
    VECTOR_ID_FIELD_NUMBER: _ClassVar[int]
    USER_KEY_FIELD_NUMBER: _ClassVar[int]
    ORDINAL_FIELD_NUMBER: _ClassVar[int]
    START_US_FIELD_NUMBER: _ClassVar[int]
    END_US_FIELD_NUMBER: _ClassVar[int]
    VALUES_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    FIRST_RECEIVED_US_FIELD_NUMBER: _ClassVar[int]
    LAST_RECEIVED_US_FIELD_NUMBER: _ClassVar[int]
    ERASED_FIELD_NUMBER: _ClassVar[int]
    ERASED_US_FIELD_NUMBER: _ClassVar[int]
    stream: str
    watermark_us: int
    catalogue_version: str
    width: int
    vector_id: _containers.RepeatedScalarFieldContainer[str]
    user_key: _containers.RepeatedScalarFieldContainer[str]
    ordinal: _containers.RepeatedScalarFieldContainer[int]
    start_us: _containers.RepeatedScalarFieldContainer[int]
    end_us: _containers.RepeatedScalarFieldContainer[int]
    values: _containers.RepeatedScalarFieldContainer[float]
    reason: _containers.RepeatedScalarFieldContainer[EmissionReason]
    first_received_us: _containers.RepeatedScalarFieldContainer[int]
    last_received_us: _containers.RepeatedScalarFieldContainer[int]
    erased: _containers.RepeatedScalarFieldContainer[str]
    erased_us: _containers.RepeatedScalarFieldContainer[int]
    def __init__(self, stream: _Optional[str] = ..., watermark_us: _Optional[int] = ..., catalogue_version: _Optional[str] = ..., width: _Optional[int] = ..., vector_id: _Optional[_Iterable[str]] = ..., user_key: _Optional[_Iterable[str]] = ..., ordinal: _Optional[_Iterable[int]] = ..., start_us: _Optional[_Iterable[int]] = ..., end_us: _Optional[_Iterable[int]] = ..., values: _Optional[_Iterable[float]] = ..., reason: _Optional[_Iterable[_Union[EmissionReason, str]]] = ..., first_received_us: _Optional[_Iterable[int]] = ..., last_received_us: _Optional[_Iterable[int]] = ..., erased: _Optional[_Iterable[str]] = ..., erased_us: _Optional[_Iterable[int]] = ...) -> None: ...
