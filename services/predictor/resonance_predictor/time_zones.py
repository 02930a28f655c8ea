"""Parts of a week in a time zone: which quarter of which day it is there, for many instants at once.

A part has a number: quarters of a day since 1970-01-01, 0 o'clock there. Weeks begin with Monday.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

Times = NDArray[np.int64]

SECOND_US: Final = 1_000_000
DAY_US: Final = 24 * 3600 * SECOND_US
QUARTER_US: Final = DAY_US // 4
WEEK_US: Final = 7 * DAY_US
PARTS: Final = 28
"""Parts of a week: 7 days of 4 quarters."""

MOST_DAYS: Final = 1024
"""Days whose offsets are remembered."""

_THURSDAY: Final = 3 * 4
"""The first part of the week that 1970-01-01 was: a Thursday."""

_LATEST_US: Final = round(datetime(9999, 12, 30, tzinfo=UTC).timestamp()) * SECOND_US
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class UnknownTimeZone(ValueError):
    """There is no such time zone; `str()` says so, and what would be one."""


@dataclass(frozen=True, slots=True)
class _Day:
    """The offset of local time in one day of UTC: `before` until `change_us`, `after` from then on."""

    before_us: int
    change_us: int
    after_us: int


@dataclass(frozen=True, slots=True)
class TimeZone:
    """A time zone of the IANA database.

    Attributes:
        name: As "Europe/Berlin".
    """

    name: str
    _zone: ZoneInfo = field(repr=False, compare=False)
    _days: dict[int, _Day] = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def of(cls, name: str) -> TimeZone:
        """A time zone by its name.

        Raises:
            UnknownTimeZone: There is none of this name.
        """
        try:
            return cls(name, ZoneInfo(name))
        # Of a directory of the database it raises OSErrors, of a name that leaves it ValueErrors.
        except (KeyError, OSError, ValueError) as error:
            raise UnknownTimeZone(
                f"there is no time zone {name[:100]!r}; expected a name of the IANA database, as 'Europe/Berlin' or "
                "'UTC'"
            ) from error

    def parts(self, times_us: Times) -> Times:
        """Number of the part that each instant is in, (n,), of microseconds since 1970 in UTC.

        Instants before 1970 and after 9999 count as the first and the last between.
        """
        times = np.clip(times_us, 0, _LATEST_US)
        days = times // DAY_US
        if len(days) and days.min() == days.max():
            return (times + self._offsets(int(days[0]), times)) // QUARTER_US
        found = np.empty(len(times), dtype=np.int64)
        for day in np.unique(days).tolist():
            some = days == day
            found[some] = (times[some] + self._offsets(day, times[some])) // QUARTER_US
        return found

    def _offsets(self, day: int, times: Times) -> Times | int:
        """How far local time is ahead at instants of one day, microseconds."""
        known = self._days.get(day)
        if known is None:
            if len(self._days) >= MOST_DAYS:
                self._days.clear()
            known = self._days[day] = self._look_up(day)
        if known.before_us == known.after_us:
            return known.after_us
        return np.where(times < known.change_us, known.before_us, known.after_us)

    def _look_up(self, day: int) -> _Day:
        """The day's offsets. No zone changes twice a day, so a change is found by halving."""
        first, last = day * 24 * 3600, (day + 1) * 24 * 3600 - 1
        before, after = self._offset_us(first), self._offset_us(last)
        while before != after and last - first > 1:
            middle = (first + last) // 2
            first, last = (middle, last) if self._offset_us(middle) == before else (first, middle)
        return _Day(before, last * SECOND_US, after)

    def _offset_us(self, second: int) -> int:
        """How far local time is ahead, microseconds."""
        offset = (_EPOCH + timedelta(seconds=second)).astimezone(self._zone).utcoffset()
        return round((offset or timedelta()).total_seconds()) * SECOND_US


UTC_ZONE: Final = TimeZone.of("UTC")


def week_part(part: int) -> tuple[int, int]:
    """Day of the week, 1 for Monday to 7 for Sunday, and quarter of the day, 1 to 4, of a part's number."""
    day, quarter = divmod(part_of_week(part), 4)
    return day + 1, quarter + 1


def part_of_week(part: int) -> int:
    """Place in the week, 0 to 27, of a part's number."""
    return (part + _THURSDAY) % PARTS


def parts_of_week(parts: Times) -> Times:
    """Places in the week, 0 to 27, of numbers of parts, (n,)."""
    found: Times = (parts + _THURSDAY) % PARTS
    return found
