"""Vectors that were flagged, found by what people know of them."""

from __future__ import annotations

from collections.abc import Callable

from resonance_contracts.pb.resonance.v1.detection_pb2 import Anomaly
from resonance_runtime.errors import Problem
from resonance_xai.history import History

_RIGHT = "expected that of one of the anomalies seen lately, as GET /ml/anomalies/recent of the gateway lists them."
_LONGEST = 100


class Cases:
    """Finds anomalies that were seen lately.

    Args:
        history: Those that were.
        read: Whether what was flagged before the start was read.
    """

    def __init__(self, history: History, read: Callable[[], bool] = lambda: True) -> None:
        self._history, self._read = history, read

    def vector(self, vector_id: str) -> Anomaly:
        """The anomaly of a vector. Raises Problem."""
        found = self._history.vector(vector_id)
        if found is None:
            self._check_read()
            raise Problem(
                404, "Unknown vector", f"There is no anomaly with the vector_id {vector_id[:_LONGEST]!r}; {_RIGHT}"
            )
        return found

    def user(self, user_key: str) -> Anomaly:
        """The latest anomaly of a user. Raises Problem."""
        self._check_read()
        found = self._history.user(user_key)
        if found is None:
            raise Problem(
                404, "Nothing flagged", f"There is no anomaly with the user_key {user_key[:_LONGEST]!r}; {_RIGHT}"
            )
        return found

    def alert(self, alert_id: str) -> Anomaly:
        """The anomaly that opened an incident, told of or held back. Raises Problem."""
        found = self._history.alert(alert_id)
        if found is None:
            self._check_read()
            raise Problem(
                404,
                "Unknown incident",
                f"There is no anomaly that opened an incident with the alert_id {alert_id[:_LONGEST]!r}; {_RIGHT}",
            )
        return found

    def known(self, anomaly: Anomaly) -> bool:
        """Whether it is still remembered: whoever was erased is not."""
        return self._history.vector(anomaly.vector_id) is not None

    def _check_read(self) -> None:
        if not self._read():
            raise Problem(
                503,
                "Past not read yet",
                "This xai was started a moment ago and has not read yet what was flagged before; ask again in a few "
                "seconds.",
            )
