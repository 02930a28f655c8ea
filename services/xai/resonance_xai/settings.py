"""Settings of xai."""

from __future__ import annotations

from pydantic import Field

from resonance_modeling.signing_settings import TrustSettings
from resonance_runtime.settings import ObjectStoreSettings, RedisPassword, RuntimeSettings


class XaiSettings(RuntimeSettings, ObjectStoreSettings, RedisPassword, TrustSettings):
    """What xai can be told.

    Attributes:
        cache_size: Attributions that are remembered, and answers over HTTP; 0 remembers none. Variable XAI_CACHE_SIZE.
        cache_ttl_s: How long answers over HTTP stay in Redis, seconds. Variable XAI_CACHE_TTL_S.
        enable_shap, enable_lime: Whether Shapley values and plots, and LIME, can be asked for, over HTTP and by
            topic. Variables
            XAI_ENABLE_SHAP and XAI_ENABLE_LIME.
        redis_url, redis_password: Where replicas share answers over HTTP; without it, each has its own.
        history_size: Anomalies that can be asked about by vector, user or incident.
        brief_after_s: Seconds that anomalies may have waited before, under a flood, those of medium and low severity
            are explained after the others and in brief.
        model_public_keys: As `TrustSettings` says.
    """

    cache_size: int = Field(1000, ge=0, le=1_000_000, validation_alias="XAI_CACHE_SIZE")
    cache_ttl_s: int = Field(3600, ge=1, le=30 * 24 * 3600, validation_alias="XAI_CACHE_TTL_S")
    enable_shap: bool = Field(True, validation_alias="XAI_ENABLE_SHAP")
    enable_lime: bool = Field(True, validation_alias="XAI_ENABLE_LIME")
    redis_url: str | None = Field(None, pattern=r"^rediss?://")
    history_size: int = Field(10_000, ge=1, le=1_000_000)
    brief_after_s: float = Field(1.0, ge=0.0, le=3600.0)
