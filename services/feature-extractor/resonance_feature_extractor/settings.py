"""Settings of the feature-extractor."""

from __future__ import annotations

from resonance_runtime.settings import KeyedSettings, OnlineSettings, RuntimeSettings


class FeatureExtractorSettings(RuntimeSettings, KeyedSettings, OnlineSettings):
    """Settings of the feature-extractor; it has none of its own."""
