"""Incidents that were raised, by id: what a plan is asked for."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from typing import Final, Protocol

from resonance_contracts.pb.resonance.v1 import detection_pb2
from resonance_contracts.tellings import order_of_alert
from resonance_runtime.erasures import Erasures, received_us
from resonance_runtime.records import Record

MOST: Final = 10_000


class FindsIncidents(Protocol):
    """Whoever knows incidents."""

    def find(self, alert_id: str) -> detection_pb2.Alert | None:
        """The newest that is known of an incident."""


class RecentIncidents:
    """The newest 10,000 incidents, in memory; of those who were erased there are none.

    Args:
        erasures: Who was erased.
    """

    def __init__(self, erasures: Erasures) -> None:
        self._erasures = erasures
        self._erasures.also(self.forget)
        self._known: OrderedDict[str, detection_pb2.Alert] = OrderedDict()

    async def handle(self, records: Sequence[Record[detection_pb2.Alert]]) -> None:
        """Takes alerts as they were raised, became graver and were resolved, in any order; repeats are harmless."""
        for record in records:
            self.take(record.value)

    def take(self, alert: detection_pb2.Alert) -> None:
        """Takes one alert."""
        if self._erasures.covers(alert.user_key, received_us(alert)):
            return
        known = self._known.get(alert.alert_id)
        if known is not None and order_of_alert(known) > order_of_alert(alert):
            return
        self._known[alert.alert_id] = alert
        self._known.move_to_end(alert.alert_id)
        if len(self._known) > MOST:
            self._known.popitem(last=False)

    def find(self, alert_id: str) -> detection_pb2.Alert | None:
        """See `FindsIncidents.find`."""
        return self._known.get(alert_id)

    def forget(self, user_key: str) -> None:
        """Forgets the incidents of a user."""
        for id_ in [id_ for id_, alert in self._known.items() if alert.user_key == user_key]:
            del self._known[id_]
