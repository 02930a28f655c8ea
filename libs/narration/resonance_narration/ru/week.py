"""Russian parts of the week."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from resonance_narration.week import DayPart

_DAYS: Final = (
    ("в", "понедельник"),
    ("во", "вторник"),
    ("в", "среду"),
    ("в", "четверг"),
    ("в", "пятницу"),
    ("в", "субботу"),
    ("в", "воскресенье"),
)
"""The accusative, with the preposition that goes before it."""

_PARTS: Final = {
    DayPart.NIGHT: "в ночь на {day}",
    DayPart.MORNING: "{at} {day} утром",
    DayPart.AFTERNOON: "{at} {day} днём",
    DayPart.EVENING: "{at} {day} вечером",
}
WEEK: Final[Mapping[tuple[int, DayPart], str]] = {
    (weekday, part): said.format(at=at, day=day)
    for weekday, (at, day) in enumerate(_DAYS, 1)
    for part, said in _PARTS.items()
}
"""When, inside a sentence, by weekday and quarter of the day."""
