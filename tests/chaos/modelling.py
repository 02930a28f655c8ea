"""A process that trains a model of the vectors so far and makes it the champion: `python -m tests.chaos.modelling`.

It goes by the variables of the services, and says last, as a line of JSON, which version it is, of how many vectors.
"""

from __future__ import annotations

import asyncio
import json
import os
from typing import Final

from resonance_auto_retrainer.gathering import vectors_of
from resonance_auto_retrainer.training import train
from resonance_auto_retrainer.window import TrainingSet, VectorWindow
from resonance_contracts.features import WIDTH
from resonance_contracts.topics import ANOMALIES_DETECTED, FEATURES_COMPUTED
from tests.support.promoting import promote
from tests.support.topic_scan import scan

MOST: Final = 6_000
"""Only the newest so many vectors are learned from: more would take the run's time."""


async def gathered(bootstrap: str) -> TrainingSet:
    """The vectors on the topic, but for those that counted into an incident."""
    found = await scan(bootstrap, [FEATURES_COMPUTED, ANOMALIES_DETECTED])
    window = VectorWindow(MOST, WIDTH)
    for record in found[ANOMALIES_DETECTED.name]:
        window.flag([(record.message.end_us, record.message.vector_id)])
    for record in found[FEATURES_COMPUTED.name]:
        batch = record.message
        if batch.vector_id:
            window.add(vectors_of(batch))
    return window.training_set()


async def main() -> None:
    """Trains, promotes, tells."""
    data = await gathered(os.environ["RESONANCE_KAFKA_BOOTSTRAP"])
    artifact = train(data, {})
    await promote(artifact, os.environ)
    manifest = artifact.manifest
    members = [member.name for member in manifest.members or ()]
    told = {"name": manifest.model_name, "version": manifest.model_version, "members": members}
    print(json.dumps({**told, "vectors": len(data.values)}), flush=True)


if __name__ == "__main__":
    asyncio.run(main())
