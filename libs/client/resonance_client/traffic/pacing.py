"""How fast event time passes. Pure: real time is handed in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from resonance_client.frames import MICROSECONDS

LONGEST_DEBT_S: Final = 0.25
"""Real seconds that traffic may lag before the clock is set back; a longer burst would only fill buffers."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How event time relates to real time.

    Attributes:
        speed_up: Event seconds per real second.
        lead_s: Event seconds that anybody may be ahead of the oldest frame that is not stored. Below the 30 by
            which the gateway lets the connections of a replay be out of step before it calls them late; and
            above a round trip, or the traffic is slower than asked for.
    """

    speed_up: float
    lead_s: float = 25.0


class EventClock:
    """Event time that follows real time, and stands still between `stop` and `start`."""

    def __init__(self, pace: Pace) -> None:
        self._pace = pace
        self._event_us = 0
        self._real_s = 0.0

    def start(self, event_us: int, real_s: float) -> None:
        """From now on, event time passes from `event_us`."""
        self._event_us, self._real_s = event_us, real_s

    def horizon_us(self, real_s: float, oldest_us: int) -> int:
        """Event time up to which actions may be done now, where `oldest_us` is the oldest that is not stored.

        An action that was not done yet counts, too: what is done between two looks must not be longer than the lead.
        """
        return min(self._due_us(real_s), oldest_us + round(self._pace.lead_s * MICROSECONDS))

    def settle(self, next_us: int, real_s: float) -> None:
        """The next action is at `next_us`: set the clock back where it ran too far ahead of it."""
        behind_us = self._due_us(real_s) - next_us
        if behind_us > LONGEST_DEBT_S * self._pace.speed_up * MICROSECONDS:
            self.start(next_us, real_s)

    def _due_us(self, real_s: float) -> int:
        return self._event_us + round((real_s - self._real_s) * self._pace.speed_up * MICROSECONDS)
