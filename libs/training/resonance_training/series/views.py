"""Four sides from which a row of a series is looked at; each gives a number that is higher the odder the row is."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from resonance_training.series.day import TimesOfDay

JUST_NOW_ROWS: Final = 3
SHORT_ROWS: Final = 8
BASELINE_ROWS: Final = 300
STILL_ROWS: Final = 30


@dataclass(frozen=True, slots=True)
class Looks:
    """What the four see in one row; None where one has nothing yet to hold it against.

    Attributes:
        jump: Distance to the nearest of the last three values and of those at this time on other days.
        day: Distance to the nearest of those on other days alone, its mean over the last eight rows or so.
        level: Distance of the mean of the last eight rows or so from that of the last three hundred.
        stillness: How little the value moves from row to row, mean of the last thirty or so; not above 0.
    """

    jump: float | None
    day: float | None
    level: float | None
    stillness: float | None

    def each(self) -> tuple[float | None, ...]:
        """In the order of the attributes."""
        return self.jump, self.day, self.level, self.stillness


class DecayingMean:
    """Exponentially weighted mean, the plain mean of all values while they are few.

    Args:
        rows: The weight of a value falls to 1/e² in so many rows: each new one has 2 / (rows + 1).
    """

    def __init__(self, rows: int) -> None:
        self._share, self._count, self.value = 2.0 / (rows + 1), 0, 0.0

    def add(self, value: float) -> float:
        """The mean with this value in it."""
        self._count += 1
        self.value += max(self._share, 1.0 / self._count) * (value - self.value)
        return self.value


class Views:
    """Looks at rows one by one; a look depends on the row and on earlier ones."""

    def __init__(self) -> None:
        self._just_now: deque[float] = deque(maxlen=JUST_NOW_ROWS)
        self._days, self._day = TimesOfDay(), DecayingMean(SHORT_ROWS)
        self._level, self._baseline = DecayingMean(SHORT_ROWS), DecayingMean(BASELINE_ROWS)
        self._moves = DecayingMean(STILL_ROWS)

    def look(self, time: datetime, value: float) -> Looks:
        """At the next row."""
        if not self._just_now:
            self._start(time, value)
            return Looks(None, None, None, None)
        distance = self._days.distance(time, value)
        jump = min(abs(value - one) for one in self._just_now)
        stillness = -self._moves.add(abs(value - self._just_now[-1]))
        level = abs(self._level.add(value) - self._baseline.value)
        self._baseline.add(value)
        self._just_now.append(value)
        if distance is None:
            return Looks(jump, None, level, stillness)
        return Looks(min(jump, distance), self._day.add(distance), level, stillness)

    def _start(self, time: datetime, value: float) -> None:
        self._just_now.append(value)
        self._days.distance(time, value)
        self._level.add(value)
        self._baseline.add(value)
