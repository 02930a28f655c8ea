"""How one training goes: what is shown on `/train/{id}`, and told on `resonance.trainings.progressed.v1`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

from resonance_contracts.pb.resonance.v1.model_pb2 import TrainingProgressed
from resonance_contracts.topics import TRAININGS_PROGRESSED
from resonance_runtime.records import Outgoing


class Trigger(StrEnum):
    """Why a training was begun."""

    FIRST = "first"
    SCHEDULE = "schedule"
    DRIFT = "drift"
    REQUEST = "request"


class Stage(StrEnum):
    """What is done now."""

    WAITING = "waiting"
    SEARCHING = "searching"
    TRAINING = "training"
    STORING = "storing"
    ENDED = "ended"


@dataclass(slots=True)
class Training:
    """One training.

    Attributes:
        training_id: Its id.
        model_name: Of the model.
        trigger: Why it was begun.
        asked_by: Who asked for it, "" for nobody.
        auto_deploy: Whether what comes out goes on trial, or into service where nothing is; else it is only stored.
        started_us, updated_us: When it was begun, and when something was noted last.
        state: What is done now.
        progress: Share of the work that is done, 0 to 1.
        message: A sentence.
        revision: Number of what was told of it last.
        outcome: Of what ended: "promoted", "trial", "stored", "unchanged", "refused", "conflict", "failed".
        model_version: What came out, "" where nothing did.
        metrics: Figures of the training, by name.
    """

    training_id: str
    model_name: str
    trigger: Trigger
    asked_by: str
    auto_deploy: bool
    started_us: int
    updated_us: int
    state: Stage = Stage.WAITING
    progress: float = 0.0
    message: str = ""
    revision: int = 0
    outcome: str = ""
    model_version: str = ""
    metrics: dict[str, float] = field(default_factory=dict)

    @property
    def over(self) -> bool:
        """Whether it ended."""
        return self.state is Stage.ENDED

    def note(self, state: Stage, message: str, now_us: int, progress: float = 0.0) -> None:
        """How far it is; what is done never gets less."""
        self.state, self.message, self.updated_us = state, message, now_us
        self.progress = min(max(self.progress, progress), 1.0)

    def end(
        self, outcome: str, message: str, now_us: int, version: str = "", metrics: Mapping[str, float] | None = None
    ) -> None:
        """It ended, and how."""
        self.note(Stage.ENDED, message, now_us, 1.0)
        self.outcome, self.model_version, self.metrics = outcome, version, dict(metrics or {})

    def as_json(self) -> dict[str, Any]:
        """Body of `GET /train/{id}`."""
        return asdict(self)

    def record(self) -> Outgoing:
        """What is told of it, under its revision."""
        told = TrainingProgressed(
            training_id=self.training_id,
            model_name=self.model_name,
            trigger=self.trigger,
            revision=self.revision,
            state=self.state,
            progress=self.progress,
            message=self.message,
            started_us=self.started_us,
            updated_us=self.updated_us,
            outcome=self.outcome,
            model_version=self.model_version,
            metrics=self.metrics,
        )
        key = self.training_id
        return Outgoing(TRAININGS_PROGRESSED, told, f"{key}/{self.revision}", self.updated_us, key=key.encode())
