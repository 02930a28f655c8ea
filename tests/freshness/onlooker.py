"""Reads what the services say, as it comes."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from aiokafka import AIOKafkaConsumer

from resonance_contracts.pb.resonance.v1.detection_pb2 import PredictionBatch
from resonance_contracts.pb.resonance.v1.model_pb2 import DriftDetected, ModelPromoted, TrainingProgressed
from resonance_contracts.topics import (
    DRIFTS_DETECTED,
    FEATURES_COMPUTED,
    MODELS_PROMOTED,
    PREDICTIONS_SCORED,
    TRAININGS_PROGRESSED,
)
from resonance_modeling.artifact import ANOMALY_DETECTION

TOPICS: Final = {
    topic.name: topic
    for topic in (DRIFTS_DETECTED, FEATURES_COMPUTED, MODELS_PROMOTED, PREDICTIONS_SCORED, TRAININGS_PROGRESSED)
}


@dataclass(slots=True)
class Arms:
    """Vectors by who scored them, of the predictions with one challenger.

    Attributes:
        champion, challenger: How many each of them scored.
    """

    champion: int = 0
    challenger: int = 0


@dataclass(slots=True)
class Onlooker:
    """What was read so far.

    Attributes:
        changes: Changes of the anomaly model's aliases, in their order.
        drifts: Drifts.
        trainings: The newest that was told of each training, by its id.
        vectors: Ids of vectors that were computed.
        predicted: How often each vector was predicted.
        versions: Vectors by the champion that was named with them.
        arms: By version of a challenger.
        shadows: Vectors by version of the shadow that said something of them.
        longest_gap_s: Longest time between two records of predictions, while `watching`.
    """

    changes: list[ModelPromoted] = field(default_factory=list)
    drifts: list[DriftDetected] = field(default_factory=list)
    trainings: dict[str, TrainingProgressed] = field(default_factory=dict)
    vectors: set[str] = field(default_factory=set)
    predicted: Counter[str] = field(default_factory=Counter)
    versions: Counter[str] = field(default_factory=Counter)
    arms: dict[str, Arms] = field(default_factory=dict)
    shadows: Counter[str] = field(default_factory=Counter)
    longest_gap_s: float = 0.0
    watching: bool = False
    _last_s: float = 0.0

    async def read(self, bootstrap: str) -> None:
        """Reads until it is cancelled."""
        consumer = AIOKafkaConsumer(
            *TOPICS, bootstrap_servers=bootstrap, auto_offset_reset="earliest", fetch_max_wait_ms=50
        )
        await consumer.start()
        try:
            while True:
                for records in (await consumer.getmany(timeout_ms=200)).values():
                    for record in records:
                        if record.value is not None:
                            self._take(TOPICS[record.topic].message.FromString(record.value))
        finally:
            await consumer.stop()

    def named(self, alias: str) -> str:
        """Version that an alias names now, "" for none."""
        return next((c.model_version for c in reversed(self.changes) if c.alias == alias), "")

    def since_quiet(self) -> None:
        """Gaps are measured from here on."""
        self.watching, self._last_s = True, time.monotonic()

    def _take(self, message: Any) -> None:
        if isinstance(message, ModelPromoted):
            if message.model_name == ANOMALY_DETECTION and message not in self.changes:
                self.changes.append(message)
        elif isinstance(message, DriftDetected):
            self.drifts.append(message)
        elif isinstance(message, TrainingProgressed):
            self.trainings[message.training_id] = message
        elif isinstance(message, PredictionBatch):
            self._take_predictions(message)
        else:
            self.vectors.update(message.vector_id)

    def _take_predictions(self, batch: PredictionBatch) -> None:
        now = time.monotonic()
        if self.watching:
            self.longest_gap_s = max(self.longest_gap_s, now - self._last_s)
        self._last_s = now
        self.predicted.update(batch.vector_id)
        self.versions[batch.scorer.model_version] += len(batch.vector_id)
        if batch.challenger.model_version:
            arms = self.arms.setdefault(batch.challenger.model_version, Arms())
            arms.challenger += sum(batch.challenged)
            arms.champion += len(batch.challenged) - sum(batch.challenged)
        self.shadows[batch.shadow.model_version] += sum(tail == tail for tail in batch.shadow_tail_probability)


async def until(condition: Callable[[], bool], what: str, seconds: float, said: Callable[[], Sequence[str]]) -> None:
    """Waits for a condition.

    Raises:
        AssertionError: It did not come about; the text says what was last said.
    """
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"{what} did not come about within {seconds:g} s; {'; '.join(said())}"
        await asyncio.sleep(0.05)
