"""English parts of the week."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from resonance_narration.week import DayPart

_DAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
# A "Tuesday night" would be the one that follows.
_PARTS: Final = {
    DayPart.NIGHT: "in the small hours of a {day}",
    DayPart.MORNING: "on a {day} morning",
    DayPart.AFTERNOON: "on a {day} afternoon",
    DayPart.EVENING: "on a {day} evening",
}
WEEK: Final[Mapping[tuple[int, DayPart], str]] = {
    (weekday, part): said.format(day=day) for weekday, day in enumerate(_DAYS, 1) for part, said in _PARTS.items()
}
"""When, inside a sentence, by weekday and quarter of the day."""
