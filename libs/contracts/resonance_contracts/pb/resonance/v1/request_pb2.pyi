from resonance_contracts.pb.resonance.v1 import detection_pb2 as _detection_pb2
from resonance_contracts.pb.resonance.v1 import explanation_pb2 as _explanation_pb2
from resonance_contracts.pb.resonance.v1 import model_pb2 as _model_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Problem(_message.Message):
    __slots__ = ("type", "title", "status", "detail")
    TYPE_FIELD_NUMBER: _ClassVar[int]
    TITLE_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    DETAIL_FIELD_NUMBER: _ClassVar[int]
    type: str
    title: str
    status: int
    detail: str
    def __init__(self, type: _Optional[str] = ..., title: _Optional[str] = ..., status: _Optional[int] = ..., detail: _Optional[str] = ...) -> None: ...

class ExplainRequest(_message.Message):
    __slots__ = ("model_version", "model_name", "features", "vector_id", "user_key", "methods", "language", "deadline_ms", "formats")
    class FeaturesEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: float
        def __init__(self, key: _Optional[str] = ..., value: _Optional[float] = ...) -> None: ...
    MODEL_VERSION_FIELD_NUMBER: _ClassVar[int]
    MODEL_NAME_FIELD_NUMBER: _ClassVar[int]
    FEATURES_FIELD_NUMBER: _ClassVar[int]
    VECTOR_ID_FIELD_NUMBER: _ClassVar[int]
    USER_KEY_FIELD_NUMBER: _ClassVar[int]
    METHODS_FIELD_NUMBER: _ClassVar[int]
    LANGUAGE_FIELD_NUMBER: _ClassVar[int]
    DEADLINE_MS_FIELD_NUMBER: _ClassVar[int]
    FORMATS_FIELD_NUMBER: _ClassVar[int]
    model_version: str
    model_name: str
    features: _containers.ScalarMap[str, float]
    vector_id: str
    user_key: str
    methods: _containers.RepeatedScalarFieldContainer[str]
    language: str
    deadline_ms: int
    formats: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, model_version: _Optional[str] = ..., model_name: _Optional[str] = ..., features: _Optional[_Mapping[str, float]] = ..., vector_id: _Optional[str] = ..., user_key: _Optional[str] = ..., methods: _Optional[_Iterable[str]] = ..., language: _Optional[str] = ..., deadline_ms: _Optional[int] = ..., formats: _Optional[_Iterable[str]] = ...) -> None: ...

class ScoreRequest(_message.Message):
    __slots__ = ("features", "model_name", "history")
    class FeaturesEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: float
        def __init__(self, key: _Optional[str] = ..., value: _Optional[float] = ...) -> None: ...
    FEATURES_FIELD_NUMBER: _ClassVar[int]
    MODEL_NAME_FIELD_NUMBER: _ClassVar[int]
    HISTORY_FIELD_NUMBER: _ClassVar[int]
    features: _containers.ScalarMap[str, float]
    model_name: str
    history: LoadHistory
    def __init__(self, features: _Optional[_Mapping[str, float]] = ..., model_name: _Optional[str] = ..., history: _Optional[_Union[LoadHistory, _Mapping]] = ...) -> None: ...

class LoadHistory(_message.Message):
    __slots__ = ("messages", "connections", "minute")
    MESSAGES_FIELD_NUMBER: _ClassVar[int]
    CONNECTIONS_FIELD_NUMBER: _ClassVar[int]
    MINUTE_FIELD_NUMBER: _ClassVar[int]
    messages: _containers.RepeatedScalarFieldContainer[float]
    connections: _containers.RepeatedScalarFieldContainer[float]
    minute: int
    def __init__(self, messages: _Optional[_Iterable[float]] = ..., connections: _Optional[_Iterable[float]] = ..., minute: _Optional[int] = ...) -> None: ...

class Reply(_message.Message):
    __slots__ = ("correlation_id", "part", "parts", "type", "inline", "reference", "problem", "piece", "course")
    CORRELATION_ID_FIELD_NUMBER: _ClassVar[int]
    PART_FIELD_NUMBER: _ClassVar[int]
    PARTS_FIELD_NUMBER: _ClassVar[int]
    TYPE_FIELD_NUMBER: _ClassVar[int]
    INLINE_FIELD_NUMBER: _ClassVar[int]
    REFERENCE_FIELD_NUMBER: _ClassVar[int]
    PROBLEM_FIELD_NUMBER: _ClassVar[int]
    PIECE_FIELD_NUMBER: _ClassVar[int]
    COURSE_FIELD_NUMBER: _ClassVar[int]
    correlation_id: str
    part: int
    parts: int
    type: str
    inline: bytes
    reference: _model_pb2.ObjectReference
    problem: Problem
    piece: int
    course: str
    def __init__(self, correlation_id: _Optional[str] = ..., part: _Optional[int] = ..., parts: _Optional[int] = ..., type: _Optional[str] = ..., inline: _Optional[bytes] = ..., reference: _Optional[_Union[_model_pb2.ObjectReference, _Mapping]] = ..., problem: _Optional[_Union[Problem, _Mapping]] = ..., piece: _Optional[int] = ..., course: _Optional[str] = ...) -> None: ...

