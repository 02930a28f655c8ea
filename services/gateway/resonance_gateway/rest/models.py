"""What questions to REST take and what explanations give."""

from __future__ import annotations

from math import isfinite
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, FiniteFloat, WithJsonSchema, model_validator

from resonance_contracts.features import BY_NAME, FEATURES
from resonance_contracts.pb.resonance.v1 import detection_pb2
from resonance_gateway.auth.tokens import MAX_USER_ID_BYTES
from resonance_gateway.news.language import Language
from resonance_gateway.news.rendered_schema import schema_of
from resonance_gateway.rest.beside_models import Counterfactual, Lime, Plot, Wants


def _known_features(features: dict[str, float]) -> dict[str, float]:
    for name, value in features.items():
        feature = BY_NAME.get(name)
        if feature is None:
            raise ValueError(f"{name[:64]!r} is not a feature; there are {', '.join(BY_NAME)}")
        if not feature.lower <= value <= feature.upper:
            raise ValueError(f"{name} is {value}; expected {feature.lower} to {feature.upper}")
    return features


def _feature_schema() -> dict[str, Any]:
    ranges = {
        f.name: {"type": "number", "minimum": f.lower} | ({"maximum": f.upper} if isfinite(f.upper) else {})
        for f in FEATURES
    }
    return {"type": "object", "properties": ranges, "additionalProperties": False, "minProperties": 1}


FeatureValues = Annotated[
    dict[str, FiniteFloat],
    Field(min_length=1),
    AfterValidator(_known_features),
    WithJsonSchema(_feature_schema()),
]
"""Values by the names of the catalogue, each in its range."""

Findings = Annotated[
    list[dict[str, Any]], WithJsonSchema({"type": "array", "items": schema_of(detection_pb2.Finding.DESCRIPTOR)})
]
"""Reasons why a vector was called anomalous, as `rendering.plain` makes them."""


def one_of(*names: str) -> dict[str, Any]:
    """The part of a schema that says that exactly one of some fields must be given."""
    return {"oneOf": [{"required": [name]} for name in names]}


EXAMPLE: Final[dict[str, Any]] = {
    "model_name": "anomaly_detection",
    "features": {
        "messages_per_minute": 25.0,
        "error_rate": 0.15,
        "connection_duration": 120,
        "burstiness_score": 0.8,
        "ip_entropy": 3.5,
    },
    "prediction": "anomaly",
    "confidence": 0.85,
}


class Asked(BaseModel):
    """What a request holds: nothing that is not named."""

    model_config = ConfigDict(extra="forbid", protected_namespaces=())


class Answer(BaseModel):
    """What an answer holds."""

    model_config = ConfigDict(protected_namespaces=())


class ExplainPrediction(Asked, Wants):
    """A prediction to be explained.

    Attributes:
        model_name: Model that made it.
        features: Values by name; a feature that is left out takes the reference's value.
        prediction, confidence: What the model is taken to have said: where it says something else, the answer says so.
        model_version: Version of the model; the one in use where none is given.
        language: Of the texts; `Accept-Language` decides where it is not given.
    """

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    model_name: str = Field("anomaly_detection", min_length=1, max_length=128)
    features: FeatureValues
    prediction: str | None = Field(None, max_length=128)
    confidence: FiniteFloat | None = Field(None, ge=0, le=1)
    model_version: str = Field("", max_length=128)
    language: Language | None = None


class ExplainAnomaly(Asked, Wants):
    """An anomaly to be explained: the latest of a user, or the one that opened an incident, told of or held back.

    Attributes:
        user_id: The user's id or key.
        alert_id: The incident's id.
        language: Of the texts; `Accept-Language` decides where it is not given.
    """

    model_config = ConfigDict(
        json_schema_extra={**one_of("user_id", "alert_id"), "examples": [{"user_id": "user_12345"}]}
    )

    user_id: str = Field(default_factory=str, min_length=1, max_length=MAX_USER_ID_BYTES)
    alert_id: str = Field(default_factory=str, min_length=1, max_length=256)
    language: Language | None = None

    @model_validator(mode="after")
    def _names_one(self) -> ExplainAnomaly:
        if bool(self.user_id) == bool(self.alert_id):
            raise ValueError("give either user_id or alert_id")
        return self


