"""Runs the feature-extractor: `python -m resonance_feature_extractor`."""

from __future__ import annotations

from collections.abc import Sequence

from resonance_contracts.topics import Service
from resonance_feature_extractor.settings import FeatureExtractorSettings
from resonance_feature_extractor.state import FeatureState
from resonance_feature_extractor.worker import FeatureWorker
from resonance_runtime.objects import ObjectStore
from resonance_runtime.service import Component, Runtime, run

HOUR_US = 3_600_000_000


def build(runtime: Runtime[FeatureExtractorSettings]) -> Sequence[Component]:
    """The parts of the service, in the order they start."""
    objects = ObjectStore(runtime.settings)
    state = FeatureState(runtime.health, round(runtime.settings.max_age_hours * HOUR_US))
    return [objects, FeatureWorker(runtime, state, objects)]


if __name__ == "__main__":
    run(Service.FEATURE_EXTRACTOR, FeatureExtractorSettings, build)
