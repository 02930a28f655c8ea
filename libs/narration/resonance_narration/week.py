"""Parts of the week: of what a user's own normal is, where it is kept by time."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum


class DayPart(IntEnum):
    """A quarter of a day, with the numbers of the wire."""

    NIGHT = 1
    MORNING = 2
    AFTERNOON = 3
    EVENING = 4


@dataclass(frozen=True, slots=True)
class WeekPart:
    """A part of the week, as Tuesday evening.

    Attributes:
        weekday: 1 for Monday to 7 for Sunday.
        part: Quarter of that day; the night is the one that the day begins with.
        time_zone: Where it is that, as "Europe/Berlin".
    """

    weekday: int
    part: DayPart
    time_zone: str
