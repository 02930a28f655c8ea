"""Settings of the predictor."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from resonance_modeling.signing_settings import TrustSettings
from resonance_predictor.thresholds import DEFAULT_BUDGET, LEAST_BUDGET, MOST_BUDGET
from resonance_predictor.time_zones import TimeZone
from resonance_runtime.settings import KeyedSettings, OnlineSettings, RuntimeSettings


def _time_zone(name: str) -> str:
    TimeZone.of(name)
    return name


class PredictorSettings(RuntimeSettings, KeyedSettings, OnlineSettings, TrustSettings):
    """What the predictor can be told.

    Attributes:
        rules_file: File of rules; those of the package where it is not given.
        rules_poll_s: How often to look whether it changed, seconds.
        quiet_s: Event time without a counting vector after which an incident is resolved, seconds.
        observe_only: Whether nobody is told of incidents that open: they are counted and shown with the anomalies.
        false_incidents: How many incidents of ordinary people are bearable, of 1,000 users a day; those of rules apart.
        limits: Whether users who send too much while an incident is open are limited for a while.
        limits_last_s: Time after which such a limit ends, seconds; it is renewed while its reason lasts.
        time_zone: Where it is the part of the week, as "Tuesday evening", that explanations compare with.
        weeks_memory_days: Time since a user's last vector after which what is usual of them by part of the week is
            forgotten, in event time, days.
        model_public_keys: As `TrustSettings` says.
        rate, burst: What a user may send at the gateway, as its settings of the same names say.
    """

    rules_file: Path | None = None
    rules_poll_s: float = Field(1.0, gt=0, le=3600)
    quiet_s: float = Field(300.0, ge=1, le=12 * 3600)
    observe_only: bool = False
    false_incidents: float = Field(DEFAULT_BUDGET, ge=LEAST_BUDGET, le=MOST_BUDGET, allow_inf_nan=False)
    limits: Literal["off", "on"] = "off"
    limits_last_s: float = Field(300.0, ge=10, le=3600)
    time_zone: Annotated[str, AfterValidator(_time_zone)] = "UTC"
    weeks_memory_days: float = Field(28.0, ge=0, le=365)
    rate: float = Field(10.0, gt=0, le=1e6, allow_inf_nan=False)
    burst: float = Field(100.0, ge=1, le=1e6, allow_inf_nan=False)
