"""Settings of the feature-extractor."""

from __future__ import annotations

from pydantic import Field

from resonance_runtime.settings import ObjectStoreSettings, RuntimeSettings


class FeatureExtractorSettings(RuntimeSettings, ObjectStoreSettings):
    """Settings of the feature-extractor.

    Attributes:
        max_age_hours: Users without an event for longer, in event time, are forgotten, hours.
    """

    max_age_hours: float = Field(24.0, gt=0, le=24 * 365)