class ExplainReply(_message.Message):
    __slots__ = ("explanation", "lime", "counterfactual", "plots", "unfinished")
    EXPLANATION_FIELD_NUMBER: _ClassVar[int]
    LIME_FIELD_NUMBER: _ClassVar[int]
    COUNTERFACTUAL_FIELD_NUMBER: _ClassVar[int]
    PLOTS_FIELD_NUMBER: _ClassVar[int]
    UNFINISHED_FIELD_NUMBER: _ClassVar[int]
    explanation: _explanation_pb2.Explanation
    lime: LocalLine
    counterfactual: Counterfactuals
    plots: _containers.RepeatedCompositeFieldContainer[Plot]
    unfinished: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, explanation: _Optional[_Union[_explanation_pb2.Explanation, _Mapping]] = ..., lime: _Optional[_Union[LocalLine, _Mapping]] = ..., counterfactual: _Optional[_Union[Counterfactuals, _Mapping]] = ..., plots: _Optional[_Iterable[_Union[Plot, _Mapping]]] = ..., unfinished: _Optional[_Iterable[str]] = ...) -> None: ...

class LocalLine(_message.Message):
    __slots__ = ("weights", "weights_spread", "effects", "r2", "repeats", "rank_correlation", "sign_agreement", "shap_rank_correlation", "shap_sign_agreement", "low_agreement")
    WEIGHTS_FIELD_NUMBER: _ClassVar[int]
    WEIGHTS_SPREAD_FIELD_NUMBER: _ClassVar[int]
    EFFECTS_FIELD_NUMBER: _ClassVar[int]
    R2_FIELD_NUMBER: _ClassVar[int]
    REPEATS_FIELD_NUMBER: _ClassVar[int]
    RANK_CORRELATION_FIELD_NUMBER: _ClassVar[int]
    SIGN_AGREEMENT_FIELD_NUMBER: _ClassVar[int]
    SHAP_RANK_CORRELATION_FIELD_NUMBER: _ClassVar[int]
    SHAP_SIGN_AGREEMENT_FIELD_NUMBER: _ClassVar[int]
    LOW_AGREEMENT_FIELD_NUMBER: _ClassVar[int]
    weights: _containers.RepeatedScalarFieldContainer[float]
    weights_spread: _containers.RepeatedScalarFieldContainer[float]
    effects: _containers.RepeatedScalarFieldContainer[float]
    r2: float
    repeats: int
    rank_correlation: float
    sign_agreement: float
    shap_rank_correlation: float
    shap_sign_agreement: float
    low_agreement: bool
    def __init__(self, weights: _Optional[_Iterable[float]] = ..., weights_spread: _Optional[_Iterable[float]] = ..., effects: _Optional[_Iterable[float]] = ..., r2: _Optional[float] = ..., repeats: _Optional[int] = ..., rank_correlation: _Optional[float] = ..., sign_agreement: _Optional[float] = ..., shap_rank_correlation: _Optional[float] = ..., shap_sign_agreement: _Optional[float] = ..., low_agreement: _Optional[bool] = ...) -> None: ...

class Counterfactuals(_message.Message):
    __slots__ = ("needed", "suggestions", "text")
    NEEDED_FIELD_NUMBER: _ClassVar[int]
    SUGGESTIONS_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    needed: bool
    suggestions: _containers.RepeatedCompositeFieldContainer[Counterfactual]
    text: str
    def __init__(self, needed: _Optional[bool] = ..., suggestions: _Optional[_Iterable[_Union[Counterfactual, _Mapping]]] = ..., text: _Optional[str] = ...) -> None: ...

class Counterfactual(_message.Message):
    __slots__ = ("changes", "score", "cost", "text")
    CHANGES_FIELD_NUMBER: _ClassVar[int]
    SCORE_FIELD_NUMBER: _ClassVar[int]
    COST_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    changes: _containers.RepeatedCompositeFieldContainer[FeatureChange]
    score: float
    cost: float
    text: str
    def __init__(self, changes: _Optional[_Iterable[_Union[FeatureChange, _Mapping]]] = ..., score: _Optional[float] = ..., cost: _Optional[float] = ..., text: _Optional[str] = ...) -> None: ...

