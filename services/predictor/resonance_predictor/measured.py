"""How long anomalies and alerts took, once the broker has them."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Final

from resonance_contracts.pb.resonance.v1.detection_pb2 import Alert, Anomaly
from resonance_contracts.topics import ALERTS_ESCALATED, ALERTS_RAISED, ANOMALIES_DETECTED
from resonance_runtime.delays import Delay, Step
from resonance_runtime.records import Outgoing

DELAYS: Final[Mapping[str, Delay]] = {
    ANOMALIES_DETECTED.name: Delay(Step.ANOMALY),
    ALERTS_RAISED.name: Delay(Step.ALERT),
    ALERTS_ESCALATED.name: Delay(Step.ALERT),
}


def observe_delays(outgoing: Sequence[Outgoing]) -> None:
    """Tells of the anomalies and alerts among records that are stored."""
    now_s = time.time()
    for one in outgoing:
        delay = DELAYS.get(one.topic.name)
        if delay is not None and isinstance(one.value, Anomaly | Alert):
            delay.observe(one.value, now_s)
