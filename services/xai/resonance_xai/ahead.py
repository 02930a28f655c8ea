"""Has the model in force before the first anomaly names it: fetched and loaded while the groups meet."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

from resonance_modeling.artifact import ANOMALY_DETECTION
from resonance_modeling.errors import ModelingError
from resonance_modeling.registry import Registry
from resonance_runtime.errors import Unavailable
from resonance_runtime.runtime import Runtime
from resonance_xai.champions import CHAMPION
from resonance_xai.errors import MalformedAnomaly
from resonance_xai.models import Models

log = logging.getLogger(__name__)


class Ahead:
    """A component that fetches it once. Where that fails nothing is lost: an anomaly that needs it asks again."""

    def __init__(self, runtime: Runtime[Any], registry: Registry, models: Models) -> None:
        self._runtime, self._registry, self._models = runtime, registry, models
        self._fetching: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begins; returns at once."""
        self._fetching = self._runtime.spawn("model ahead", self.fetch())

    async def stop(self) -> None:
        """Ends it, if it has not ended."""
        if self._fetching is not None:
            self._fetching.cancel()
            await asyncio.wait([self._fetching])

    async def fetch(self) -> None:
        """Fetches and loads the champion, where there is one."""
        try:
            state = await self._registry.alias(ANOMALY_DETECTION, CHAMPION)
            if state is not None and state.change.model_version:
                await self._models.get(ANOMALY_DETECTION, state.change.model_version)
        except (Unavailable, ModelingError, MalformedAnomaly) as error:
            log.info("the model in force is not had ahead", extra={"reason": str(error)})
