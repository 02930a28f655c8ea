"""What the REST interface takes and gives."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, FiniteFloat, model_validator

from resonance_contracts.features import BY_NAME
from resonance_gateway.auth.tokens import MAX_USER_ID_BYTES
from resonance_gateway.news.language import Language
from resonance_gateway.news.severity import Severity
from resonance_gateway.news.status import State


def _known_features(features: dict[str, float]) -> dict[str, float]:
    for name, value in features.items():
        feature = BY_NAME.get(name)
        if feature is None:
            raise ValueError(f"{name[:64]!r} is not a feature; there are {', '.join(BY_NAME)}")
        if not feature.lower <= value <= feature.upper:
            raise ValueError(f"{name} is {value}; expected {feature.lower} to {feature.upper}")
    return features


class _Request(BaseModel):
    model_config = ConfigDict(extra="forbid", protected_namespaces=())

    language: Language | None = None


class ExplainPrediction(_Request):
    """A prediction to be explained.

    Attributes:
        model_name: Model that made it.
        features: Values by name; a feature that is left out takes the reference's value.
        prediction, confidence: What the model said; given back as they are.
        model_version: Version of the model; the one in use where none is given.
        language: Of the texts; `Accept-Language` decides where it is not given.
    """

    model_name: str = Field("anomaly_detection", min_length=1, max_length=128)
    features: Annotated[dict[str, FiniteFloat], Field(min_length=1), AfterValidator(_known_features)]
    prediction: str | None = Field(None, max_length=128)
    confidence: FiniteFloat | None = Field(None, ge=0, le=1)
    model_version: str = Field("", max_length=128)


class ExplainAnomaly(_Request):
    """An anomaly to be explained: the latest of a user, or the one that opened an incident.

    Attributes:
        user_id: The user's id or key.
        alert_id: The incident's id.
    """

    user_id: str | None = Field(None, min_length=1, max_length=MAX_USER_ID_BYTES)
    alert_id: str | None = Field(None, min_length=1, max_length=256)

    @model_validator(mode="after")
    def _names_one(self) -> ExplainAnomaly:
        if (self.user_id is None) == (self.alert_id is None):
            raise ValueError("give either user_id or alert_id")
        return self


class RecentVectorsQuery(BaseModel):
    """`GET /ml/features/recent`."""

    model_config = ConfigDict(extra="forbid")

    limit: int = Field(100, ge=1, le=1000)


class RecentAnomaliesQuery(BaseModel):
    """`GET /ml/anomalies/recent`."""

    model_config = ConfigDict(extra="forbid")

    limit: int = Field(50, ge=1, le=1000)
    min_severity: Severity = Severity.LOW


class _Answer(BaseModel):
    model_config = ConfigDict(protected_namespaces=())


class Counterfactual(_Answer):
    """What would make the prediction another one; empty where none was computed."""

    suggestions: list[str] = []


class PredictionExplanation(_Answer):
    """Why a prediction is what it is.

    Attributes:
        feature_importance: Share of each feature in all attributions, 0 to 1, largest first.
        shap_values: Signed attributions, in the order of `feature_importance`.
        method, unit, reference: How they were computed, in what, and against what.
        base_value, score, error_bound: base_value + sum of shap_values = score, within error_bound.
        partial: Whether a deadline cut it short.
    """

    model_name: str
    prediction: str | None
    confidence: float | None
    feature_importance: dict[str, float]
    technical_explanation: str
    natural_explanation: str
    shap_values: list[float]
    counterfactual: Counterfactual
    language: str
    model_version: str
    method: str
    unit: str
    reference: str
    base_value: float | None
    score: float | None
    error_bound: float | None
    partial: bool


class AnomalyExplanation(PredictionExplanation):
    """Why a vector was called anomalous, and which one it is."""

    vector_id: str
    user_key: str
    user_id: str | None
    stream: str
    start_us: int
    end_us: int
    severity: str
    features: dict[str, float | None]
    findings: list[dict[str, Any]]
    alert_ids: list[str]


class VectorView(_Answer):
    """One feature vector and, where it is known, its score (0 ordinary to 1 anomalous)."""

    vector_id: str
    user_key: str
    user_id: str | None
    stream: str
    start_us: int
    end_us: int
    features: dict[str, float | None]
    score: float | None
    tail_probability: float | None
    severity: str | None


class RecentVectors(_Answer):
    """Newest vectors first."""

    count: int
    vectors: list[VectorView]


class RecentAnomalies(_Answer):
    """Newest anomalies first, with the fields of the message `Anomaly`, feature values by name, and its words."""

    count: int
    anomalies: list[dict[str, Any]]


class ServiceView(_Answer):
    """One service."""

    service: str
    state: State
    reasons: list[str]
    instances: int
    version: str
    details: dict[str, str]


class ModelView(_Answer):
    """One alias of one model; times in microseconds since the epoch."""

    model_name: str
    alias: str
    model_version: str
    revision: int
    promoted_us: int
    reason: str


class TrackingView(_Answer):
    """What this gateway does: open connections, events that wait for the broker, events lost since it started."""

    instance: str
    connections: int
    alert_readers: int
    unsent_events: int
    dropped_events: int


class Status(_Answer):
    """The state of the whole."""

    state: State
    summary: str
    services: list[ServiceView]
    models: list[ModelView]
    tracking: TrackingView
