"""Which lines begin an entry, and which belong to the one before: the lines of a stack trace, a wrapped message."""

from __future__ import annotations

import re
from typing import Final

from resonance_logs.headers import Entry, HeaderReader
from resonance_logs.structured import structured
from resonance_logs.timestamps import Clock

MOST_LOOSE: Final = 64
"""Lines without a time that look like no trace, one after another, that are still taken for one entry's."""
_TRACE: Final = re.compile(
    r"\s|Caused by:|Traceback \(most recent call last\)|\.\.\. \d+ more|at [\w.$<>]+\(|--- End of |"
    r"During handling of the above|The above exception was|goroutine \d+ \[|}|\)|]"
)


class EntryReader:
    """Takes lines one after another.

    A line belongs to the entry before if it is blank, is indented or looks like the line of a trace, or bears no time
    where the entry before does; but after `MOST_LOOSE` such lines each begins an entry, until one bears a time again.

    Args:
        clock: Reads times.
    """

    def __init__(self, clock: Clock | None = None) -> None:
        self._clock = clock or Clock()
        self._headers = HeaderReader(self._clock)
        self.begin()

    def begin(self) -> None:
        """From here on nothing continues what came before."""
        self._begun = self._stamped = False
        self._loose = 0

    def read(self, line: str) -> Entry | None:
        """The entry that the line begins; None where it belongs to the one before."""
        if self._begun and (not line or _TRACE.match(line) or line.isspace()):
            return None
        entry = structured(line, self._clock) or self._headers.read(line)
        if entry.stamped:
            self._loose = 0
        elif self._stamped and self._loose < MOST_LOOSE:
            self._loose += 1
            return None
        self._begun, self._stamped = True, entry.stamped or (self._stamped and self._loose < MOST_LOOSE)
        return entry
