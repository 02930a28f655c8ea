"""The fields of a header that follow its time: level, process, component, thread, request. Recognised by form."""

from __future__ import annotations

import re
from typing import Final

from resonance_logs.levels import LEVEL_WORD, Level, level_of

LONGEST_HEADER: Final = 640
MOST_FIELDS: Final = 8

SEPARATORS: Final = re.compile(r"[\s|,;:]*(?:[-–](?=\s)[\s|]*)?")
LEVEL: Final = re.compile(rf"[\[(<\"]?(?P<level>{LEVEL_WORD})[\])>\"]?(?P<colon>:?)(?=[\s|,:\-\]]|$)", re.IGNORECASE)
FIELD: Final = re.compile(r"(?:[A-Z][A-Z0-9_]+|[\w.$@/:#*-]*[\d._$@/:#][\w.$@/:#*-]*)(?=[\s|])")
_LETTER: Final = re.compile(r"(?P<level>[VDIWEF])(?=[ /] ?[\w.]+)")
_COMPONENT: Final = re.compile(r"[\w.$@/*#<>-]*[A-Za-z][\w.$@/*#<>-]*(?:\([^()\s]*\))?(?:\[[^\[\]\s]*\])?\s?:(?=\s|$)")
_PROCESS: Final = re.compile(r"[\w.$@/-]*[A-Za-z][\w.$@/-]*(?:\([^()\s]*\))?\[\d+\]:?(?=\s|$)")
_SOURCE: Final = re.compile(r"[\w./-]+\.\w+:\d+\]?(?=\s)")
_NUMBER: Final = re.compile(r"\d+(?=[\s|\]])")
_BRACKET: Final = re.compile(r"\[(?:[^\[\]]|\[[^\[\]]*\]){0,400}\]")
_NAME: Final = re.compile(r"[A-Za-z][\w-]*(?=\s)")
_WORDS: Final = re.compile(r"[A-Za-z]{2,}")
_LONE_DASH: Final = ("-", "–")


class Fields:
    """Walks over the fields that follow a time or a level.

    Args:
        line: The line.
        end: Where the time or the level ends.
        level: What is known of the level.
        syslog: Whether the time is written as syslog does, which names a host after it.
    """

    def __init__(self, line: str, end: int, level: Level | None, syslog: bool = False) -> None:
        self.level = level
        self.end = end
        """Where the last field ends that is surely one."""
        self._line = line
        self._at = self._begin = end
        self._component = False
        self._syslog = syslog
        for number in range(MOST_FIELDS):
            if not self._next(first=number == 0):
                break

    def _next(self, first: bool) -> bool:
        """Takes one more field; whether there is one."""
        gap = SEPARATORS.match(self._line, self._at)
        if gap is not None:
            self._at = gap.end()
            # After a dash of its own the message begins, but for one right after the time.
            if self.end > self._begin and gap.group().strip() in _LONE_DASH:
                return False
        if self._at >= len(self._line) or self._at > LONGEST_HEADER:
            return False
        return self._take_level() or self._take_component() or self._take_bracket() or self._take_unsure(first)

    def _take_level(self) -> bool:
        if self.level is not None:
            return False
        found = LEVEL.match(self._line, self._at) or _LETTER.match(self._line, self._at)
        if found is None:
            return False
        self.level = level_of(found["level"])
        return self._sure(found)

    def _take_component(self) -> bool:
        if self._component:
            return False
        line, at = self._line, self._at
        found = _PROCESS.match(line, at) or _COMPONENT.match(line, at) or _SOURCE.match(line, at)
        self._component = found is not None
        return found is not None and self._sure(found)

    def _take_bracket(self) -> bool:
        found = _BRACKET.match(self._line, self._at)
        after_level = self.level is not None and not self._component
        return found is not None and (after_level or _names_context(found.group())) and self._sure(found)

    def _take_unsure(self, first: bool) -> bool:
        """A field that is one if a surer one follows: a number, capitals, a dotted name, a host before its process."""
        if self._line[self._at] == "[":
            return False
        found = _NUMBER.match(self._line, self._at) or (
            None if self._component else FIELD.match(self._line, self._at) or (self._host() if first else None)
        )
        if found is not None:
            self._at = found.end()
        return found is not None

    def _host(self) -> re.Match[str] | None:
        found = _NAME.match(self._line, self._at)
        if found is None:
            return None
        after = found.end() + 1
        named = _PROCESS.match(self._line, after) or (self._syslog and _COMPONENT.match(self._line, after))
        return found if named else None

    def _sure(self, found: re.Match[str]) -> bool:
        self.end = self._at = found.end()
        return True


def _names_context(bracket: str) -> bool:
    """Whether a bracket holds identifiers alone, of a thread or a request, and is no part of the message."""
    inner = re.split(r"[\s,]+", bracket[1:-1])
    return not any(_WORDS.search(word) and not any(map(str.isdigit, word)) for word in inner)
