"""How long what was found took since the gateway read the frames that it was found in, step after step.

Each step is measured where the broker, or the receiver, has what came of it: by then whoever waits for it can have it.
Replays are left out, and so is what nobody knows the time of.
"""

from __future__ import annotations

import time
from enum import StrEnum

from resonance_contracts.pb.resonance.v1.detection_pb2 import Alert, Anomaly
from resonance_runtime import metrics
from resonance_runtime.online.kinds import STREAM


class WatermarkDelay:
    """The delay of a group's watermarks, by partition."""

    def __init__(self, group: str) -> None:
        self._group = group
        self._seen: dict[int, int] = {}

    def observe(self, partition: int, stream: str, watermark_us: int) -> None:
        """A batch of a partition was handled; of replays, and where the watermark did not move, nothing is told."""
        if stream == STREAM and watermark_us > self._seen.get(partition, 0):
            self._seen[partition] = watermark_us
            delay_s = max(0.0, time.time() - watermark_us / 1e6)
            metrics.WATERMARK_DELAY.labels(group=self._group, partition=str(partition)).set(delay_s)

    def forget(self, partition: int) -> None:
        """The partition is another's."""
        if self._seen.pop(partition, None) is not None:
            metrics.WATERMARK_DELAY.remove(self._group, str(partition))


class Step(StrEnum):
    """What was reached."""

    ANOMALY = "anomaly"
    ALERT = "alert"
    EXPLANATION = "explanation"
    FACTS = "facts"
    WORDS = "words"
    JUDGED = "judged"
    PAGE = "page"
    NOTIFICATION = "notification"


class Delay:
    """The delay of one step; it is on `/metrics`, at 0, from the moment it is made."""

    def __init__(self, step: Step) -> None:
        self._first = metrics.PIPELINE_DELAY.labels(step=step, since="first_frame")
        self._last = metrics.PIPELINE_DELAY.labels(step=step, since="last_frame")

    def observe(self, found: Anomaly | Alert, now_s: float | None = None) -> None:
        """The step was reached now, or at a time in seconds since the epoch.

        Of an incident that became graver, what made it so is what was found. A clock that is behind the gateway's
        counts as no time.
        """
        told = found.rises[-1] if isinstance(found, Alert) and found.rises else found
        if found.stream != STREAM or not told.last_received_us:
            return
        now_s = time.time() if now_s is None else now_s
        self._last.observe(max(0.0, now_s - told.last_received_us / 1e6))
        self._first.observe(max(0.0, now_s - (told.first_received_us or told.last_received_us) / 1e6))
