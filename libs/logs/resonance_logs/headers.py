"""What stands before a message: time, level, process, component, request. Recognised by form, whatever wrote the line.

A header is a run of fields: at most five before the time, such as a host or a file's name, then the time, then fields
that are no prose (numbers, names in brackets, capitals, dotted names) up to a level, a `component:` or a bracket.
A line without a time has a header where a level stands first.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from resonance_logs.fields import FIELD, LEVEL, SEPARATORS, Fields
from resonance_logs.levels import Level, level_of
from resonance_logs.timestamps import Clock, Stamp

LATEST_TIME: Final = 160
"""Characters before a time that may be part of a header."""
MOST_BEFORE: Final = 5

_PRIORITY: Final = re.compile(r"<\d{1,3}>(?:\d )?")
_GLOG: Final = re.compile(r"(?P<level>[IWEF])(?=\d{4} \d\d:)")


@dataclass(frozen=True, slots=True)
class Entry:
    """The line that begins an entry, taken apart.

    Attributes:
        message: What follows the header.
        time: Seconds since the epoch; None where the line names no moment.
        level: How grave the line says it is; None where it says nothing.
        stamped: Whether a time stands before the message.
    """

    message: str
    time: float | None
    level: Level | None
    stamped: bool


class HeaderReader:
    """Takes lines apart.

    Args:
        clock: Reads times.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def read(self, line: str) -> Entry:
        """The header and the message of a line; a line without a header is a message."""
        start, level = 0, None
        if (priority := _PRIORITY.match(line)) is not None:
            start = priority.end()
        if (glog := _GLOG.match(line, start)) is not None:
            level, line, start = level_of(glog["level"]), line[glog.end() :], 0
        stamp = self._clock.find(line, start, start + LATEST_TIME)
        if stamp is None or not _are_fields(line[start : stamp.start]):
            return _without_time(line, start)
        if level is None:
            level = _level_in(line[start : stamp.start])
        time, end = stamp.time, stamp.end
        while (again := self._next_time(line, end)) is not None:
            time, end = (time if again.time is None else again.time), again.end
        while end < len(line) and line[end] in '])>",':
            end += 1
        fields = Fields(line, end, level, syslog=line[stamp.start].isalpha())
        message = SEPARATORS.sub("", line[fields.end :], count=1).rstrip()
        return _entry(message or line[end:].strip(), time, fields.level, stamped=True)

    def _next_time(self, line: str, end: int) -> Stamp | None:
        """A further time, at most one field after one that was found."""
        gap = SEPARATORS.match(line, end)
        begin = gap.end() if gap else end
        if (stamp := self._clock.at(line, begin)) is not None:
            return stamp
        field = FIELD.match(line, begin)
        return None if field is None else self._clock.at(line, field.end() + 1)


def _entry(message: str, time: float | None, level: Level | None, stamped: bool) -> Entry:
    if level is None and (found := LEVEL.match(message)) is not None and found["colon"]:
        level = level_of(found["level"])
    return Entry(message, time, level, stamped)


def _without_time(line: str, start: int) -> Entry:
    found = LEVEL.match(line, start)
    if found is None or not line[found.end() :].strip():
        return _entry(line.strip(), None, None, stamped=False)
    if not (found["colon"] or found.group()[0] in '[(<"' or found["level"].isupper()):
        return _entry(line.strip(), None, None, stamped=False)
    fields = Fields(line, found.end(), level_of(found["level"]))
    return Entry(line[fields.end :].strip(), None, fields.level, stamped=False)


def _are_fields(before: str) -> bool:
    """Whether what stands before a time can be fields: few, and hardly a plain word among them."""
    tokens = before.strip(' [(<"|,').split()
    plain = sum(1 for token in tokens if token.isalpha() and not token.isupper())
    return len(tokens) <= MOST_BEFORE and plain <= len(tokens) // 2


def _level_in(before: str) -> Level | None:
    for token in before.split():
        if (found := LEVEL.fullmatch(token)) is not None:
            return level_of(found["level"])
    return None
