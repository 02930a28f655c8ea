"""Runs the feature-extractor: `python -m resonance_feature_extractor`."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from resonance_contracts.topics import Service
from resonance_feature_extractor.engine import warm
from resonance_feature_extractor.settings import FeatureExtractorSettings
from resonance_feature_extractor.state import FeatureState
from resonance_feature_extractor.worker import FeatureWorker
from resonance_runtime.objects import ObjectStore
from resonance_runtime.online.kinds import FEATURES
from resonance_runtime.online.store import OnlineStore
from resonance_runtime.service import Component, Runtime, run
from resonance_runtime.spans.kept import kept_traces

log = logging.getLogger(__name__)

HOUR_US = 3_600_000_000


def build(runtime: Runtime[FeatureExtractorSettings]) -> Sequence[Component]:
    """The parts of the service, in the order they start."""
    log.info("compiling the engine: half a minute the first time on a machine, a second from then on")
    warm()
    objects = ObjectStore(runtime.settings)
    settings = runtime.settings
    state = FeatureState(runtime.health, round(settings.max_age_hours * HOUR_US))
    online = OnlineStore(settings.redis_url, FEATURES, settings.online_ttl_s, runtime.health)
    return [objects, online, *kept_traces(runtime), FeatureWorker(runtime, state, objects, online.stored)]


if __name__ == "__main__":
    run(Service.FEATURE_EXTRACTOR, FeatureExtractorSettings, build)
