from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Severity(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    SEVERITY_UNSPECIFIED: _ClassVar[Severity]
    SEVERITY_LOW: _ClassVar[Severity]
    SEVERITY_MEDIUM: _ClassVar[Severity]
    SEVERITY_HIGH: _ClassVar[Severity]
    SEVERITY_CRITICAL: _ClassVar[Severity]

class Detector(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    DETECTOR_UNSPECIFIED: _ClassVar[Detector]
    DETECTOR_RULE: _ClassVar[Detector]
    DETECTOR_BASELINE: _ClassVar[Detector]
    DETECTOR_MODEL: _ClassVar[Detector]

class DayPart(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    DAY_PART_UNSPECIFIED: _ClassVar[DayPart]
    DAY_PART_NIGHT: _ClassVar[DayPart]
    DAY_PART_MORNING: _ClassVar[DayPart]
    DAY_PART_AFTERNOON: _ClassVar[DayPart]
    DAY_PART_EVENING: _ClassVar[DayPart]

class AlertState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    ALERT_STATE_UNSPECIFIED: _ClassVar[AlertState]
    ALERT_STATE_OPEN: _ClassVar[AlertState]
    ALERT_STATE_RESOLVED: _ClassVar[AlertState]
SEVERITY_UNSPECIFIED: Severity
SEVERITY_LOW: Severity
SEVERITY_MEDIUM: Severity
SEVERITY_HIGH: Severity
SEVERITY_CRITICAL: Severity
DETECTOR_UNSPECIFIED: Detector
DETECTOR_RULE: Detector
DETECTOR_BASELINE: Detector
DETECTOR_MODEL: Detector
DAY_PART_UNSPECIFIED: DayPart
DAY_PART_NIGHT: DayPart
DAY_PART_MORNING: DayPart
DAY_PART_AFTERNOON: DayPart
DAY_PART_EVENING: DayPart
ALERT_STATE_UNSPECIFIED: AlertState
ALERT_STATE_OPEN: AlertState
ALERT_STATE_RESOLVED: AlertState

class ScorerReference(_message.Message):
    __slots__ = ("model_name", "model_version", "rules_version")
    MODEL_NAME_FIELD_NUMBER: _ClassVar[int]
    MODEL_VERSION_FIELD_NUMBER: _ClassVar[int]
    RULES_VERSION_FIELD_NUMBER: _ClassVar[int]
    model_name: str
    model_version: str
    rules_version: str
    def __init__(self, model_name: _Optional[str] = ..., model_version: _Optional[str] = ..., rules_version: _Optional[str] = ...) -> None: ...

class PredictionBatch(_message.Message):
    __slots__ = ("stream", "scorer", "vector_id", "user_key", "end_us", "score", "tail_probability", "severity", "erased", "erased_us", "confidence", "challenger", "challenged", "shadow", "shadow_tail_probability")
    STREAM_FIELD_NUMBER: _ClassVar[int]
    SCORER_FIELD_NUMBER: _ClassVar[int]
    VECTOR_ID_FIELD_NUMBER: _ClassVar[int]
    USER_KEY_FIELD_NUMBER: _ClassVar[int]
    END_US_FIELD_NUMBER: _ClassVar[int]
    SCORE_FIELD_NUMBER: _ClassVar[int]
    TAIL_PROBABILITY_FIELD_NUMBER: _ClassVar[int]
    SEVERITY_FIELD_NUMBER: _ClassVar[int]
    ERASED_FIELD_NUMBER: _ClassVar[int]
    ERASED_US_FIELD_NUMBER: _ClassVar[int]
    CONFIDENCE_FIELD_NUMBER: _ClassVar[int]
    CHALLENGER_FIELD_NUMBER: _ClassVar[int]
    CHALLENGED_FIELD_NUMBER: _ClassVar[int]
    SHADOW_FIELD_NUMBER: _ClassVar[int]
    SHADOW_TAIL_PROBABILITY_FIELD_NUMBER: _ClassVar[int]
    stream: str
    scorer: ScorerReference
    vector_id: _containers.RepeatedScalarFieldContainer[str]
    user_key: _containers.RepeatedScalarFieldContainer[str]
    end_us: _containers.RepeatedScalarFieldContainer[int]
    score: _containers.RepeatedScalarFieldContainer[float]
    tail_probability: _containers.RepeatedScalarFieldContainer[float]
    severity: _containers.RepeatedScalarFieldContainer[Severity]
    erased: _containers.RepeatedScalarFieldContainer[str]
    erased_us: _containers.RepeatedScalarFieldContainer[int]
    confidence: _containers.RepeatedScalarFieldContainer[float]
    challenger: ScorerReference
    challenged: _containers.RepeatedScalarFieldContainer[bool]
    shadow: ScorerReference
    shadow_tail_probability: _containers.RepeatedScalarFieldContainer[float]
    def __init__(self, stream: _Optional[str] = ..., scorer: _Optional[_Union[ScorerReference, _Mapping]] = ..., vector_id: _Optional[_Iterable[str]] = ..., user_key: _Optional[_Iterable[str]] = ..., end_us: _Optional[_Iterable[int]] = ..., score: _Optional[_Iterable[float]] = ..., tail_probability: _Optional[_Iterable[float]] = ..., severity: _Optional[_Iterable[_Union[Severity, str]]] = ..., erased: _Optional[_Iterable[str]] = ..., erased_us: _Optional[_Iterable[int]] = ..., confidence: _Optional[_Iterable[float]] = ..., challenger: _Optional[_Union[ScorerReference, _Mapping]] = ..., challenged: _Optional[_Iterable[bool]] = ..., shadow: _Optional[_Union[ScorerReference, _Mapping]] = ..., shadow_tail_probability: _Optional[_Iterable[float]] = ...) -> None: ...

class MemberSurprise(_message.Message):
    __slots__ = ("name", "surprise")
    NAME_FIELD_NUMBER: _ClassVar[int]
    SURPRISE_FIELD_NUMBER: _ClassVar[int]
    name: str
    surprise: float
    def __init__(self, name: _Optional[str] = ..., surprise: _Optional[float] = ...) -> None: ...

class FeatureBaseline(_message.Message):
    __slots__ = ("mean", "spread", "low", "median", "high")
    MEAN_FIELD_NUMBER: _ClassVar[int]
    SPREAD_FIELD_NUMBER: _ClassVar[int]
    LOW_FIELD_NUMBER: _ClassVar[int]
    MEDIAN_FIELD_NUMBER: _ClassVar[int]
    HIGH_FIELD_NUMBER: _ClassVar[int]
    mean: float
    spread: float
    low: float
    median: float
    high: float
    def __init__(self, mean: _Optional[float] = ..., spread: _Optional[float] = ..., low: _Optional[float] = ..., median: _Optional[float] = ..., high: _Optional[float] = ...) -> None: ...

class Finding(_message.Message):
    __slots__ = ("detector", "kind", "severity", "features", "observed", "threshold")
    DETECTOR_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    SEVERITY_FIELD_NUMBER: _ClassVar[int]
    FEATURES_FIELD_NUMBER: _ClassVar[int]
    OBSERVED_FIELD_NUMBER: _ClassVar[int]
    THRESHOLD_FIELD_NUMBER: _ClassVar[int]
    detector: Detector
    kind: str
    severity: Severity
    features: _containers.RepeatedScalarFieldContainer[str]
    observed: float
    threshold: float
    def __init__(self, detector: _Optional[_Union[Detector, str]] = ..., kind: _Optional[str] = ..., severity: _Optional[_Union[Severity, str]] = ..., features: _Optional[_Iterable[str]] = ..., observed: _Optional[float] = ..., threshold: _Optional[float] = ...) -> None: ...

class WeekPart(_message.Message):
    __slots__ = ("weekday", "part", "time_zone")
    WEEKDAY_FIELD_NUMBER: _ClassVar[int]
    PART_FIELD_NUMBER: _ClassVar[int]
    TIME_ZONE_FIELD_NUMBER: _ClassVar[int]
    weekday: int
    part: DayPart
    time_zone: str
    def __init__(self, weekday: _Optional[int] = ..., part: _Optional[_Union[DayPart, str]] = ..., time_zone: _Optional[str] = ...) -> None: ...

class UsualThen(_message.Message):
    __slots__ = ("when", "values", "minutes", "weeks")
    WHEN_FIELD_NUMBER: _ClassVar[int]
    VALUES_FIELD_NUMBER: _ClassVar[int]
    MINUTES_FIELD_NUMBER: _ClassVar[int]
    WEEKS_FIELD_NUMBER: _ClassVar[int]
    when: WeekPart
    values: _containers.RepeatedScalarFieldContainer[float]
    minutes: float
    weeks: int
    def __init__(self, when: _Optional[_Union[WeekPart, _Mapping]] = ..., values: _Optional[_Iterable[float]] = ..., minutes: _Optional[float] = ..., weeks: _Optional[int] = ...) -> None: ...

class Anomaly(_message.Message):
    __slots__ = ("vector_id", "user_key", "stream", "start_us", "end_us", "catalogue_version", "values", "baseline", "baseline_weight", "scorer", "score", "tail_probability", "severity", "findings", "alert_ids", "opened", "first_received_us", "last_received_us", "confidence", "members", "held_back", "expected", "recent", "usual_then", "escalated")
    VECTOR_ID_FIELD_NUMBER: _ClassVar[int]
    USER_KEY_FIELD_NUMBER: _ClassVar[int]
    STREAM_FIELD_NUMBER: _ClassVar[int]
    START_US_FIELD_NUMBER: _ClassVar[int]
    END_US_FIELD_NUMBER: _ClassVar[int]
    CATALOGUE_VERSION_FIELD_NUMBER: _ClassVar[int]
    VALUES_FIELD_NUMBER: _ClassVar[int]
    BASELINE_FIELD_NUMBER: _ClassVar[int]
    BASELINE_WEIGHT_FIELD_NUMBER: _ClassVar[int]
    SCORER_FIELD_NUMBER: _ClassVar[int]
    SCORE_FIELD_NUMBER: _ClassVar[int]
    TAIL_PROBABILITY_FIELD_NUMBER: _ClassVar[int]
    SEVERITY_FIELD_NUMBER: _ClassVar[int]
    FINDINGS_FIELD_NUMBER: _ClassVar[int]
    ALERT_IDS_FIELD_NUMBER: _ClassVar[int]
    OPENED_FIELD_NUMBER: _ClassVar[int]
    FIRST_RECEIVED_US_FIELD_NUMBER: _ClassVar[int]
    LAST_RECEIVED_US_FIELD_NUMBER: _ClassVar[int]
    CONFIDENCE_FIELD_NUMBER: _ClassVar[int]
    MEMBERS_FIELD_NUMBER: _ClassVar[int]
    HELD_BACK_FIELD_NUMBER: _ClassVar[int]
    EXPECTED_FIELD_NUMBER: _ClassVar[int]
    RECENT_FIELD_NUMBER: _ClassVar[int]
    USUAL_THEN_FIELD_NUMBER: _ClassVar[int]
    ESCALATED_FIELD_NUMBER: _ClassVar[int]
    vector_id: str
    user_key: str
    stream: str
    start_us: int
    end_us: int
    catalogue_version: str
    values: _containers.RepeatedScalarFieldContainer[float]
    baseline: _containers.RepeatedCompositeFieldContainer[FeatureBaseline]
    baseline_weight: int
    scorer: ScorerReference
    score: float
    tail_probability: float
    severity: Severity
    findings: _containers.RepeatedCompositeFieldContainer[Finding]
    alert_ids: _containers.RepeatedScalarFieldContainer[str]
    opened: _containers.RepeatedCompositeFieldContainer[Alert]
    first_received_us: int
    last_received_us: int
    confidence: float
    members: _containers.RepeatedCompositeFieldContainer[MemberSurprise]
    held_back: _containers.RepeatedCompositeFieldContainer[Alert]
    expected: _containers.RepeatedScalarFieldContainer[float]
    recent: _containers.RepeatedScalarFieldContainer[float]
    usual_then: UsualThen
    escalated: _containers.RepeatedCompositeFieldContainer[Alert]
    def __init__(self, vector_id: _Optional[str] = ..., user_key: _Optional[str] = ..., stream: _Optional[str] = ..., start_us: _Optional[int] = ..., end_us: _Optional[int] = ..., catalogue_version: _Optional[str] = ..., values: _Optional[_Iterable[float]] = ..., baseline: _Optional[_Iterable[_Union[FeatureBaseline, _Mapping]]] = ..., baseline_weight: _Optional[int] = ..., scorer: _Optional[_Union[ScorerReference, _Mapping]] = ..., score: _Optional[float] = ..., tail_probability: _Optional[float] = ..., severity: _Optional[_Union[Severity, str]] = ..., findings: _Optional[_Iterable[_Union[Finding, _Mapping]]] = ..., alert_ids: _Optional[_Iterable[str]] = ..., opened: _Optional[_Iterable[_Union[Alert, _Mapping]]] = ..., first_received_us: _Optional[int] = ..., last_received_us: _Optional[int] = ..., confidence: _Optional[float] = ..., members: _Optional[_Iterable[_Union[MemberSurprise, _Mapping]]] = ..., held_back: _Optional[_Iterable[_Union[Alert, _Mapping]]] = ..., expected: _Optional[_Iterable[float]] = ..., recent: _Optional[_Iterable[float]] = ..., usual_then: _Optional[_Union[UsualThen, _Mapping]] = ..., escalated: _Optional[_Iterable[_Union[Alert, _Mapping]]] = ...) -> None: ...

class Rise(_message.Message):
    __slots__ = ("before", "severity", "vector_id", "end_us", "first_received_us", "last_received_us", "finding", "evidence", "enough")
    BEFORE_FIELD_NUMBER: _ClassVar[int]
    SEVERITY_FIELD_NUMBER: _ClassVar[int]
    VECTOR_ID_FIELD_NUMBER: _ClassVar[int]
    END_US_FIELD_NUMBER: _ClassVar[int]
    FIRST_RECEIVED_US_FIELD_NUMBER: _ClassVar[int]
    LAST_RECEIVED_US_FIELD_NUMBER: _ClassVar[int]
    FINDING_FIELD_NUMBER: _ClassVar[int]
    EVIDENCE_FIELD_NUMBER: _ClassVar[int]
    ENOUGH_FIELD_NUMBER: _ClassVar[int]
    before: Severity
    severity: Severity
    vector_id: str
    end_us: int
    first_received_us: int
    last_received_us: int
    finding: Finding
    evidence: float
    enough: float
    def __init__(self, before: _Optional[_Union[Severity, str]] = ..., severity: _Optional[_Union[Severity, str]] = ..., vector_id: _Optional[str] = ..., end_us: _Optional[int] = ..., first_received_us: _Optional[int] = ..., last_received_us: _Optional[int] = ..., finding: _Optional[_Union[Finding, _Mapping]] = ..., evidence: _Optional[float] = ..., enough: _Optional[float] = ...) -> None: ...

class Alert(_message.Message):
    __slots__ = ("alert_id", "revision", "state", "user_key", "stream", "kind", "severity", "detector", "vector_id", "finding", "opened_us", "last_seen_us", "resolved_us", "vectors", "scorer", "first_received_us", "last_received_us", "grounds", "evidence", "farthest", "rises")
    ALERT_ID_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    USER_KEY_FIELD_NUMBER: _ClassVar[int]
    STREAM_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    SEVERITY_FIELD_NUMBER: _ClassVar[int]
    DETECTOR_FIELD_NUMBER: _ClassVar[int]
    VECTOR_ID_FIELD_NUMBER: _ClassVar[int]
    FINDING_FIELD_NUMBER: _ClassVar[int]
    OPENED_US_FIELD_NUMBER: _ClassVar[int]
    LAST_SEEN_US_FIELD_NUMBER: _ClassVar[int]
    RESOLVED_US_FIELD_NUMBER: _ClassVar[int]
    VECTORS_FIELD_NUMBER: _ClassVar[int]
    SCORER_FIELD_NUMBER: _ClassVar[int]
    FIRST_RECEIVED_US_FIELD_NUMBER: _ClassVar[int]
    LAST_RECEIVED_US_FIELD_NUMBER: _ClassVar[int]
    GROUNDS_FIELD_NUMBER: _ClassVar[int]
    EVIDENCE_FIELD_NUMBER: _ClassVar[int]
    FARTHEST_FIELD_NUMBER: _ClassVar[int]
    RISES_FIELD_NUMBER: _ClassVar[int]
    alert_id: str
    revision: int
    state: AlertState
    user_key: str
    stream: str
    kind: str
    severity: Severity
    detector: Detector
    vector_id: str
    finding: Finding
    opened_us: int
    last_seen_us: int
    resolved_us: int
    vectors: int
    scorer: ScorerReference
    first_received_us: int
    last_received_us: int
    grounds: str
    evidence: float
    farthest: float
    rises: _containers.RepeatedCompositeFieldContainer[Rise]
    def __init__(self, alert_id: _Optional[str] = ..., revision: _Optional[int] = ..., state: _Optional[_Union[AlertState, str]] = ..., user_key: _Optional[str] = ..., stream: _Optional[str] = ..., kind: _Optional[str] = ..., severity: _Optional[_Union[Severity, str]] = ..., detector: _Optional[_Union[Detector, str]] = ..., vector_id: _Optional[str] = ..., finding: _Optional[_Union[Finding, _Mapping]] = ..., opened_us: _Optional[int] = ..., last_seen_us: _Optional[int] = ..., resolved_us: _Optional[int] = ..., vectors: _Optional[int] = ..., scorer: _Optional[_Union[ScorerReference, _Mapping]] = ..., first_received_us: _Optional[int] = ..., last_received_us: _Optional[int] = ..., grounds: _Optional[str] = ..., evidence: _Optional[float] = ..., farthest: _Optional[float] = ..., rises: _Optional[_Iterable[_Union[Rise, _Mapping]]] = ...) -> None: ...
