"""A warning in the log for each incident that a critical vector counts into: one, however many there are of them."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Final

from resonance_contracts.pb.resonance.v1 import detection_pb2 as pb

log = logging.getLogger(__name__)

REMEMBERED: Final = 10_000


class CriticalIncidents:
    """Remembers of which incidents was warned, the newest ones; a new process warns again."""

    def __init__(self) -> None:
        self._warned: dict[str, None] = {}

    def take(self, anomalies: Sequence[pb.Anomaly]) -> None:
        """Warns of what is critical and new; users are named by their pseudonyms."""
        for anomaly in anomalies:
            if anomaly.severity != pb.SEVERITY_CRITICAL:
                continue
            for alert_id in anomaly.alert_ids:
                if alert_id not in self._warned:
                    self._warn(alert_id, anomaly)

    def _warn(self, alert_id: str, anomaly: pb.Anomaly) -> None:
        self._warned[alert_id] = None
        if len(self._warned) > REMEMBERED:
            del self._warned[next(iter(self._warned))]
        gravest = [found.kind for found in anomaly.findings if found.severity == pb.SEVERITY_CRITICAL]
        log.warning(
            "a critical anomaly",
            extra={
                "alert_id": alert_id,
                "vector_id": anomaly.vector_id,
                "user_key": anomaly.user_key,
                "stream": anomaly.stream,
                "kinds": gravest,
            },
        )
