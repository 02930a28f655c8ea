"""What a model is asked to predict, and what it says in its own terms."""

from __future__ import annotations

from typing import Annotated, Any, Final

from pydantic import ConfigDict, Field, FiniteFloat, model_validator

from resonance_gateway.auth.tokens import MAX_USER_ID_BYTES
from resonance_gateway.rest.analysis_models import AnomalyAnalysis
from resonance_gateway.rest.model_kinds import ModelName, ModelType
from resonance_gateway.rest.models import EXAMPLE, Answer, Asked, FeatureValues
from resonance_tasks.values import Whole

MINUTES: Final = 30
"""Minutes that load is predicted from."""

_OF_USERS: Final = [ModelName.ANOMALY_DETECTION, ModelName.USER_BEHAVIOR]
_Count = Annotated[FiniteFloat, Field(ge=0, le=1e12)]


def _forms() -> Any:
    """The ways to ask, as schemas: each model wants something else."""
    of_users: dict[str, Any] = {"model_name": {"enum": _OF_USERS}, "inputs": False}
    of_load: dict[str, Any] = {"model_name": {"const": ModelName.LOAD_PREDICTION}, "features": False, "user_id": False}
    return [
        {"required": ["features"], "properties": {**of_users, "user_id": False}},
        {"required": ["user_id"], "properties": {**of_users, "features": False}},
        {"properties": of_load},
    ]


class LoadInputs(Asked):
    """The load of the last 30 minutes.

    Attributes:
        messages, connections: Of each minute, oldest first.
        minute: Minute of the day (UTC) in which the newest of them began, 0 to 1439.
    """

    messages: list[_Count] = Field(min_length=MINUTES, max_length=MINUTES)
    connections: list[_Count] = Field(min_length=MINUTES, max_length=MINUTES)
    minute: Whole = Field(ge=0, le=1439)


class Predict(Asked):
    """What to predict.

    Attributes:
        model_name: Which model is asked.
        features: Of `anomaly_detection`, one vector; of `user_behavior`, what the user ordinarily does. Values by name;
            a feature that is left out takes its ordinary value.
        user_id: The same of a user, by id or key, from what was received of late.
        inputs: Of `load_prediction`; without them it is predicted from the minutes that have just passed.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "oneOf": _forms(),
            "examples": [
                {"model_name": "anomaly_detection", "features": EXAMPLE["features"]},
                {"model_name": "user_behavior", "user_id": "user_12345"},
                {"model_name": "load_prediction"},
            ],
        }
    )

    model_name: ModelName
    features: FeatureValues = Field(default_factory=dict)
    user_id: str = Field(default_factory=str, min_length=1, max_length=MAX_USER_ID_BYTES)
    inputs: LoadInputs | None = None

    @model_validator(mode="after")
    def _asks_what_the_model_takes(self) -> Predict:
        given = self.model_fields_set & {"features", "user_id", "inputs"}
        if self.model_name is ModelName.LOAD_PREDICTION and given - {"inputs"}:
            raise ValueError("load_prediction takes inputs, or nothing")
        if self.model_name is not ModelName.LOAD_PREDICTION and given not in ({"features"}, {"user_id"}):
            raise ValueError(f"{self.model_name} takes either features or user_id")
        return self


class Bounds(Answer):
    """Of 100 times it is between low and high 80 times, and as often above the median as below."""

    low: float | None
    median: float | None
    high: float | None


class LoadAhead(Answer):
    """Means per minute over the next minutes.

    Attributes:
        minutes: How many minutes.
        messages: Messages a minute.
        connections: Users with an open connection who do something in a minute.
    """

    minutes: int
    messages: Bounds
    connections: Bounds


class Forecast(Answer):
    """The load to come.

    Attributes:
        counted_until_us: End of the newest minute that was counted, microseconds since the epoch; null where the
            minutes were given.
        counted_share: Share of all users of whom that predictor counted, 0 to 1: counts were divided by it. Null where
            the minutes were given.
    """

    counted_until_us: int | None
    counted_share: float | None
    horizons: list[LoadAhead]


class KindView(Answer):
    """A kind of users.

    Attributes:
        cluster: Its number, from 0.
        name: What it is called, in the language that was asked for.
        names: The same by language.
        probability: That the user is of this kind, 0 to 1.
    """

    cluster: int
    name: str
    names: dict[str, str]
    probability: float | None


class Behavior(Answer):
    """Which kind of users one is of.

    Attributes:
        cluster, name: The kind that is most probable.
        distance: How far the user is from the middle of it, in spreads of a kind.
        kinds: All of them, the most probable first.
        assumed: Features that were not given, and the values taken instead.
        vectors: How many vectors of the user it was told from; null where features were given.
    """

    cluster: int
    name: str
    distance: float | None
    kinds: list[KindView]
    assumed: dict[str, float]
    vectors: int | None


class Prediction(Answer):
    """What a model says.

    Attributes:
        model_version: The version in force; empty where rules alone spoke.
        type: What the model gives.
        prediction: "anomaly" or "ordinary", or the name of a kind of users; null of a load.
        confidence: 1 - tail probability of an anomaly and the tail probability of what is ordinary, or the probability
            of the kind; null where no model scored.
        anomaly, load, behavior: All it says, under the one that it is of; the others are null.
    """

    model_name: str
    model_version: str
    type: ModelType
    prediction: str | None
    confidence: float | None
    anomaly: AnomalyAnalysis | None = None
    load: Forecast | None = None
    behavior: Behavior | None = None
