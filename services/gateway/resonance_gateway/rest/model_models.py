"""What is asked of models and answered: their versions, trainings, changes."""

from __future__ import annotations

from typing import Final, Literal

from pydantic import ConfigDict, Field

from resonance_gateway.news.recent import MOST_TRAININGS
from resonance_gateway.rest.model_kinds import ModelName, ModelType
from resonance_gateway.rest.models import Answer, Asked
from resonance_gateway.rest.status_models import ChangeView

_NAME: Final = r"^[a-z][a-z0-9_]{0,63}$"
_LONGEST_REASON: Final = 500


class ModelPath(Asked):
    """A model by name."""

    name: str = Field(pattern=_NAME)


class TrainingPath(Asked):
    """A training by its id."""

    id: str = Field(pattern=r"^[\w.-]{1,128}$")


class TrainingsQuery(Asked):
    """`GET /ml/models/train`.

    Attributes:
        limit: Trainings at most.
    """

    limit: int = Field(20, ge=1, le=MOST_TRAININGS)


class TrainModel(Asked):
    """A training that is asked for.

    Attributes:
        model_name: Of the model.
        data_source: What it learns from: what the auto-retrainer gathered of late.
        auto_deploy: Whether what comes out goes on trial, or into service where nothing is; otherwise it is stored.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"model_name": "anomaly_detection", "data_source": "recent_features", "auto_deploy": True}]
        }
    )

    model_name: ModelName
    data_source: Literal["recent_features"] = "recent_features"
    auto_deploy: bool = True


class LoadModel(Asked):
    """A version that is to serve at once, whatever trials say of it.

    Attributes:
        model_version: Its content hash, or the first eight digits of it or more.
        reason: Why, to be read with the change.
    """

    model_config = ConfigDict(json_schema_extra={"examples": [{"model_version": "3f9c2a71d0b4", "reason": "Agreed"}]})

    model_version: str = Field(pattern=r"^[0-9a-f]{8,64}$")
    reason: str = Field("", max_length=_LONGEST_REASON)


class RollBackModel(Asked):
    """The champion before this one is to serve again at once.

    Attributes:
        reason: Why, to be read with the change.
    """

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "It flags everybody."}]})

    reason: str = Field("", max_length=_LONGEST_REASON)


class TrainingBegun(Answer):
    """A training that was begun, or waits for its turn.

    Attributes:
        training_id: Its id; `/ml/models/train/{training_id}` says how it goes.
        message: A sentence.
    """

    training_id: str
    model_name: str
    data_source: str
    auto_deploy: bool
    message: str


class TrainingView(Answer):
    """How a training goes; times in microseconds since the epoch.

    Attributes:
        trigger: Why it was begun: "first", "schedule", "drift", "request".
        state: What is done now: "waiting", "searching", "training", "storing"; "ended" at last.
        progress: Share of the work that is done, 0 to 1, as far as can be told.
        message: A sentence.
        outcome: Of what ended: "promoted", "trial", "stored", "unchanged", "refused", "conflict", "failed"; else null.
        model_version: What came out; null where nothing did.
        metrics: Figures measured in training, by name.
    """

    training_id: str
    model_name: str
    trigger: str
    state: str
    progress: float
    message: str
    started_us: int
    updated_us: int
    outcome: str | None
    model_version: str | None
    metrics: dict[str, float | None]


class Trainings(Answer):
    """Trainings, the one that began last first."""

    count: int
    trainings: list[TrainingView]


class AliasView(Answer):
    """What an alias of a model names.

    Attributes:
        alias: "champion" serves; "challenger" serves a share of the users; "shadow" is scored and tells nobody.
        previous_version: What it named before; null for nothing.
        share: Share of the users whom a challenger serves; null for other aliases.
        revision: Number of the change of this alias, from 1.
        since_us: Since when, microseconds since the epoch.
        reason: Why, a sentence.
    """

    alias: str
    model_version: str
    previous_version: str | None
    share: float | None
    revision: int
    since_us: int
    reason: str


class ModelEntry(Answer):
    """One model.

    Attributes:
        type: What it gives; null of a model that this gateway does not know.
        purpose: What it is for, a sentence.
        features: What it goes by.
        aliases: What is in use, the champion first; empty before the first training.
        versions: That this gateway heard of, those in use first; `load` takes them, and any other of the registry.
        drift: What changed since the champion was trained.
        training: The one under way; null where none is.
    """

    model_name: str
    type: ModelType | None
    purpose: str
    features: list[str]
    aliases: list[AliasView]
    versions: list[str]
    drift: list[ChangeView]
    training: TrainingView | None


class ModelList(Answer):
    """Every model."""

    count: int
    models: list[ModelEntry]


class AliasChanged(Answer):
    """An alias as it was changed.

    Attributes:
        message: A sentence.
        change: The alias now.
    """

    model_name: str
    message: str
    change: AliasView
