"""An explanation that somebody has in numbers, in words."""

from __future__ import annotations

from typing import Final

from pydantic import ConfigDict, Field

from resonance_narration import Role
from resonance_tasks.contribution import Contribution
from resonance_tasks.recipient import ForSomebody
from resonance_tasks.task import Analysis, Task
from resonance_tasks.values import LONGEST_NAME, Share, Values


class PredictionInNumbers(ForSomebody):
    """What a model said of some values, and what each value added to it.

    Attributes:
        model_name: Model that said it.
        prediction: What it said.
        confidence: How sure it was, 0 to 1.
        features: Values by name.
        attributions: What each added, signed, by name; in any unit.
        references: What the values are compared with, by name.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "model_name": "anomaly_detection",
                    "prediction": "anomaly",
                    "confidence": 0.85,
                    "features": {"burstiness_score": 0.8, "ip_entropy": 3.5, "error_rate": 0.15},
                    "attributions": {"burstiness_score": 0.45, "ip_entropy": 0.32, "error_rate": 0.18},
                }
            ]
        }
    )

    recipient_role: Role = Role.DEVELOPER
    model_name: str = Field(min_length=1, max_length=LONGEST_NAME)
    prediction: str = Field("anomaly", min_length=1, max_length=LONGEST_NAME)
    confidence: Share | None = None
    features: Values = Field(min_length=1)
    attributions: Values = Field(min_length=1)
    references: Values = Field(default_factory=dict)


class PredictionInWords(Analysis):
    """Why a model says what it says, in words.

    Attributes:
        contributions: What each value added, the largest share first.
    """

    contributions: list[Contribution]


EXPLAIN_PREDICTION: Final = Task(
    "explain_prediction",
    PredictionInNumbers,
    PredictionInWords,
    "Puts an explanation that you have in numbers into words.",
    "/ml/explain/words",
)
