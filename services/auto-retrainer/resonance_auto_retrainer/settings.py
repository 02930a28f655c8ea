"""Settings of the auto-retrainer."""

from __future__ import annotations

from pydantic import Field, ValidationInfo, field_validator

from resonance_auto_retrainer.policy import MINUTE_US, Policy
from resonance_modeling.signing_settings import SigningSettings
from resonance_runtime.settings import ObjectStoreSettings, RuntimeSettings
from resonance_training.drift.watch import Terms


class RetrainerSettings(RuntimeSettings, ObjectStoreSettings, SigningSettings):
    """What the auto-retrainer can be told; every variable begins with RESONANCE_.

    Attributes:
        train_min_vectors: Unflagged vectors before a training.
        train_min_users: Distinct users among them.
        train_min_span: Minutes of event time that they must cover in one stream; the longest window of a feature is an
            hour, and the first hour of a stream is not like the others.
        train_max_vectors: Vectors that are kept; older ones are forgotten.
        retrain_every_min: Minutes between a promotion and the next training; 0 never trains again.
        drift_alarms_per_day: Expected false alarms of drift a day of event time, at most, all features together.
        drift_least_effect: Changes that are smaller start no training, however sure they are; a level's in standard
            deviations of the vectors.
        drift_block_min: Minutes of event time that are compared as one; they divide a day.
        drift_cooldown_min: Minutes between a promotion and a training that drift starts.
        train_settle_s: Seconds between having enough vectors and training, in which flags may still come.
        model_key, model_public_keys: As `SigningSettings` says.
    """

    train_min_vectors: int = Field(5000, ge=2, le=10_000_000)
    train_min_users: int = Field(20, ge=1)
    train_min_span: float = Field(120.0, ge=0)
    train_max_vectors: int = Field(200_000, ge=2, le=10_000_000)
    retrain_every_min: float = Field(0.0, ge=0)
    drift_alarms_per_day: float = Field(1.0 / 30.0, gt=0, le=1)
    drift_least_effect: float = Field(0.25, gt=0)
    drift_block_min: int = Field(60, ge=1, le=360)
    drift_cooldown_min: float = Field(360.0, ge=0)
    train_settle_s: float = Field(1.0, ge=0, le=3600)

    @field_validator("drift_block_min")
    @classmethod
    def _divides_a_day(cls, value: int) -> int:
        if 1440 % value:
            raise ValueError("expected minutes that divide a day, such as 15, 30 or 60")
        return value

    @field_validator("train_max_vectors")
    @classmethod
    def _room_for_a_training(cls, value: int, info: ValidationInfo) -> int:
        needed = info.data.get("train_min_vectors", 0)
        if value < needed:
            raise ValueError(f"expected at least RESONANCE_TRAIN_MIN_VECTORS, {needed}, or no training ever starts")
        return value

    @property
    def policy(self) -> Policy:
        """When to train."""
        return Policy(
            min_vectors=self.train_min_vectors,
            min_users=self.train_min_users,
            min_span_us=round(self.train_min_span * MINUTE_US),
            retrain_every_us=round(self.retrain_every_min * MINUTE_US),
            drift_cooldown_us=round(self.drift_cooldown_min * MINUTE_US),
        )

    @property
    def drift(self) -> Terms:
        """What is asked of an alarm of drift."""
        return Terms(self.drift_alarms_per_day, self.drift_least_effect)
