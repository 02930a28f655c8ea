"""Settings of the auto-retrainer."""

from __future__ import annotations

from pydantic import Field, ValidationInfo, field_validator

from resonance_auto_retrainer.policy import MINUTE_US, Policy
from resonance_auto_retrainer.trials.terms import Mode, TrialTerms
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
        promotion: "trial": what is trained is scored beside the champion, then serves some of the users, before it is
            the champion; "direct": it is the champion at once. Gates are asked in either case.
        trial_shadow_min: Minutes that a version is scored beside the champion, at least.
        trial_share: Share of the users whom it serves then.
        trial_min, trial_max_min: Minutes of that, at least, and at most where neither harm nor its absence is shown.
        bake_min: Minutes that the champion before is still scored beside a new one, which is rolled back if it does
            harm.
        trial_min_users, trial_min_vectors: Compared before a stage may end well, however long it takes.
        trial_alpha: Probability, at most, that a version is taken back for finding more users unusual though it finds
            no more than the champion.
        trial_ratio: Times as many users as the champion that are too many.
        train_search_s: Seconds that each training but the first may search for better parameters; 0 never does.
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
    promotion: Mode = "trial"
    trial_shadow_min: float = Field(120.0, ge=0)
    trial_share: float = Field(0.2, gt=0, lt=1)
    trial_min: float = Field(120.0, ge=0)
    trial_max_min: float = Field(720.0, gt=0, validate_default=True)
    bake_min: float = Field(360.0, ge=0)
    trial_min_users: int = Field(20, ge=1)
    trial_min_vectors: int = Field(1000, ge=1)
    trial_alpha: float = Field(0.05, gt=0, lt=1)
    trial_ratio: float = Field(1.5, gt=1)
    train_search_s: float = Field(60.0, ge=0, le=3600)
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

    @field_validator("trial_max_min")
    @classmethod
    def _no_less_than_the_least(cls, value: float, info: ValidationInfo) -> float:
        least = info.data.get("trial_min", 0.0)
        if value < least:
            raise ValueError(f"expected at least RESONANCE_TRIAL_MIN, {least:g} minutes")
        return value

    @property
    def trials(self) -> TrialTerms:
        """What is asked of a version that was trained."""
        return TrialTerms(
            mode=self.promotion,
            shadow_us=round(self.trial_shadow_min * MINUTE_US),
            share=self.trial_share,
            min_us=round(self.trial_min * MINUTE_US),
            max_us=round(self.trial_max_min * MINUTE_US),
            bake_us=round(self.bake_min * MINUTE_US),
            min_users=self.trial_min_users,
            min_vectors=self.trial_min_vectors,
            alpha=self.trial_alpha,
            ratio=self.trial_ratio,
        )

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