class FeatureChange(_message.Message):
    __slots__ = ("feature", "now", "value")
    FEATURE_FIELD_NUMBER: _ClassVar[int]
    NOW_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    feature: str
    now: float
    value: float
    def __init__(self, feature: _Optional[str] = ..., now: _Optional[float] = ..., value: _Optional[float] = ...) -> None: ...

class Plot(_message.Message):
    __slots__ = ("name", "format", "data")
    NAME_FIELD_NUMBER: _ClassVar[int]
    FORMAT_FIELD_NUMBER: _ClassVar[int]
    DATA_FIELD_NUMBER: _ClassVar[int]
    name: str
    format: str
    data: bytes
    def __init__(self, name: _Optional[str] = ..., format: _Optional[str] = ..., data: _Optional[bytes] = ...) -> None: ...

class TaskRequest(_message.Message):
    __slots__ = ("task", "question", "asked_by", "pieces")
    TASK_FIELD_NUMBER: _ClassVar[int]
    QUESTION_FIELD_NUMBER: _ClassVar[int]
    ASKED_BY_FIELD_NUMBER: _ClassVar[int]
    PIECES_FIELD_NUMBER: _ClassVar[int]
    task: str
    question: bytes
    asked_by: str
    pieces: bool
    def __init__(self, task: _Optional[str] = ..., question: _Optional[bytes] = ..., asked_by: _Optional[str] = ..., pieces: _Optional[bool] = ...) -> None: ...

class TaskReply(_message.Message):
    __slots__ = ("answer", "withdrawn")
    ANSWER_FIELD_NUMBER: _ClassVar[int]
    WITHDRAWN_FIELD_NUMBER: _ClassVar[int]
    answer: bytes
    withdrawn: Problem
    def __init__(self, answer: _Optional[bytes] = ..., withdrawn: _Optional[_Union[Problem, _Mapping]] = ...) -> None: ...

class TaskPiece(_message.Message):
    __slots__ = ("place", "number", "text")
    PLACE_FIELD_NUMBER: _ClassVar[int]
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    place: str
    number: int
    text: str
    def __init__(self, place: _Optional[str] = ..., number: _Optional[int] = ..., text: _Optional[str] = ...) -> None: ...

class ScoreReply(_message.Message):
    __slots__ = ("scorer", "score", "tail_probability", "severity", "findings", "assumed", "confidence", "load", "behavior")
    class AssumedEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: float
        def __init__(self, key: _Optional[str] = ..., value: _Optional[float] = ...) -> None: ...
    SCORER_FIELD_NUMBER: _ClassVar[int]
    SCORE_FIELD_NUMBER: _ClassVar[int]
    TAIL_PROBABILITY_FIELD_NUMBER: _ClassVar[int]
    SEVERITY_FIELD_NUMBER: _ClassVar[int]
    FINDINGS_FIELD_NUMBER: _ClassVar[int]
    ASSUMED_FIELD_NUMBER: _ClassVar[int]
    CONFIDENCE_FIELD_NUMBER: _ClassVar[int]
    LOAD_FIELD_NUMBER: _ClassVar[int]
    BEHAVIOR_FIELD_NUMBER: _ClassVar[int]
    scorer: _detection_pb2.ScorerReference
    score: float
    tail_probability: float
    severity: _detection_pb2.Severity
    findings: _containers.RepeatedCompositeFieldContainer[_detection_pb2.Finding]
    assumed: _containers.ScalarMap[str, float]
    confidence: float
    load: LoadForecast
    behavior: UserBehavior
    def __init__(self, scorer: _Optional[_Union[_detection_pb2.ScorerReference, _Mapping]] = ..., score: _Optional[float] = ..., tail_probability: _Optional[float] = ..., severity: _Optional[_Union[_detection_pb2.Severity, str]] = ..., findings: _Optional[_Iterable[_Union[_detection_pb2.Finding, _Mapping]]] = ..., assumed: _Optional[_Mapping[str, float]] = ..., confidence: _Optional[float] = ..., load: _Optional[_Union[LoadForecast, _Mapping]] = ..., behavior: _Optional[_Union[UserBehavior, _Mapping]] = ...) -> None: ...

