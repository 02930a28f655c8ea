from resonance_contracts.pb.resonance.v1 import detection_pb2 as _detection_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class OnlineVector(_message.Message):
    __slots__ = ("end_us", "ordinal", "vector_id", "user_key", "start_us", "catalogue_version", "values")
    END_US_FIELD_NUMBER: _ClassVar[int]
    ORDINAL_FIELD_NUMBER: _ClassVar[int]
    VECTOR_ID_FIELD_NUMBER: _ClassVar[int]
    USER_KEY_FIELD_NUMBER: _ClassVar[int]
    START_US_FIELD_NUMBER: _ClassVar[int]
    CATALOGUE_VERSION_FIELD_NUMBER: _ClassVar[int]
    VALUES_FIELD_NUMBER: _ClassVar[int]
    end_us: int
    ordinal: int
    vector_id: str
    user_key: str
    start_us: int
    catalogue_version: str
    values: _containers.RepeatedScalarFieldContainer[float]
    def __init__(self, end_us: _Optional[int] = ..., ordinal: _Optional[int] = ..., vector_id: _Optional[str] = ..., user_key: _Optional[str] = ..., start_us: _Optional[int] = ..., catalogue_version: _Optional[str] = ..., values: _Optional[_Iterable[float]] = ...) -> None: ...

class OnlinePrediction(_message.Message):
    __slots__ = ("end_us", "ordinal", "vector_id", "user_key", "score", "tail_probability", "severity", "scorer")
    END_US_FIELD_NUMBER: _ClassVar[int]
    ORDINAL_FIELD_NUMBER: _ClassVar[int]
    VECTOR_ID_FIELD_NUMBER: _ClassVar[int]
    USER_KEY_FIELD_NUMBER: _ClassVar[int]
    SCORE_FIELD_NUMBER: _ClassVar[int]
    TAIL_PROBABILITY_FIELD_NUMBER: _ClassVar[int]
    SEVERITY_FIELD_NUMBER: _ClassVar[int]
    SCORER_FIELD_NUMBER: _ClassVar[int]
    end_us: int
    ordinal: int
    vector_id: str
    user_key: str
    score: float
    tail_probability: float
    severity: _detection_pb2.Severity
    scorer: _detection_pb2.ScorerReference
    def __init__(self, end_us: _Optional[int] = ..., ordinal: _Optional[int] = ..., vector_id: _Optional[str] = ..., user_key: _Optional[str] = ..., score: _Optional[float] = ..., tail_probability: _Optional[float] = ..., severity: _Optional[_Union[_detection_pb2.Severity, str]] = ..., scorer: _Optional[_Union[_detection_pb2.ScorerReference, _Mapping]] = ...) -> None: ...
