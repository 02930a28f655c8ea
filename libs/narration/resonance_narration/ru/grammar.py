"""Russian numbers, plurals and stretches of time.

A whole number takes one of three forms by its last digits (CLDR plural rules "one", "few", "many"); a fraction
takes the genitive singular: "1 сообщение, 2 сообщения, 5 сообщений, 1,5 сообщения".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from resonance_narration.numbers import NumberStyle, render
from resonance_narration.scales import scale_time
from resonance_narration.voice import Say

NO_BREAK_SPACE: Final = "\u00a0"
STYLE: Final = NumberStyle(decimal=",", group=NO_BREAK_SPACE, group_from=10_000, percent=f"{NO_BREAK_SPACE}%")


@dataclass(frozen=True, slots=True)
class Forms:
    """What is counted, after 1, after 2, after 5 and after a fraction."""

    one: str
    few: str
    many: str
    fraction: str


def noun(one: str, few: str, many: str, rest: str = "") -> Forms:
    """Forms of a noun in the nominative, each followed by `rest`."""
    return Forms(one + rest, few + rest, many + rest, few + rest)


_TIMES: Final = {
    "s": noun("секунда", "секунды", "секунд"),
    "min": noun("минута", "минуты", "минут"),
    "h": noun("час", "часа", "часов"),
    "d": noun("день", "дня", "дней"),
}
_OBSERVATIONS: Final = Forms(
    "аномальное наблюдение", "аномальных наблюдения", "аномальных наблюдений", "аномального наблюдения"
)
_VECTORS: Final = noun("вектор", "вектора", "векторов")
_OF_BEFORE: Final = noun("наблюдение", "наблюдения", "наблюдений")
_WEEKS: Final = Forms("неделю", "недели", "недель", "недели")
_LEARNED_FROM: Final = Forms("наблюдению", "наблюдениям", "наблюдениям", "наблюдения")


def number(value: float, extra: int = 0) -> str:
    """A bare number."""
    return render(value, STYLE, extra)


def form(text: str, forms: Forms) -> str:
    """The form that follows a written number."""
    if STYLE.decimal in text:
        return forms.fraction
    digits = "".join(c for c in text if c.isdigit())
    last, teens = int(digits[-1]), int(digits[-2:]) // 10 == 1
    if last == 1 and not teens:
        return forms.one
    return forms.few if 2 <= last <= 4 and not teens else forms.many


def count(value: float, forms: Forms, extra: int = 0) -> str:
    """A number and what is counted."""
    text = number(value, extra)
    return f"{text} {form(text, forms)}"


def counted(forms: Forms) -> Say:
    """Words for values that count something."""
    return lambda value, extra: count(value, forms, extra)


def percent(share: float, extra: int = 0) -> str:
    """A share in percent."""
    return number(100 * share, extra) + STYLE.percent


def duration(seconds: float, extra: int = 0) -> str:
    """A stretch of time in the nominative: "45 секунд", "4 минуты", "2,5 часа"."""
    value, unit = scale_time(seconds)
    return count(value, _TIMES[unit], extra)


class RussianGrammar:
    """Russian, as the telling asks for it."""

    style = STYLE
    number = staticmethod(number)
    percent = staticmethod(percent)
    duration = staticmethod(duration)

    def observations(self, count_: int) -> str:
        """ "37 аномальных наблюдений"."""
        return count(count_, _OBSERVATIONS)

    def weeks(self, count_: int) -> str:
        """ "3 недели", в винительном падеже."""
        return count(count_, _WEEKS)

    def learned_from(self, count_: int) -> str:
        """ " (по 240 наблюдениям)"."""
        return f" (по {count(count_, _LEARNED_FROM)})"

    def before(self, count_: int) -> str:
        """ "3 вектора назад"."""
        return f"{count(count_, _VECTORS)} назад"

    def last_before(self, count_: int) -> str:
        """ "последние 4 наблюдения перед этим"."""
        last = "последнее" if form(number(count_), _VECTORS) == _VECTORS.one else "последние"
        return f"{last} {count(count_, _OF_BEFORE)} перед этим"

    def ordinal(self, place: int) -> str:
        """ "3-е"."""
        return f"{place}-е"
