"""English numbers, plurals and stretches of time."""

from __future__ import annotations

from typing import Final

from resonance_narration.numbers import NumberStyle, render
from resonance_narration.scales import scale_time
from resonance_narration.voice import Say

STYLE: Final = NumberStyle(decimal=".", group=",", group_from=1_000, percent="%")
_ORDINALS: Final = {1: "st", 2: "nd", 3: "rd"}
_TIMES: Final = {"s": ("second", "seconds"), "min": ("minute", "minutes"), "h": ("hour", "hours"), "d": ("day", "days")}


def number(value: float, extra: int = 0) -> str:
    """A bare number."""
    return render(value, STYLE, extra)


def count(value: float, one: str, many: str, extra: int = 0) -> str:
    """A number and what is counted: "1 message", "2 messages", "1.5 messages"."""
    text = number(value, extra)
    return f"{text} {one if text == '1' else many}"


def counted(one: str, many: str) -> Say:
    """Words for values that count something."""
    return lambda value, extra: count(value, one, many, extra)


def percent(share: float, extra: int = 0) -> str:
    """A share in percent."""
    return number(100 * share, extra) + STYLE.percent


def duration(seconds: float, extra: int = 0) -> str:
    """A stretch of time: "45 seconds", "4 minutes", "2.5 hours"."""
    value, unit = scale_time(seconds)
    return count(value, *_TIMES[unit], extra)


class EnglishGrammar:
    """English, as the telling asks for it."""

    style = STYLE
    number = staticmethod(number)
    percent = staticmethod(percent)
    duration = staticmethod(duration)

    def observations(self, count_: int) -> str:
        """ "37 anomalous observations"."""
        return count(count_, "anomalous observation", "anomalous observations")

    def weeks(self, count_: int) -> str:
        """ "3 weeks"."""
        return count(count_, "week", "weeks")

    def learned_from(self, count_: int) -> str:
        """ " (learned from 240 observations)"."""
        return f" (learned from {count(count_, 'observation', 'observations')})"

    def before(self, count_: int) -> str:
        """ "3 vectors before"."""
        return f"{count(count_, 'vector', 'vectors')} before"

    def last_before(self, count_: int) -> str:
        """ "the last 4 observations before it"."""
        return f"the last {count(count_, 'observation', 'observations')} before it"

    def ordinal(self, place: int) -> str:
        """ "3rd"."""
        teen = 10 < place % 100 < 20
        return f"{place}{'th' if teen else _ORDINALS.get(place % 10, 'th')}"
