"""Anomalies seen lately, so that they can be asked about; every replica sees all of them."""

from __future__ import annotations

from collections.abc import Sequence

from resonance_contracts.pb.resonance.v1.detection_pb2 import Anomaly
from resonance_runtime.erasures import Erasures, received_us
from resonance_runtime.records import Record
from resonance_xai.bounded import Recent


class History:
    """The newest anomalies by vector and by the incidents they opened, and the latest one of each user.

    Args:
        size: How many of each.
        erasures: Who was erased: what was received of them until then is not taken.
    """

    def __init__(self, size: int, erasures: Erasures | None = None) -> None:
        self._erasures = Erasures() if erasures is None else erasures
        self._erasures.also(self._forget)
        self._by_vector: Recent[str, Anomaly] = Recent(size)
        self._by_user: Recent[str, Anomaly] = Recent(size)
        self._by_alert: Recent[str, Anomaly] = Recent(size)

    async def handle(self, records: Sequence[Record[Anomaly]]) -> None:
        """Takes anomalies in."""
        for record in records:
            self.take(record.value)

    def take(self, anomaly: Anomaly) -> None:
        """Takes one anomaly in; one that comes again, or late, does not replace a later one of its user."""
        if self._erasures.covers(anomaly.user_key, received_us(anomaly)):
            return
        self._by_vector.put(anomaly.vector_id, anomaly)
        for alert in (*anomaly.opened, *anomaly.held_back):
            self._by_alert.put(alert.alert_id, anomaly)
        latest = self._by_user.get(anomaly.user_key)
        if latest is None or latest.end_us <= anomaly.end_us:
            self._by_user.put(anomaly.user_key, anomaly)

    def _forget(self, user_key: str) -> None:
        for known in (self._by_vector, self._by_user, self._by_alert):
            known.drop_where(lambda anomaly: anomaly.user_key == user_key)

    def vector(self, vector_id: str) -> Anomaly | None:
        """The anomaly of a vector; None if it was not seen lately."""
        return self._by_vector.get(vector_id)

    def user(self, user_key: str) -> Anomaly | None:
        """The latest anomaly of a user; None if none was seen lately."""
        return self._by_user.get(user_key)

    def alert(self, alert_id: str) -> Anomaly | None:
        """The anomaly that opened an incident, told of or held back; None if it was not seen lately."""
        return self._by_alert.get(alert_id)
