from resonance_contracts.pb.resonance.v1 import detection_pb2 as _detection_pb2
from resonance_contracts.pb.resonance.v1 import explanation_pb2 as _explanation_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class EnrichmentStage(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    ENRICHMENT_STAGE_UNSPECIFIED: _ClassVar[EnrichmentStage]
    ENRICHMENT_STAGE_FACTS: _ClassVar[EnrichmentStage]
    ENRICHMENT_STAGE_EXPLAINED: _ClassVar[EnrichmentStage]
    ENRICHMENT_STAGE_RESOLVED: _ClassVar[EnrichmentStage]
    ENRICHMENT_STAGE_JUDGED: _ClassVar[EnrichmentStage]
    ENRICHMENT_STAGE_ESCALATED: _ClassVar[EnrichmentStage]

class JudgementOutcome(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    JUDGEMENT_OUTCOME_UNSPECIFIED: _ClassVar[JudgementOutcome]
    JUDGEMENT_OUTCOME_OWN: _ClassVar[JudgementOutcome]
    JUDGEMENT_OUTCOME_HELD: _ClassVar[JudgementOutcome]
    JUDGEMENT_OUTCOME_VETOED: _ClassVar[JudgementOutcome]
    JUDGEMENT_OUTCOME_REVISED: _ClassVar[JudgementOutcome]
    JUDGEMENT_OUTCOME_CONTESTED: _ClassVar[JudgementOutcome]
ENRICHMENT_STAGE_UNSPECIFIED: EnrichmentStage
ENRICHMENT_STAGE_FACTS: EnrichmentStage
ENRICHMENT_STAGE_EXPLAINED: EnrichmentStage
ENRICHMENT_STAGE_RESOLVED: EnrichmentStage
ENRICHMENT_STAGE_JUDGED: EnrichmentStage
ENRICHMENT_STAGE_ESCALATED: EnrichmentStage
JUDGEMENT_OUTCOME_UNSPECIFIED: JudgementOutcome
JUDGEMENT_OUTCOME_OWN: JudgementOutcome
JUDGEMENT_OUTCOME_HELD: JudgementOutcome
JUDGEMENT_OUTCOME_VETOED: JudgementOutcome
JUDGEMENT_OUTCOME_REVISED: JudgementOutcome
JUDGEMENT_OUTCOME_CONTESTED: JudgementOutcome

class JudgementFinding(_message.Message):
    __slots__ = ("principle", "held", "reason")
    PRINCIPLE_FIELD_NUMBER: _ClassVar[int]
    HELD_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    principle: str
    held: bool
    reason: str
    def __init__(self, principle: _Optional[str] = ..., held: _Optional[bool] = ..., reason: _Optional[str] = ...) -> None: ...

class Judgement(_message.Message):
    __slots__ = ("outcome", "author", "judge", "model", "principles_version", "findings")
    OUTCOME_FIELD_NUMBER: _ClassVar[int]
    AUTHOR_FIELD_NUMBER: _ClassVar[int]
    JUDGE_FIELD_NUMBER: _ClassVar[int]
    MODEL_FIELD_NUMBER: _ClassVar[int]
    PRINCIPLES_VERSION_FIELD_NUMBER: _ClassVar[int]
    FINDINGS_FIELD_NUMBER: _ClassVar[int]
    outcome: JudgementOutcome
    author: str
    judge: str
    model: str
    principles_version: str
    findings: _containers.RepeatedCompositeFieldContainer[JudgementFinding]
    def __init__(self, outcome: _Optional[_Union[JudgementOutcome, str]] = ..., author: _Optional[str] = ..., judge: _Optional[str] = ..., model: _Optional[str] = ..., principles_version: _Optional[str] = ..., findings: _Optional[_Iterable[_Union[JudgementFinding, _Mapping]]] = ...) -> None: ...

class AlertText(_message.Message):
    __slots__ = ("language", "title", "summary", "recommendations")
    LANGUAGE_FIELD_NUMBER: _ClassVar[int]
    TITLE_FIELD_NUMBER: _ClassVar[int]
    SUMMARY_FIELD_NUMBER: _ClassVar[int]
    RECOMMENDATIONS_FIELD_NUMBER: _ClassVar[int]
    language: str
    title: str
    summary: str
    recommendations: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, language: _Optional[str] = ..., title: _Optional[str] = ..., summary: _Optional[str] = ..., recommendations: _Optional[_Iterable[str]] = ...) -> None: ...

class Authorship(_message.Message):
    __slots__ = ("provider", "model", "degraded")
    PROVIDER_FIELD_NUMBER: _ClassVar[int]
    MODEL_FIELD_NUMBER: _ClassVar[int]
    DEGRADED_FIELD_NUMBER: _ClassVar[int]
    provider: str
    model: str
    degraded: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, provider: _Optional[str] = ..., model: _Optional[str] = ..., degraded: _Optional[_Iterable[str]] = ...) -> None: ...

class EnrichedAlert(_message.Message):
    __slots__ = ("alert_id", "revision", "stage", "alert", "recipient_role", "texts", "authorship", "attributions", "judgements")
    ALERT_ID_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    STAGE_FIELD_NUMBER: _ClassVar[int]
    ALERT_FIELD_NUMBER: _ClassVar[int]
    RECIPIENT_ROLE_FIELD_NUMBER: _ClassVar[int]
    TEXTS_FIELD_NUMBER: _ClassVar[int]
    AUTHORSHIP_FIELD_NUMBER: _ClassVar[int]
    ATTRIBUTIONS_FIELD_NUMBER: _ClassVar[int]
    JUDGEMENTS_FIELD_NUMBER: _ClassVar[int]
    alert_id: str
    revision: int
    stage: EnrichmentStage
    alert: _detection_pb2.Alert
    recipient_role: str
    texts: _containers.RepeatedCompositeFieldContainer[AlertText]
    authorship: Authorship
    attributions: _containers.RepeatedCompositeFieldContainer[_explanation_pb2.FeatureAttribution]
    judgements: _containers.RepeatedCompositeFieldContainer[Judgement]
    def __init__(self, alert_id: _Optional[str] = ..., revision: _Optional[int] = ..., stage: _Optional[_Union[EnrichmentStage, str]] = ..., alert: _Optional[_Union[_detection_pb2.Alert, _Mapping]] = ..., recipient_role: _Optional[str] = ..., texts: _Optional[_Iterable[_Union[AlertText, _Mapping]]] = ..., authorship: _Optional[_Union[Authorship, _Mapping]] = ..., attributions: _Optional[_Iterable[_Union[_explanation_pb2.FeatureAttribution, _Mapping]]] = ..., judgements: _Optional[_Iterable[_Union[Judgement, _Mapping]]] = ...) -> None: ...
