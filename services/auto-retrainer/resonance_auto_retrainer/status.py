"""What the auto-retrainer is doing, for people: `GET /train`, `/health` and heartbeats are made from it."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

from resonance_auto_retrainer.policy import MINUTE_US, Champion, Policy
from resonance_auto_retrainer.window import Contents
from resonance_modeling.artifact import Manifest


class State(StrEnum):
    """What it does now."""

    STARTING = "starting"
    GATHERING = "gathering"
    SETTLING = "settling"
    TRAINING = "training"
    REFUSED = "refused"
    IDLE = "idle"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Result:
    """How the last training ended.

    Attributes:
        outcome: "promoted", "trial", "stored", "unchanged", "refused" or "conflict".
        message: A sentence.
        model_version: What came out, "" where nothing did.
        seconds: How long it took.
        metrics: Figures of the training.
        parity: Largest difference between exported and trained scores, None where there is none.
    """

    outcome: str
    message: str
    model_version: str = ""
    seconds: float = 0.0
    metrics: dict[str, float] | None = None
    parity: float | None = None

    @classmethod
    def of(cls, outcome: str, message: str, manifest: Manifest, seconds: float) -> Result:
        """The result of a training that gave a version."""
        return cls(outcome, message, manifest.model_version, seconds, manifest.metrics, manifest.parity.largest)


@dataclass(slots=True)
class Status:
    """What is shown.

    Attributes:
        state: What it does now.
        reason: Why, a sentence.
        contents: What the window holds.
        champion: What is promoted, None where nothing is or it is not known yet.
        last: How the last training of this process ended.
    """

    state: State = State.STARTING
    reason: str = "The topics are being read."
    contents: Contents = field(default_factory=lambda: Contents(0, 0, 0, 0, 0))
    champion: Champion | None = None
    last: Result | None = None

    def set(self, state: State, reason: str) -> None:
        """Another state, and why."""
        self.state, self.reason = state, reason

    def as_json(self, policy: Policy) -> dict[str, Any]:
        """Body of `GET /train`."""
        return {
            "state": self.state,
            "reason": self.reason,
            "vectors": self.contents.vectors,
            "users": self.contents.users,
            "span_minutes": self.contents.span_us / MINUTE_US,
            "flagged": self.contents.flagged,
            "new_vectors": self.contents.newer,
            "needed": {
                "vectors": policy.min_vectors,
                "users": policy.min_users,
                "span_minutes": policy.min_span_us / MINUTE_US,
            },
            "champion": None if self.champion is None else asdict(self.champion),
            "last_result": None if self.last is None else asdict(self.last),
        }

    def details(self) -> dict[str, str]:
        """Facts for `/health` and heartbeats."""
        return {
            "training": self.state,
            "vectors": str(self.contents.vectors),
            "model_version": "" if self.champion is None else self.champion.version,
        }
