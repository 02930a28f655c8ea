"""What is to be done about an incident, by whom, in which order."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from pydantic import BaseModel, ConfigDict, Field, model_validator

from resonance_narration import Role
from resonance_tasks.recipient import ForSomebody
from resonance_tasks.task import Analysis, Grade, Task
from resonance_tasks.values import LARGEST, LONGEST_NAME, Number, Values, Whole


class IncidentData(BaseModel):
    """An incident.

    Attributes:
        kind: As alerts name it: the name of a rule, or `unusual_<group of features>`.
        severity: What it is graded.
        features: Values of the vector that opened it, by name, the strongest first.
        usual: What is usual of the user, by name of the feature.
        threshold: Of the rule, in the unit of its first feature.
        observations: Anomalous vectors so far.
        duration_seconds: From its opening to the last of them.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: str = Field(min_length=1, max_length=LONGEST_NAME)
    severity: Grade
    features: Values = Field(default_factory=dict)
    usual: Values = Field(default_factory=dict)
    threshold: Number | None = None
    observations: Whole = Field(1, ge=1, le=1_000_000_000)
    duration_seconds: float = Field(0.0, ge=0, le=LARGEST, allow_inf_nan=False)


def _unknown() -> IncidentData:
    """Stands where no incident was given; nobody reads it."""
    return IncidentData(kind="unknown", severity=Grade.LOW, observations=1, duration_seconds=0.0)


class PlanIncident(ForSomebody):
    """An incident, by its id or as facts.

    Attributes:
        alert_id: Its id, as alerts and lists have it.
        incident: The facts, where it is none of ours.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "oneOf": [{"required": ["alert_id"]}, {"required": ["incident"]}],
            "examples": [
                {
                    "incident": {
                        "kind": "message_flood",
                        "severity": "high",
                        "features": {"messages_per_minute": 240},
                        "usual": {"messages_per_minute": 12},
                        "threshold": 100,
                    },
                    "recipient_role": "devops",
                }
            ],
        }
    )

    alert_id: str = Field(default_factory=str, min_length=1, max_length=256)
    incident: IncidentData = Field(default_factory=_unknown)

    @model_validator(mode="after")
    def _names_one(self) -> PlanIncident:
        if len({"alert_id", "incident"} & self.model_fields_set) != 1:
            raise ValueError("give either alert_id or incident")
        return self


class Phase(StrEnum):
    """What a step is for."""

    CONTAIN = "contain"
    DIAGNOSE = "diagnose"
    INFORM = "inform"
    VERIFY = "verify"
    LEARN = "learn"


class PlanStep(BaseModel):
    """One step.

    Attributes:
        order: From 1.
        phase: What it is for.
        role: Who does it.
        instruction: What is to be done.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    order: int
    phase: Phase
    role: Role
    instruction: str


class IncidentPlan(Analysis):
    """A plan. Its steps come from code; `recommendations` are those of the reader.

    Attributes:
        alert_id: The incident's id; empty where facts were given.
        steps: Of everybody, in the order in which they are to be done.
    """

    alert_id: str
    steps: list[PlanStep]


INCIDENT_PLAN: Final = Task(
    "incident_plan",
    PlanIncident,
    IncidentPlan,
    "Plans what is to be done about an incident, by whom and in which order.",
    "/ml/incidents/plan",
)
