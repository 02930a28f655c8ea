"""Settings of xai."""

from __future__ import annotations

from pydantic import Field

from resonance_modeling.signing_settings import TrustSettings
from resonance_runtime.settings import ObjectStoreSettings, RuntimeSettings


class XaiSettings(RuntimeSettings, ObjectStoreSettings, TrustSettings):
    """What xai can be told.

    Attributes:
        cache_size: Attributions that are remembered; 0 remembers none. Variable XAI_CACHE_SIZE.
        history_size: Anomalies that can be asked about by vector or user.
        brief_after_s: Seconds that anomalies may have waited before, under a flood, those of medium and low severity
            are explained after the others and in brief.
        model_public_keys: As `TrustSettings` says.
    """

    cache_size: int = Field(1000, ge=0, le=1_000_000, validation_alias="XAI_CACHE_SIZE")
    history_size: int = Field(10_000, ge=1, le=1_000_000)
    brief_after_s: float = Field(1.0, ge=0.0, le=3600.0)
