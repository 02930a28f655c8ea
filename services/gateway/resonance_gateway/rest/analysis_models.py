"""An analysis on demand."""

from __future__ import annotations

from typing import Literal

from pydantic import ConfigDict, Field, model_validator

from resonance_gateway.auth.tokens import MAX_USER_ID_BYTES
from resonance_gateway.rest.models import EXAMPLE, Answer, Asked, FeatureValues, Findings, one_of


class AnalyzeAnomaly(Asked):
    """What to analyse: the newest vector of a user, or a vector that is given.

    Attributes:
        user_id: The user's id or key.
        features: Values by name; a feature that is left out takes its ordinary value.
    """

    model_config = ConfigDict(
        json_schema_extra={
            **one_of("user_id", "features"),
            "examples": [{"user_id": "user_12345"}, {"features": EXAMPLE["features"]}],
        }
    )

    user_id: str = Field(default_factory=str, min_length=1, max_length=MAX_USER_ID_BYTES)
    features: FeatureValues = Field(default_factory=dict)

    @model_validator(mode="after")
    def _names_one(self) -> AnalyzeAnomaly:
        if bool(self.user_id) == bool(self.features):
            raise ValueError("give either user_id or features")
        return self


class AnomalyAnalysis(Answer):
    """What the rules and the model in force say of one vector. A user's own baseline takes part in the stream only.

    Attributes:
        anomalous: Whether anything was found.
        severity: That of the gravest finding.
        score: 0 ordinary to 1 anomalous; null while no model was promoted.
        tail_probability: Share of ordinary vectors with a score at least this high; null without a model.
        features: The values that were judged.
        assumed: Those of them that were not given.
        findings: Reasons, gravest first.
        model_version, rules_version: What was in force.
        user_key, vector_id, start_us, end_us: Whose vector it is and of when; null where values were given.
        user_id: The user's id, where the caller may see it.
        alert_ids: Open incidents of the user.
    """

    anomalous: bool
    severity: Literal["none", "low", "medium", "high", "critical"]
    score: float | None
    tail_probability: float | None
    features: dict[str, float | None]
    assumed: dict[str, float]
    findings: Findings
    model_name: str
    model_version: str
    rules_version: str
    user_key: str | None
    user_id: str | None
    vector_id: str | None
    start_us: int | None
    end_us: int | None
    alert_ids: list[str]