class LoadForecast(_message.Message):
    __slots__ = ("horizons", "counted_until_us", "counted_share")
    HORIZONS_FIELD_NUMBER: _ClassVar[int]
    COUNTED_UNTIL_US_FIELD_NUMBER: _ClassVar[int]
    COUNTED_SHARE_FIELD_NUMBER: _ClassVar[int]
    horizons: _containers.RepeatedCompositeFieldContainer[LoadHorizon]
    counted_until_us: int
    counted_share: float
    def __init__(self, horizons: _Optional[_Iterable[_Union[LoadHorizon, _Mapping]]] = ..., counted_until_us: _Optional[int] = ..., counted_share: _Optional[float] = ...) -> None: ...

class LoadHorizon(_message.Message):
    __slots__ = ("minutes", "messages", "connections")
    MINUTES_FIELD_NUMBER: _ClassVar[int]
    MESSAGES_FIELD_NUMBER: _ClassVar[int]
    CONNECTIONS_FIELD_NUMBER: _ClassVar[int]
    minutes: int
    messages: LoadBounds
    connections: LoadBounds
    def __init__(self, minutes: _Optional[int] = ..., messages: _Optional[_Union[LoadBounds, _Mapping]] = ..., connections: _Optional[_Union[LoadBounds, _Mapping]] = ...) -> None: ...

class LoadBounds(_message.Message):
    __slots__ = ("low", "median", "high")
    LOW_FIELD_NUMBER: _ClassVar[int]
    MEDIAN_FIELD_NUMBER: _ClassVar[int]
    HIGH_FIELD_NUMBER: _ClassVar[int]
    low: float
    median: float
    high: float
    def __init__(self, low: _Optional[float] = ..., median: _Optional[float] = ..., high: _Optional[float] = ...) -> None: ...

class UserBehavior(_message.Message):
    __slots__ = ("cluster", "kinds", "distance")
    CLUSTER_FIELD_NUMBER: _ClassVar[int]
    KINDS_FIELD_NUMBER: _ClassVar[int]
    DISTANCE_FIELD_NUMBER: _ClassVar[int]
    cluster: int
    kinds: _containers.RepeatedCompositeFieldContainer[BehaviorKind]
    distance: float
    def __init__(self, cluster: _Optional[int] = ..., kinds: _Optional[_Iterable[_Union[BehaviorKind, _Mapping]]] = ..., distance: _Optional[float] = ...) -> None: ...

class BehaviorKind(_message.Message):
    __slots__ = ("names", "probability")
    class NamesEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    NAMES_FIELD_NUMBER: _ClassVar[int]
    PROBABILITY_FIELD_NUMBER: _ClassVar[int]
    names: _containers.ScalarMap[str, str]
    probability: float
    def __init__(self, names: _Optional[_Mapping[str, str]] = ..., probability: _Optional[float] = ...) -> None: ...

class ModelRequest(_message.Message):
    __slots__ = ("model_name", "train", "load", "rollback", "asked_by", "reason")
    MODEL_NAME_FIELD_NUMBER: _ClassVar[int]
    TRAIN_FIELD_NUMBER: _ClassVar[int]
    LOAD_FIELD_NUMBER: _ClassVar[int]
    ROLLBACK_FIELD_NUMBER: _ClassVar[int]
    ASKED_BY_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    model_name: str
    train: TrainModel
    load: LoadModel
    rollback: RollbackModel
    asked_by: str
    reason: str
    def __init__(self, model_name: _Optional[str] = ..., train: _Optional[_Union[TrainModel, _Mapping]] = ..., load: _Optional[_Union[LoadModel, _Mapping]] = ..., rollback: _Optional[_Union[RollbackModel, _Mapping]] = ..., asked_by: _Optional[str] = ..., reason: _Optional[str] = ...) -> None: ...

class TrainModel(_message.Message):
    __slots__ = ("auto_deploy",)
    AUTO_DEPLOY_FIELD_NUMBER: _ClassVar[int]
    auto_deploy: bool
    def __init__(self, auto_deploy: _Optional[bool] = ...) -> None: ...

class LoadModel(_message.Message):
    __slots__ = ("model_version",)
    MODEL_VERSION_FIELD_NUMBER: _ClassVar[int]
    model_version: str
    def __init__(self, model_version: _Optional[str] = ...) -> None: ...

class RollbackModel(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ModelReply(_message.Message):
    __slots__ = ("training_id", "promoted", "message")
    TRAINING_ID_FIELD_NUMBER: _ClassVar[int]
    PROMOTED_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    training_id: str
    promoted: _model_pb2.ModelPromoted
    message: str
    def __init__(self, training_id: _Optional[str] = ..., promoted: _Optional[_Union[_model_pb2.ModelPromoted, _Mapping]] = ..., message: _Optional[str] = ...) -> None: ...
