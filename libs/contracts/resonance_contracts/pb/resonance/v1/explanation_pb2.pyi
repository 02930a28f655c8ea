from resonance_contracts.pb.resonance.v1 import detection_pb2 as _detection_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class AttributionUnit(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    ATTRIBUTION_UNIT_UNSPECIFIED: _ClassVar[AttributionUnit]
    ATTRIBUTION_UNIT_SCORE: _ClassVar[AttributionUnit]
    ATTRIBUTION_UNIT_PROBABILITY: _ClassVar[AttributionUnit]
    ATTRIBUTION_UNIT_DEVIATIONS: _ClassVar[AttributionUnit]
    ATTRIBUTION_UNIT_SURPRISE: _ClassVar[AttributionUnit]
ATTRIBUTION_UNIT_UNSPECIFIED: AttributionUnit
ATTRIBUTION_UNIT_SCORE: AttributionUnit
ATTRIBUTION_UNIT_PROBABILITY: AttributionUnit
ATTRIBUTION_UNIT_DEVIATIONS: AttributionUnit
ATTRIBUTION_UNIT_SURPRISE: AttributionUnit

class FeatureAttribution(_message.Message):
    __slots__ = ("feature", "value", "reference", "attribution")
    FEATURE_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    REFERENCE_FIELD_NUMBER: _ClassVar[int]
    ATTRIBUTION_FIELD_NUMBER: _ClassVar[int]
    feature: str
    value: float
    reference: float
    attribution: float
    def __init__(self, feature: _Optional[str] = ..., value: _Optional[float] = ..., reference: _Optional[float] = ..., attribution: _Optional[float] = ...) -> None: ...

class Comparison(_message.Message):
    __slots__ = ("of", "reference", "unit", "method", "base_value", "score", "error_bound", "reference_values", "attributions", "when")
    OF_FIELD_NUMBER: _ClassVar[int]
    REFERENCE_FIELD_NUMBER: _ClassVar[int]
    UNIT_FIELD_NUMBER: _ClassVar[int]
    METHOD_FIELD_NUMBER: _ClassVar[int]
    BASE_VALUE_FIELD_NUMBER: _ClassVar[int]
    SCORE_FIELD_NUMBER: _ClassVar[int]
    ERROR_BOUND_FIELD_NUMBER: _ClassVar[int]
    REFERENCE_VALUES_FIELD_NUMBER: _ClassVar[int]
    ATTRIBUTIONS_FIELD_NUMBER: _ClassVar[int]
    WHEN_FIELD_NUMBER: _ClassVar[int]
    of: str
    reference: str
    unit: AttributionUnit
    method: str
    base_value: float
    score: float
    error_bound: float
    reference_values: _containers.RepeatedScalarFieldContainer[float]
    attributions: _containers.RepeatedScalarFieldContainer[float]
    when: _detection_pb2.WeekPart
    def __init__(self, of: _Optional[str] = ..., reference: _Optional[str] = ..., unit: _Optional[_Union[AttributionUnit, str]] = ..., method: _Optional[str] = ..., base_value: _Optional[float] = ..., score: _Optional[float] = ..., error_bound: _Optional[float] = ..., reference_values: _Optional[_Iterable[float]] = ..., attributions: _Optional[_Iterable[float]] = ..., when: _Optional[_Union[_detection_pb2.WeekPart, _Mapping]] = ...) -> None: ...

class SequenceAttribution(_message.Message):
    __slots__ = ("of", "unit", "method", "base_value", "score", "error_bound", "steps", "features", "vector")
    OF_FIELD_NUMBER: _ClassVar[int]
    UNIT_FIELD_NUMBER: _ClassVar[int]
    METHOD_FIELD_NUMBER: _ClassVar[int]
    BASE_VALUE_FIELD_NUMBER: _ClassVar[int]
    SCORE_FIELD_NUMBER: _ClassVar[int]
    ERROR_BOUND_FIELD_NUMBER: _ClassVar[int]
    STEPS_FIELD_NUMBER: _ClassVar[int]
    FEATURES_FIELD_NUMBER: _ClassVar[int]
    VECTOR_FIELD_NUMBER: _ClassVar[int]
    of: str
    unit: AttributionUnit
    method: str
    base_value: float
    score: float
    error_bound: float
    steps: _containers.RepeatedScalarFieldContainer[float]
    features: _containers.RepeatedScalarFieldContainer[float]
    vector: float
    def __init__(self, of: _Optional[str] = ..., unit: _Optional[_Union[AttributionUnit, str]] = ..., method: _Optional[str] = ..., base_value: _Optional[float] = ..., score: _Optional[float] = ..., error_bound: _Optional[float] = ..., steps: _Optional[_Iterable[float]] = ..., features: _Optional[_Iterable[float]] = ..., vector: _Optional[float] = ...) -> None: ...

class LocalizedText(_message.Message):
    __slots__ = ("language", "technical", "natural")
    LANGUAGE_FIELD_NUMBER: _ClassVar[int]
    TECHNICAL_FIELD_NUMBER: _ClassVar[int]
    NATURAL_FIELD_NUMBER: _ClassVar[int]
    language: str
    technical: str
    natural: str
    def __init__(self, language: _Optional[str] = ..., technical: _Optional[str] = ..., natural: _Optional[str] = ...) -> None: ...

class Explanation(_message.Message):
    __slots__ = ("vector_id", "user_key", "stream", "alert_ids", "scorer", "method", "unit", "reference", "base_value", "score", "error_bound", "attributions", "texts", "anomaly", "partial", "residual", "comparisons", "skipped", "checks_failed", "sequence")
    VECTOR_ID_FIELD_NUMBER: _ClassVar[int]
    USER_KEY_FIELD_NUMBER: _ClassVar[int]
    STREAM_FIELD_NUMBER: _ClassVar[int]
    ALERT_IDS_FIELD_NUMBER: _ClassVar[int]
    SCORER_FIELD_NUMBER: _ClassVar[int]
    METHOD_FIELD_NUMBER: _ClassVar[int]
    UNIT_FIELD_NUMBER: _ClassVar[int]
    REFERENCE_FIELD_NUMBER: _ClassVar[int]
    BASE_VALUE_FIELD_NUMBER: _ClassVar[int]
    SCORE_FIELD_NUMBER: _ClassVar[int]
    ERROR_BOUND_FIELD_NUMBER: _ClassVar[int]
    ATTRIBUTIONS_FIELD_NUMBER: _ClassVar[int]
    TEXTS_FIELD_NUMBER: _ClassVar[int]
    ANOMALY_FIELD_NUMBER: _ClassVar[int]
    PARTIAL_FIELD_NUMBER: _ClassVar[int]
    RESIDUAL_FIELD_NUMBER: _ClassVar[int]
    COMPARISONS_FIELD_NUMBER: _ClassVar[int]
    SKIPPED_FIELD_NUMBER: _ClassVar[int]
    CHECKS_FAILED_FIELD_NUMBER: _ClassVar[int]
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    vector_id: str
    user_key: str
    stream: str
    alert_ids: _containers.RepeatedScalarFieldContainer[str]
    scorer: _detection_pb2.ScorerReference
    method: str
    unit: AttributionUnit
    reference: str
    base_value: float
    score: float
    error_bound: float
    attributions: _containers.RepeatedCompositeFieldContainer[FeatureAttribution]
    texts: _containers.RepeatedCompositeFieldContainer[LocalizedText]
    anomaly: _detection_pb2.Anomaly
    partial: bool
    residual: float
    comparisons: _containers.RepeatedCompositeFieldContainer[Comparison]
    skipped: _containers.RepeatedScalarFieldContainer[str]
    checks_failed: _containers.RepeatedScalarFieldContainer[str]
    sequence: SequenceAttribution
    def __init__(self, vector_id: _Optional[str] = ..., user_key: _Optional[str] = ..., stream: _Optional[str] = ..., alert_ids: _Optional[_Iterable[str]] = ..., scorer: _Optional[_Union[_detection_pb2.ScorerReference, _Mapping]] = ..., method: _Optional[str] = ..., unit: _Optional[_Union[AttributionUnit, str]] = ..., reference: _Optional[str] = ..., base_value: _Optional[float] = ..., score: _Optional[float] = ..., error_bound: _Optional[float] = ..., attributions: _Optional[_Iterable[_Union[FeatureAttribution, _Mapping]]] = ..., texts: _Optional[_Iterable[_Union[LocalizedText, _Mapping]]] = ..., anomaly: _Optional[_Union[_detection_pb2.Anomaly, _Mapping]] = ..., partial: _Optional[bool] = ..., residual: _Optional[float] = ..., comparisons: _Optional[_Iterable[_Union[Comparison, _Mapping]]] = ..., skipped: _Optional[_Iterable[str]] = ..., checks_failed: _Optional[_Iterable[str]] = ..., sequence: _Optional[_Union[SequenceAttribution, _Mapping]] = ...) -> None: ...
