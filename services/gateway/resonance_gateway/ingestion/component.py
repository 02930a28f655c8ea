"""What backends tell, as a component of the gateway."""

from __future__ import annotations

from typing import Any, Final

from resonance_contracts.topics import ACTIVITY_SUBMITTED
from resonance_gateway.ingestion.consumer import GROUP
from resonance_gateway.ingestion.intake import Intake
from resonance_runtime.loop import RecordLoop
from resonance_runtime.partition import BatchHandling
from resonance_runtime.runtime import Runtime

# Read in one go, which takes some milliseconds, and others wait meanwhile.
MAX_BATCH: Final = 250


class Ingestion:
    """Reads the public topic, and takes nothing from anybody once the gateway stops.

    Args:
        runtime: Of the gateway.
        intake: Stores what is told, over REST too.
        handling: Handles the records of the topic.
    """

    def __init__(self, runtime: Runtime[Any], intake: Intake, handling: BatchHandling) -> None:
        self._intake = intake
        self._loop = RecordLoop(
            runtime, group=GROUP, topics=[ACTIVITY_SUBMITTED], handling=handling, max_batch=MAX_BATCH, needed=False
        )

    async def start(self) -> None:
        """Lets events in; the tracker has begun."""
        self._intake.open()
        await self._loop.start()

    async def stop(self) -> None:
        """Ends the batches in work, and leaves the group."""
        self._intake.close()
        await self._loop.stop()