class WeekPart(Answer):
    """A part of the week.

    Attributes:
        weekday: 1 for Monday to 7 for Sunday.
        part: "night" from 0 to 6 o'clock, "morning" to 12, "afternoon" to 18, "evening" to 24.
        time_zone: Where it is that, as "Europe/Berlin".
    """

    weekday: int
    part: str
    time_zone: str


class Comparison(Answer):
    """Attributions of something else than the score, or against another reference.

    Attributes:
        of: What is attributed: "score", or the name of one of the model's detectors.
        reference: What the values are compared with: "population", "user", "user_then", which is the user's own
            normal at that time of the week, or "expected", which is what the vectors before led to expect.
        when: The part of the week of "user_then"; null of any other.
        unit, method, base_value, score, error_bound: As of the explanation itself.
        attributions: Signed, by feature.
        reference_values: Values that are compared with, by feature; empty where they are the explanation's own.
    """

    of: str
    reference: str
    when: WeekPart | None
    unit: str
    method: str
    base_value: float | None
    score: float | None
    error_bound: float | None
    attributions: dict[str, float | None]
    reference_values: dict[str, float | None]


class WindowAttribution(Answer):
    """What the vectors before add to what the detector that looks back says: base_value + vector + sum of steps =
    score; the same with sum of features.

    Attributes:
        of: Name of the detector.
        unit, method, base_value, score, error_bound: As of the explanation itself.
        vector: What the vector itself adds, against the population's medians.
        steps: What each vector before adds, oldest first, against the same.
        features: What each feature of the vectors before adds.
    """

    of: str
    unit: str
    method: str
    base_value: float | None
    score: float | None
    error_bound: float | None
    vector: float | None
    steps: list[float | None]
    features: dict[str, float | None]


class Difference(Answer):
    """Something that the request took the model to say, and that it does not say.

    Attributes:
        field: Name of the request's field.
        given: What the request held.
        said: What the model says.
    """

    field: Literal["prediction", "confidence"]
    given: str | float
    said: str | float


class Reasons(Answer):
    """Why a model says what it says.

    Attributes:
        prediction: "anomaly" where the vector is as rare as anomalies are, else "normal".
        confidence: Share of the model's detectors, by weight, that agree with the whole.
        feature_importance: Share of each feature in all attributions, 0 to 1, largest first.
        shap_values: Signed attributions, in the order of `feature_importance`.
        method, unit, reference: How they were computed, in what, and against what.
        base_value, score, residual: base_value + sum of shap_values = score, within residual.
        error_bound: How far shap_values may be from those that every coalition of features would give.
        tail_probability: Share of ordinary vectors that score at least as high.
        comparisons: What each of the model's detectors says, and the score against other references.
        sequence: Which of the vectors before, where the detector that looks back is what found the vector, where the
            vector opened an incident, or where this was asked for; null where it is not known.
        skipped: What was left out because more anomalies came than could be explained in full.
        checks_failed: Checks that failed: "score", the model gives another score than was served; "detectors", one of
            its detectors does; "sequence", it expects something else after the vectors before than it had expected.
        counterfactual: What would make the vector an ordinary one.
        lime: A line fitted beside it, where it was asked for and a model scored the vector; else null.
        plots: Pictures that were asked for.
        unfinished: Methods that a deadline cut short or left out.
        partial: Whether there are any.
    """

    model_name: str
    prediction: str | None
    confidence: float | None
    feature_importance: dict[str, float]
    technical_explanation: str
    natural_explanation: str
    shap_values: list[float]
    counterfactual: Counterfactual
    lime: Lime | None
    plots: list[Plot]
    language: str
    model_version: str
    method: str
    unit: str
    reference: str
    base_value: float | None
    score: float | None
    residual: float | None
    error_bound: float | None
    tail_probability: float | None
    comparisons: list[Comparison]
    sequence: WindowAttribution | None
    skipped: list[str]
    checks_failed: list[str]
    unfinished: list[str]
    partial: bool


class PredictionExplanation(Reasons):
    """Why a prediction is what it is.

    Attributes:
        differs: Where the request took the model to say something else; the natural text says so first.
    """

    differs: list[Difference]


class AnomalyExplanation(Reasons):
    """Why a vector was called anomalous, and which one it is."""

    vector_id: str
    user_key: str
    user_id: str | None
    stream: str
    start_us: int
    end_us: int
    severity: str
    features: dict[str, float | None]
    findings: Findings
    alert_ids: list[str]
