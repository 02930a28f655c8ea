"""An anomaly that somebody has, looked at: how grave, from what, what to do."""

from __future__ import annotations

from typing import Final, Self

from pydantic import BaseModel, ConfigDict, Field

from resonance_tasks.contribution import Contribution
from resonance_tasks.recipient import ForSomebody
from resonance_tasks.task import Analysis, Grade, KeyOf, Task
from resonance_tasks.values import LONGEST_NAME, Share, Values


class AnomalyData(BaseModel):
    """An anomaly.

    Attributes:
        type: What kind it was called.
        features: Values by name.
        prediction: What the model said.
        confidence: How sure it was, 0 to 1.
        tail_probability: Share of ordinary activity that is at least as unusual, 0 to 1.
        severity: What the detector set; where it is given it stands.
        user_id: Whose activity it is.
        usual: What is usual of the user, by name of the feature.
        spread: How much that varies, as standard deviations, by name.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    type: str = Field("", max_length=LONGEST_NAME)
    features: Values = Field(min_length=1)
    prediction: str = Field("anomaly", max_length=LONGEST_NAME)
    confidence: Share | None = None
    tail_probability: Share | None = None
    severity: Grade | None = None
    user_id: str = Field("", max_length=256)
    usual: Values = Field(default_factory=dict)
    spread: Values = Field(default_factory=dict)


class AnomalyCase(ForSomebody):
    """An anomaly, and what each value weighs in it.

    Attributes:
        anomaly_data: The anomaly.
        ml_explanation: What each value adds to it, by name of the feature: shares or signed attributions.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "anomaly_data": {
                        "type": "unusual_timing",
                        "features": {"burstiness_score": 0.8, "ip_entropy": 3.5, "error_rate": 0.15},
                        "prediction": "anomaly",
                        "confidence": 0.85,
                    },
                    "ml_explanation": {"burstiness_score": 0.45, "ip_entropy": 0.32, "error_rate": 0.18},
                    "recipient_role": "devops",
                }
            ]
        }
    )

    anomaly_data: AnomalyData
    ml_explanation: Values = Field(default_factory=dict)

    def with_pseudonyms(self, key_of: KeyOf) -> Self:
        """See `Question.with_pseudonyms`."""
        user = self.anomaly_data.user_id
        hidden = self.anomaly_data.model_copy(update={"user_id": key_of(user) if user else ""})
        return self.model_copy(update={"anomaly_data": hidden})


class AnomalyAnalysed(Analysis):
    """What an anomaly is.

    Attributes:
        contributions: What each value weighs, the largest share first.
    """

    contributions: list[Contribution]


ANALYZE_ANOMALY: Final = Task(
    "analyze_anomaly",
    AnomalyCase,
    AnomalyAnalysed,
    "Says of an anomaly that you have how grave it is, what it comes from and what to do.",
    "/ml/analyze/anomaly",
)
