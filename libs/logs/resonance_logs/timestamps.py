"""Times as logs write them: where one stands in a line, and which moment it names.

A time without a zone is taken as UTC, one without a year as the latest that is not after `now`. Formats that name no
day, such as `12:30:01.250`, are recognised and name no moment.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import Final

MONTHS: Final = {name: number for number, name in enumerate(
    ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"), 1)}  # fmt: skip
_MONTH: Final = "(?P<mon>Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)"
_DAY_NAME: Final = "(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun),?"
_CLOCK: Final = r"(?P<h>\d{1,2}):(?P<mi>\d{1,2}):(?P<s>\d{1,2})(?:[.,:](?P<f>\d{1,9}))?"
_ZONE: Final = r"(?:\s?(?P<z>Z|UTC|GMT|[+-]\d{2}:?\d{2})(?![\w:]))?"
AHEAD: Final = timedelta(days=1)
_MILLISECONDS: Final = 13


@dataclass(frozen=True, slots=True)
class Stamp:
    """A time found in a line.

    Attributes:
        start, end: Where it stands.
        time: Seconds since the epoch; None where it names no day.
    """

    start: int
    end: int
    time: float | None


class Clock:
    """Finds times in lines; remembers which format came last, since a log has few of them.

    Args:
        now: What a time without a year is not after, with a zone.
    """

    def __init__(self, now: datetime | None = None) -> None:
        self._now = now or datetime.now(UTC)
        self._known: dict[str, float | None] = {}

    def find(self, text: str, start: int = 0, end: int | None = None) -> Stamp | None:
        """The first time in `text[start:end]`, that no letter or digit touches."""
        found = _ANY.search(text, start, len(text) if end is None else end)
        return None if found is None else Stamp(found.start(), found.end(), self._moment(found.group()))

    def at(self, text: str, start: int) -> Stamp | None:
        """The time that begins at `start`, if one does."""
        found = _ANY.match(text, start)
        return None if found is None else Stamp(found.start(), found.end(), self._moment(found.group()))

    def _moment(self, text: str) -> float | None:
        if text in self._known:
            return self._known[text]
        if len(self._known) >= _REMEMBERED:
            self._known.clear()
        moment = self._known[text] = self._read(text)
        return moment

    def _read(self, text: str) -> float | None:
        for pattern, read in _FORMATS:
            if (found := pattern.fullmatch(text)) is not None:
                try:
                    return read(found.groupdict(), self._now)
                except (ValueError, OverflowError):
                    return None
        return None


_REMEMBERED: Final = 4096
Parts = dict[str, str | None]


def _number(parts: Parts, name: str, default: int = 0) -> int:
    return int(parts.get(name) or default)


def _at(parts: Parts, year: int, month: int, day: int) -> datetime:
    fraction = parts.get("f") or ""
    moment = datetime(
        year, month, day, _number(parts, "h"), _number(parts, "mi"), min(_number(parts, "s"), 59),
        int(fraction[:6].ljust(6, "0")) if fraction else 0, _zone(parts.get("z")),
    )  # fmt: skip
    return moment


def _zone(text: str | None) -> timezone:
    if not text or text[0] not in "+-":
        return UTC
    minutes = int(text[1:3]) * 60 + int(text[-2:])
    return timezone(timedelta(minutes=minutes if text[0] == "+" else -minutes))


def _full(parts: Parts, now: datetime) -> float:
    return _at(parts, _number(parts, "y"), _number(parts, "m"), _number(parts, "d")).timestamp()


def _short_year(parts: Parts, now: datetime) -> float:
    return _at(parts, 2000 + _number(parts, "y"), _number(parts, "m"), _number(parts, "d")).timestamp()


def _numeric_day(parts: Parts, now: datetime) -> float:
    """Day and month in either order: 31.12.2024, 12/31/2024; the order that is a date, with slashes month first."""
    first, second = _number(parts, "a"), _number(parts, "b")
    month_first = (parts["sep"] == "/" and first <= 12) or second > 12
    month, day = (first, second) if month_first else (second, first)
    return _at(parts, _number(parts, "y"), month, day).timestamp()


def _named(parts: Parts, now: datetime) -> float:
    month = MONTHS[(parts["mon"] or "").lower()]
    if parts.get("y"):
        return _at(parts, _number(parts, "y"), month, _number(parts, "d")).timestamp()
    return _latest(parts, month, now)


def _month_day(parts: Parts, now: datetime) -> float:
    return _latest(parts, _number(parts, "m"), now)


def _latest(parts: Parts, month: int, now: datetime) -> float:
    for year in range(now.year + 1, now.year - 8, -1):
        try:
            moment = _at(parts, year, month, _number(parts, "d"))
        except ValueError:
            continue  # 29 February
        if moment <= now + AHEAD:
            return moment.timestamp()
    raise ValueError


def _epoch(parts: Parts, now: datetime) -> float:
    digits = parts["e"] or ""
    return float(digits) / 1000 if len(digits) == _MILLISECONDS else float(digits)


def _no_day(parts: Parts, now: datetime) -> None:
    return None


_YMD: Final = r"(?P<y>\d{4})[-/.](?P<m>\d{1,2})[-/.](?P<d>\d{1,2})"
_TEXTS: Final[tuple[tuple[str, Callable[[Parts, datetime], float | None]], ...]] = (
    (_YMD + r"[T ,_:-]{1,2}(?P<h>\d{1,2})[:.](?P<mi>\d{2})[:.](?P<s>\d{2})(?:[.,:](?P<f>\d{1,9}))?" + _ZONE, _full),
    (r"(?P<y>\d{4})(?P<m>\d{2})(?P<d>\d{2})[T -]" + _CLOCK + _ZONE, _full),
    (r"(?P<y>\d{4})(?P<m>\d{2})(?P<d>\d{2})T(?P<h>\d{2})(?P<mi>\d{2})(?P<s>\d{2})" + _ZONE, _full),
    (rf"(?:{_DAY_NAME} )?{_MONTH} +(?P<d>\d{{1,2}}),? {_CLOCK}(?: [A-Z]{{3,4}})?(?: (?P<y>\d{{4}}))?", _named),
    (rf"(?:{_DAY_NAME} )?{_MONTH} +(?P<d>\d{{1,2}}),? (?P<y>\d{{4}}) {_CLOCK}", _named),
    (rf"(?:{_DAY_NAME} )?(?P<d>\d{{1,2}})[ /-]{_MONTH}[ /-](?P<y>\d{{4}})[ :]{_CLOCK}{_ZONE}", _named),
    (rf"(?P<a>\d{{1,2}})(?P<sep>[./-])(?P<b>\d{{1,2}})[./-](?P<y>\d{{4}})[ ,T:]{{1,2}}{_CLOCK}{_ZONE}", _numeric_day),
    (r"(?P<y>\d{2})/(?P<m>\d{2})/(?P<d>\d{2}) " + _CLOCK, _short_year),
    (r"(?P<m>\d{2})[-./](?P<d>\d{2}) " + _CLOCK, _month_day),
    (r"(?P<m>\d{2})(?P<d>\d{2}) " + _CLOCK, _month_day),
    (r"(?P<y>\d{2})(?P<m>[01]\d)(?P<d>[0-3]\d) (?P<h>[0-2]\d)(?P<mi>[0-5]\d)(?P<s>[0-5]\d)", _short_year),
    (r"(?P<e>1\d{9}(?:\.\d+)?|1\d{12})", _epoch),
    (_YMD, _full),
    (_CLOCK, _no_day),
)
_FORMATS: Final = tuple((re.compile(text), read) for text, read in _TEXTS)
_ANY: Final = re.compile(
    r"(?<![\w.:/-])(?:" + "|".join(re.sub(r"\(\?P<\w+>", "(?:", text) for text, _ in _TEXTS) + r")(?![\w])"
)
