"""The newest vectors, anomalies, alerts and explanations, bounded, each id once."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from resonance_contracts.pb.resonance.v1 import alert_pb2, detection_pb2, explanation_pb2, features_pb2, model_pb2

T = TypeVar("T")

CAPACITY: Final = 1000


class Newest(Generic[T]):
    """Items by id, oldest arrival first; the oldest goes when there are too many."""

    def __init__(self, capacity: int = CAPACITY) -> None:
        self._capacity = capacity
        self._items: OrderedDict[str, T] = OrderedDict()

    def __len__(self) -> int:
        return len(self._items)

    def put(self, key: str, item: T) -> bool:
        """Adds an item unless its id is known; returns whether it was added."""
        if key in self._items:
            return False
        self.replace(key, item)
        return True

    def replace(self, key: str, item: T) -> None:
        """Adds an item; one with the same id keeps its place and takes the new content."""
        self._items[key] = item
        if len(self._items) > self._capacity:
            self._items.popitem(last=False)

    def get(self, key: str) -> T | None:
        """The item of an id."""
        return self._items.get(key)

    def newest_first(self) -> Iterator[T]:
        """All items, the one that arrived last first."""
        return reversed(self._items.values())


@dataclass(frozen=True, slots=True)
class Vector:
    """One feature vector; values in the catalogue's order."""

    vector_id: str
    user_key: str
    stream: str
    start_us: int
    end_us: int
    values: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Score:
    """What the predictor said of one vector; NaN where no model scored."""

    score: float
    tail_probability: float
    severity: int


class Recent:
    """What operators ask for. Filled from topics; repeats of a record change nothing.

    The methods that take alerts, explanations and words return whether the record was news.
    """

    def __init__(self) -> None:
        self.vectors: Newest[Vector] = Newest()
        # Scores may arrive before their vectors, which come over another topic.
        self._scores: Newest[Score] = Newest(2 * CAPACITY)
        self.anomalies: Newest[detection_pb2.Anomaly] = Newest()
        self.alerts: Newest[detection_pb2.Alert] = Newest()
        self.explanations: Newest[explanation_pb2.Explanation] = Newest()
        self.enriched: Newest[alert_pb2.EnrichedAlert] = Newest()
        self.models: dict[str, model_pb2.ModelPromoted] = {}

    def take_vectors(self, batch: features_pb2.VectorBatch) -> None:
        """Takes the vectors of a batch; all but the last CAPACITY would be gone at its end, so those are skipped."""
        width = batch.width
        for i in range(max(0, len(batch.vector_id) - CAPACITY), len(batch.vector_id)):
            self.vectors.put(
                batch.vector_id[i],
                Vector(
                    batch.vector_id[i],
                    batch.user_key[i],
                    batch.stream,
                    batch.start_us[i],
                    batch.end_us[i],
                    tuple(batch.values[i * width : (i + 1) * width]),
                ),
            )

    def take_scores(self, batch: detection_pb2.PredictionBatch) -> None:
        """Takes the scores of a batch."""
        for i in range(max(0, len(batch.vector_id) - CAPACITY), len(batch.vector_id)):
            self._scores.put(batch.vector_id[i], Score(batch.score[i], batch.tail_probability[i], batch.severity[i]))

    def take_anomaly(self, anomaly: detection_pb2.Anomaly) -> bool:
        """Takes an anomaly."""
        return self.anomalies.put(anomaly.vector_id, anomaly)

    def take_alert(self, alert: detection_pb2.Alert) -> bool:
        """Takes an alert; a resolved one, or a later revision, replaces an earlier one."""
        known = self.alerts.get(alert.alert_id)
        if known is not None and (known.state, known.revision) >= (alert.state, alert.revision):
            return False
        self.alerts.replace(alert.alert_id, alert)
        return True

    def take_explanation(self, explanation: explanation_pb2.Explanation) -> bool:
        """Takes an explanation."""
        return self.explanations.put(explanation.vector_id, explanation)

    def take_enriched(self, enriched: alert_pb2.EnrichedAlert) -> bool:
        """Takes an alert in words; a later revision replaces an earlier one."""
        known = self.enriched.get(enriched.alert_id)
        if known is not None and known.revision >= enriched.revision:
            return False
        self.enriched.replace(enriched.alert_id, enriched)
        return True

    def take_promotion(self, promoted: model_pb2.ModelPromoted) -> None:
        """Takes a promotion; keeps the newest of each model and alias."""
        key = f"{promoted.model_name}/{promoted.alias}"
        known = self.models.get(key)
        if known is None or promoted.revision > known.revision:
            self.models[key] = promoted

    def score(self, vector_id: str) -> Score | None:
        """Score of a vector, None where it was not scored yet."""
        return self._scores.get(vector_id)

    def anomaly_of(self, user_key: str) -> detection_pb2.Anomaly | None:
        """The latest anomaly of a user, by event time."""
        found = [a for a in self.anomalies.newest_first() if a.user_key == user_key]
        return max(found, key=lambda a: a.end_us, default=None)
