from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class ObjectReference(_message.Message):
    __slots__ = ("bucket", "key", "sha256", "size")
    BUCKET_FIELD_NUMBER: _ClassVar[int]
    KEY_FIELD_NUMBER: _ClassVar[int]
    SHA256_FIELD_NUMBER: _ClassVar[int]
    SIZE_FIELD_NUMBER: _ClassVar[int]
    bucket: str
    key: str
    sha256: str
    size: int
    def __init__(self, bucket: _Optional[str] = ..., key: _Optional[str] = ..., sha256: _Optional[str] = ..., size: _Optional[int] = ...) -> None: ...

class ModelPromoted(_message.Message):
    __slots__ = ("model_name", "alias", "model_version", "previous_version", "revision", "manifest", "catalogue_version", "promoted_us", "reason", "share")
    MODEL_NAME_FIELD_NUMBER: _ClassVar[int]
    ALIAS_FIELD_NUMBER: _ClassVar[int]
    MODEL_VERSION_FIELD_NUMBER: _ClassVar[int]
    PREVIOUS_VERSION_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    MANIFEST_FIELD_NUMBER: _ClassVar[int]
    CATALOGUE_VERSION_FIELD_NUMBER: _ClassVar[int]
    PROMOTED_US_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    SHARE_FIELD_NUMBER: _ClassVar[int]
    model_name: str
    alias: str
    model_version: str
    previous_version: str
    revision: int
    manifest: ObjectReference
    catalogue_version: str
    promoted_us: int
    reason: str
    share: float
    def __init__(self, model_name: _Optional[str] = ..., alias: _Optional[str] = ..., model_version: _Optional[str] = ..., previous_version: _Optional[str] = ..., revision: _Optional[int] = ..., manifest: _Optional[_Union[ObjectReference, _Mapping]] = ..., catalogue_version: _Optional[str] = ..., promoted_us: _Optional[int] = ..., reason: _Optional[str] = ..., share: _Optional[float] = ...) -> None: ...

class TrainingProgressed(_message.Message):
    __slots__ = ("training_id", "model_name", "trigger", "revision", "state", "progress", "message", "started_us", "updated_us", "outcome", "model_version", "metrics")
    class MetricsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: float
        def __init__(self, key: _Optional[str] = ..., value: _Optional[float] = ...) -> None: ...
    TRAINING_ID_FIELD_NUMBER: _ClassVar[int]
    MODEL_NAME_FIELD_NUMBER: _ClassVar[int]
    TRIGGER_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    PROGRESS_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    STARTED_US_FIELD_NUMBER: _ClassVar[int]
    UPDATED_US_FIELD_NUMBER: _ClassVar[int]
    OUTCOME_FIELD_NUMBER: _ClassVar[int]
    MODEL_VERSION_FIELD_NUMBER: _ClassVar[int]
    METRICS_FIELD_NUMBER: _ClassVar[int]
    training_id: str
    model_name: str
    trigger: str
    revision: int
    state: str
    progress: float
    message: str
    started_us: int
    updated_us: int
    outcome: str
    model_version: str
    metrics: _containers.ScalarMap[str, float]
    def __init__(self, training_id: _Optional[str] = ..., model_name: _Optional[str] = ..., trigger: _Optional[str] = ..., revision: _Optional[int] = ..., state: _Optional[str] = ..., progress: _Optional[float] = ..., message: _Optional[str] = ..., started_us: _Optional[int] = ..., updated_us: _Optional[int] = ..., outcome: _Optional[str] = ..., model_version: _Optional[str] = ..., metrics: _Optional[_Mapping[str, float]] = ...) -> None: ...

class DriftDetected(_message.Message):
    __slots__ = ("model_name", "alias", "model_version", "catalogue_version", "stream", "detected_us", "changes", "alarms_per_day", "least_effect")
    MODEL_NAME_FIELD_NUMBER: _ClassVar[int]
    ALIAS_FIELD_NUMBER: _ClassVar[int]
    MODEL_VERSION_FIELD_NUMBER: _ClassVar[int]
    CATALOGUE_VERSION_FIELD_NUMBER: _ClassVar[int]
    STREAM_FIELD_NUMBER: _ClassVar[int]
    DETECTED_US_FIELD_NUMBER: _ClassVar[int]
    CHANGES_FIELD_NUMBER: _ClassVar[int]
    ALARMS_PER_DAY_FIELD_NUMBER: _ClassVar[int]
    LEAST_EFFECT_FIELD_NUMBER: _ClassVar[int]
    model_name: str
    alias: str
    model_version: str
    catalogue_version: str
    stream: str
    detected_us: int
    changes: _containers.RepeatedCompositeFieldContainer[FeatureDrift]
    alarms_per_day: float
    least_effect: float
    def __init__(self, model_name: _Optional[str] = ..., alias: _Optional[str] = ..., model_version: _Optional[str] = ..., catalogue_version: _Optional[str] = ..., stream: _Optional[str] = ..., detected_us: _Optional[int] = ..., changes: _Optional[_Iterable[_Union[FeatureDrift, _Mapping]]] = ..., alarms_per_day: _Optional[float] = ..., least_effect: _Optional[float] = ...) -> None: ...

class FeatureDrift(_message.Message):
    __slots__ = ("features", "what", "effect", "low", "high", "since_us", "evidence")
    FEATURES_FIELD_NUMBER: _ClassVar[int]
    WHAT_FIELD_NUMBER: _ClassVar[int]
    EFFECT_FIELD_NUMBER: _ClassVar[int]
    LOW_FIELD_NUMBER: _ClassVar[int]
    HIGH_FIELD_NUMBER: _ClassVar[int]
    SINCE_US_FIELD_NUMBER: _ClassVar[int]
    EVIDENCE_FIELD_NUMBER: _ClassVar[int]
    features: _containers.RepeatedScalarFieldContainer[str]
    what: str
    effect: float
    low: float
    high: float
    since_us: int
    evidence: float
    def __init__(self, features: _Optional[_Iterable[str]] = ..., what: _Optional[str] = ..., effect: _Optional[float] = ..., low: _Optional[float] = ..., high: _Optional[float] = ..., since_us: _Optional[int] = ..., evidence: _Optional[float] = ...) -> None: ...
