"""The newest vectors, anomalies, alerts and explanations, bounded, each id once."""

from __future__ import annotations

import time
from collections.abc import Callable
from itertools import islice
from typing import Final

from resonance_contracts.pb.resonance.v1 import (
    alert_pb2,
    detection_pb2,
    explanation_pb2,
    features_pb2,
    model_pb2,
    operations_pb2,
)
from resonance_contracts.tellings import order_of_alert, order_of_words
from resonance_gateway.news.newest import CAPACITY, Newest
from resonance_gateway.news.trails import Trails
from resonance_gateway.news.vectors import Score, Vector
from resonance_runtime.erasures import Erasures, received_us

MAX_AGE_US: Final = 24 * 3_600_000_000
MOST_DRIFTS: Final = 16
MOST_TRAININGS: Final = 100
MOST_ANSWERABLE: Final = 10_000
"""Incidents that an operator may give a verdict on."""


class Recent:
    """What operators ask for. Filled from topics; repeats of a record change nothing.

    The methods that take alerts, explanations and words return whether the record was news.

    Args:
        capacity: Vectors that are remembered.
        max_age_us: Vectors that were read longer ago are forgotten.
        now_us: The clock, microseconds since the epoch.
        erasures: Who was erased: what was received of them until then is not taken.
    """

    def __init__(
        self,
        capacity: int = CAPACITY,
        max_age_us: int = MAX_AGE_US,
        now_us: Callable[[], int] = lambda: time.time_ns() // 1000,
        erasures: Erasures | None = None,
    ) -> None:
        self._erasures = Erasures() if erasures is None else erasures
        self._capacity = capacity
        self._max_age_us = max_age_us
        self._now_us = now_us
        self.vectors: Newest[Vector] = Newest(capacity)
        # Scores may arrive before their vectors, which come over another topic.
        self._scores: Newest[Score] = Newest(2 * capacity)
        self.trails = Trails()
        self.anomalies: Newest[detection_pb2.Anomaly] = Newest()
        # Incidents that nobody is told of are nowhere but in the anomalies that opened them.
        self._opening: Newest[detection_pb2.Anomaly] = Newest()
        self.alerts: Newest[detection_pb2.Alert] = Newest()
        self.answerable: Newest[detection_pb2.Alert] = Newest(MOST_ANSWERABLE)
        # User key of each incident whose opening was taken.
        self._openings: Newest[str] = Newest(MOST_ANSWERABLE)
        self.verdicts: Newest[operations_pb2.FeedbackGiven] = Newest(MOST_ANSWERABLE)
        self.explanations: Newest[explanation_pb2.Explanation] = Newest()
        self.enriched: Newest[alert_pb2.EnrichedAlert] = Newest()
        self.models: dict[str, model_pb2.ModelPromoted] = {}
        self.drifts: Newest[model_pb2.DriftDetected] = Newest(MOST_DRIFTS)
        self.trainings: Newest[model_pb2.TrainingProgressed] = Newest(MOST_TRAININGS)

    def take_vectors(self, batch: features_pb2.VectorBatch) -> None:
        """Takes the vectors of a batch; those that would be gone again at its end are skipped."""
        width, now_us = batch.width, self._now_us()
        self.drop_vectors(self._max_age_us)
        received = batch.last_received_us or batch.end_us
        for i in range(max(0, len(batch.vector_id) - self._capacity), len(batch.vector_id)):
            if self._erasures.covers(batch.user_key[i], received[i]):
                continue
            vector = Vector(
                batch.vector_id[i],
                batch.user_key[i],
                batch.stream,
                batch.start_us[i],
                batch.end_us[i],
                tuple(batch.values[i * width : (i + 1) * width]),
                now_us,
            )
            if self.vectors.put(vector.vector_id, vector):
                self.trails.take(vector)

    def drop_vectors(self, max_age_us: int) -> int:
        """Drops vectors that were read longer ago, and their scores; returns how many."""
        before_us = self._now_us() - max_age_us
        dropped = self.vectors.drop_while(lambda vector: vector.received_us < before_us)
        self.trails.drop_before(before_us)
        for vector_id in dropped:
            self._scores.drop(vector_id)
        return len(dropped)

    def take_scores(self, batch: detection_pb2.PredictionBatch) -> None:
        """Takes the scores of a batch."""
        for i in range(max(0, len(batch.vector_id) - 2 * self._capacity), len(batch.vector_id)):
            score = Score(batch.score[i], batch.tail_probability[i], batch.severity[i])
            self._scores.put(batch.vector_id[i], score)
            self.trails.take_score(batch.user_key[i], batch.vector_id[i], score)

    def take_anomaly(self, anomaly: detection_pb2.Anomaly) -> bool:
        """Takes an anomaly."""
        if self._erases(anomaly):
            return False
        for alert in (*anomaly.opened, *anomaly.held_back):
            self._opening.put(alert.alert_id, anomaly)
        self._flag(anomaly.user_key)
        return self.anomalies.put(anomaly.vector_id, anomaly)

    def _flag(self, user_key: str) -> None:
        """From now on the vectors of a person are kept; of those before, what is among the newest."""
        known: list[Vector] = []
        if user_key not in self.trails:
            newest = islice(self.vectors.newest_first(), CAPACITY)
            known = [vector for vector in newest if vector.user_key == user_key]
        self.trails.flag(user_key, [(vector, self._scores.get(vector.vector_id)) for vector in reversed(known)])

    def take_alert(self, alert: detection_pb2.Alert) -> bool:
        """Takes an alert; a resolved one, or a later revision, replaces an earlier one.

        Openings, rises and ends come by topics of their own: an opening is news also where another came first.
        """
        if self._erases(alert):
            return False
        is_opening = alert.state == detection_pb2.ALERT_STATE_OPEN and not alert.rises
        opens = is_opening and self._openings.put(alert.alert_id, alert.user_key)
        known = self.answerable.get(alert.alert_id)
        if known is not None and order_of_alert(known) >= order_of_alert(alert):
            return opens
        self.alerts.replace(alert.alert_id, alert)
        self.answerable.replace(alert.alert_id, alert)
        return True

    def take_verdict(self, given: operations_pb2.FeedbackGiven) -> bool:
        """Takes a verdict; a later one on the same incident replaces an earlier one."""
        if self._erases(given.alert):
            return False
        known = self.verdicts.get(given.alert_id)
        if known is not None and known.given_us >= given.given_us:
            return False
        self.verdicts.replace(given.alert_id, given)
        return True

    def take_explanation(self, explanation: explanation_pb2.Explanation) -> bool:
        """Takes an explanation."""
        if self._erases(explanation.anomaly):
            return False
        return self.explanations.put(explanation.vector_id, explanation)

    def take_enriched(self, enriched: alert_pb2.EnrichedAlert) -> bool:
        """Takes an alert in words; later ones replace those before."""
        if self._erases(enriched.alert):
            return False
        known = self.enriched.get(enriched.alert_id)
        if known is not None and order_of_words(known) >= order_of_words(enriched):
            return False
        self.enriched.replace(enriched.alert_id, enriched)
        return True

    def take_promotion(self, promoted: model_pb2.ModelPromoted) -> None:
        """Takes a promotion; keeps the newest of each model and alias, also one that names nothing any more."""
        key = f"{promoted.model_name}/{promoted.alias}"
        known = self.models.get(key)
        if known is None or promoted.revision > known.revision:
            self.models[key] = promoted

    def named(self) -> list[model_pb2.ModelPromoted]:
        """The newest promotion of each model and alias that names a version."""
        return [promoted for promoted in self.models.values() if promoted.model_version]

    def take_training(self, told: model_pb2.TrainingProgressed) -> None:
        """Takes how a training goes; a later revision replaces an earlier one."""
        known = self.trainings.get(told.training_id)
        if known is None or told.revision > known.revision:
            self.trainings.replace(told.training_id, told)

    def take_drift(self, detected: model_pb2.DriftDetected) -> None:
        """Takes a drift; keeps that of each of the last versions that drifted."""
        self.drifts.replace(detected.model_version, detected)

    def _erases(self, found: detection_pb2.Anomaly | detection_pb2.Alert) -> bool:
        return self._erasures.covers(found.user_key, received_us(found))

    def forget(self, user_key: str) -> None:
        """Forgets everything of a user."""
        for vector_id in self.vectors.drop_of(user_key, lambda vector: vector.user_key):
            self._scores.drop(vector_id)
        self.trails.forget(user_key)
        for anomalies in (self.anomalies, self._opening):
            anomalies.drop_of(user_key, lambda anomaly: anomaly.user_key)
        for alerts in (self.alerts, self.answerable):
            alerts.drop_of(user_key, lambda alert: alert.user_key)
        self._openings.drop_of(user_key, lambda owner: owner)
        self.verdicts.drop_of(user_key, lambda given: given.user_key)
        for given in self.verdicts.newest_first():
            if given.operator_key == user_key:
                given.operator_key = ""
        self.explanations.drop_of(user_key, lambda explanation: explanation.user_key)
        self.enriched.drop_of(user_key, lambda enriched: enriched.alert.user_key)

    def score(self, vector_id: str) -> Score | None:
        """Score of a vector, None where it was not scored yet."""
        return self._scores.get(vector_id)

    def vector_that_opened(self, alert_id: str) -> str | None:
        """Vector that opened an incident, told of or held back; None where it is not remembered."""
        alert, anomaly = self.answerable.get(alert_id), self._opening.get(alert_id)
        return alert.vector_id if alert is not None else None if anomaly is None else anomaly.vector_id

    def open_alerts_of(self, user_key: str) -> list[str]:
        """Ids of the open incidents of a user, newest first."""
        open_ = detection_pb2.ALERT_STATE_OPEN
        return [a.alert_id for a in self.alerts.newest_first() if a.user_key == user_key and a.state == open_]

    def anomaly_of(self, user_key: str) -> detection_pb2.Anomaly | None:
        """The latest anomaly of a user, by event time."""
        found = [a for a in self.anomalies.newest_first() if a.user_key == user_key]
        return max(found, key=lambda a: a.end_us, default=None)
