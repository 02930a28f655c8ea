"""How far event time has come on each stream.

A watermark is a promise: no later event of the stream from this gateway will be earlier. Live events are stamped
on arrival by a clock that never goes back, so the promise is now. A replay sends the times of a record, over
several connections that are not in step; its promise is the newest time it has sent, less an allowance for the
connections that lag behind. What is later still counts as late by each feature's own rule.
"""

from __future__ import annotations

from typing import Final

from resonance_gateway.tracking.activity import Stream

REPLAY_LATENESS_US: Final = 30_000_000


class Watermarks:
    """Watermarks of all streams; live's comes from the clock."""

    def __init__(self) -> None:
        self._newest_us: dict[Stream, int] = {}

    def saw(self, stream: Stream, time_us: int) -> None:
        """An event of a replay was taken in."""
        if time_us > self._newest_us.get(stream, 0):
            self._newest_us[stream] = time_us

    def of(self, stream: Stream, now_us: int) -> int:
        """Watermark of a stream, in microseconds; 0 promises nothing: replays without events, clocks of backends."""
        if stream.by_backends:
            return 0
        if not stream.is_replay:
            return now_us
        return max(0, self._newest_us.get(stream, 0) - REPLAY_LATENESS_US)

    def forget(self, stream: Stream) -> None:
        """The stream is over."""
        self._newest_us.pop(stream, None)
