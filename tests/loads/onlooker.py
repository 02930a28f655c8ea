"""How long it takes from a frame to what is said of it, as the topics tell, while it happens."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from aiokafka import AIOKafkaConsumer, TopicPartition
from numpy.typing import NDArray

from resonance_contracts.pb.resonance.v1.detection_pb2 import SEVERITY_HIGH
from resonance_contracts.topics import (
    ALERTS_RAISED,
    ANOMALIES_DETECTED,
    EXPLANATIONS_PRODUCED,
    FEATURES_COMPUTED,
    PREDICTIONS_SCORED,
)

PARTITIONS: Final = 8
_READY_S: Final = 60.0


@dataclass(slots=True)
class Seen:
    """Times of what was seen, in the order in which it was said.

    Attributes:
        received_s: When the gateway read the newest frame that is behind it, seconds since the epoch.
        took_s: Until the predictor said it.
    """

    received_s: list[float] = field(default_factory=list)
    took_s: list[float] = field(default_factory=list)

    def add(self, received_us: int, said_ms: int) -> None:
        """One more."""
        self.received_s.append(received_us / 1e6)
        self.took_s.append(said_ms / 1e3 - received_us / 1e6)

    def between(self, first_s: float, last_s: float) -> NDArray[np.float64]:
        """Times of those whose frame came in a stretch, seconds."""
        received, took = np.array(self.received_s), np.array(self.took_s[: len(self.received_s)])
        return took[(received >= first_s) & (received < last_s)]


@dataclass(slots=True)
class Onlooker:
    """What is seen: scores of one partition in eight, and every incident.

    Attributes:
        scores: Every vector's.
        alerts: Incidents that were opened.
        grave, rest: Explanations of anomalies of high and critical severity, and of the others.
        ready: Set once everything that comes is seen.
    """

    scores: Seen = field(default_factory=Seen)
    alerts: Seen = field(default_factory=Seen)
    grave: Seen = field(default_factory=Seen)
    rest: Seen = field(default_factory=Seen)
    ready: threading.Event = field(default_factory=threading.Event)
    _vectors: dict[str, int] = field(default_factory=dict)
    _scored: dict[str, int] = field(default_factory=dict)
    _anomalies: dict[str, tuple[bool, int]] = field(default_factory=dict)

    async def look(self, bootstrap: str, until: asyncio.Event) -> None:
        """Reads what comes from now on."""
        consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, auto_offset_reset="latest")
        await consumer.start()
        try:
            alerts = [
                TopicPartition(topic.name, number)
                for topic in (ALERTS_RAISED, ANOMALIES_DETECTED, EXPLANATIONS_PRODUCED)
                for number in range(PARTITIONS)
            ]
            scores = [TopicPartition(topic.name, 0) for topic in (FEATURES_COMPUTED, PREDICTIONS_SCORED)]
            consumer.assign([*alerts, *scores])
            await consumer.seek_to_end()
            await asyncio.gather(*(consumer.position(place) for place in consumer.assignment()))
            self.ready.set()
            while not until.is_set():
                for place, records in (await consumer.getmany(timeout_ms=200)).items():
                    for record in records:
                        self._take(place.topic, record.value, record.timestamp)
        finally:
            await consumer.stop()

    def _take(self, topic: str, value: bytes, stamp_ms: int) -> None:
        if topic == FEATURES_COMPUTED.name:
            vectors = FEATURES_COMPUTED.message.FromString(value)
            for id_, received_us in zip(vectors.vector_id, vectors.last_received_us, strict=True):
                if (said_ms := self._scored.pop(id_, 0)) > 0:
                    self.scores.add(received_us, said_ms)
                else:
                    self._vectors[id_] = received_us
        elif topic == PREDICTIONS_SCORED.name:
            for id_ in PREDICTIONS_SCORED.message.FromString(value).vector_id:
                # The two topics are read by turns, so either may come first.
                if (received_us := self._vectors.pop(id_, 0)) > 0:
                    self.scores.add(received_us, stamp_ms)
                else:
                    self._scored[id_] = stamp_ms
        elif topic == ANOMALIES_DETECTED.name:
            anomaly = ANOMALIES_DETECTED.message.FromString(value)
            self._anomalies[anomaly.vector_id] = anomaly.severity >= SEVERITY_HIGH, anomaly.last_received_us
        elif topic == EXPLANATIONS_PRODUCED.name:
            found = self._anomalies.pop(EXPLANATIONS_PRODUCED.message.FromString(value).vector_id, None)
            if found is not None:
                (self.grave if found[0] else self.rest).add(found[1], stamp_ms)
        else:
            self.alerts.add(ALERTS_RAISED.message.FromString(value).last_received_us, stamp_ms)


@contextmanager
def looking(bootstrap: str) -> Iterator[Onlooker]:
    """An onlooker beside the caller's work."""
    onlooker, loop, until = Onlooker(), asyncio.new_event_loop(), asyncio.Event()
    thread = threading.Thread(target=loop.run_until_complete, args=(onlooker.look(bootstrap, until),), daemon=True)
    thread.start()
    try:
        if not onlooker.ready.wait(_READY_S):
            raise TimeoutError(f"The broker at {bootstrap} does not say where its topics end.")
        yield onlooker
    finally:
        with suppress(RuntimeError):
            loop.call_soon_threadsafe(until.set)
        thread.join(timeout=20)
