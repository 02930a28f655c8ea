"""What was seen at this time of the day on the days before."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from datetime import datetime
from typing import Final

DAYS: Final = 7
SLOT_MINUTES: Final = 5
SLOTS_AROUND: Final = 3
DAY_MINUTES: Final = 24 * 60
SLOTS: Final = DAY_MINUTES // SLOT_MINUTES
SAME_DAY_MINUTES: Final = DAY_MINUTES // 2


@dataclass(slots=True)
class Seen:
    """The values of one slot of one day: from lowest to highest."""

    since: int
    lowest: float
    highest: float


class TimesOfDay:
    """Keeps, for each five minutes of the day, between which values the last seven days were.

    It takes the same memory for ever, at most SLOTS times DAYS pairs of values, however many rows come.
    """

    def __init__(self) -> None:
        self._slots: list[deque[Seen]] = [deque(maxlen=DAYS) for _ in range(SLOTS)]

    def distance(self, time: datetime, value: float) -> float | None:
        """How far the value is from the nearest seen within a quarter of an hour of this time, on other days.

        Returns:
            At least 0; None where there were no other days. The value is then one of those that later days are held
            against.
        """
        minute = time.toordinal() * DAY_MINUTES + time.hour * 60 + time.minute
        at = minute % DAY_MINUTES // SLOT_MINUTES
        nearest = self._nearest(at, minute, value)
        self._remember(self._slots[at], minute, value)
        return nearest

    def _nearest(self, at: int, minute: int, value: float) -> float | None:
        found: float | None = None
        for slot in range(at - SLOTS_AROUND, at + SLOTS_AROUND + 1):
            for seen in self._slots[slot % SLOTS]:
                # Today's own rows are no other day, and across midnight neither are those of some minutes ago.
                if minute - seen.since < SAME_DAY_MINUTES:
                    continue
                away = max(seen.lowest - value, value - seen.highest, 0.0)
                if found is None or away < found:
                    found = away
        return found

    @staticmethod
    def _remember(slot: deque[Seen], minute: int, value: float) -> None:
        if slot and minute - slot[-1].since < SAME_DAY_MINUTES:
            slot[-1].lowest = min(slot[-1].lowest, value)
            slot[-1].highest = max(slot[-1].highest, value)
        else:
            slot.append(Seen(minute, value, value))
