"""What a library says again and again is logged once in a while."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Final

PAUSE_S: Final = 10.0
MOST_TEXTS: Final = 500
"""So many different texts are known; then it begins anew."""


class Repeats(logging.Filter):
    """Lets a text of some loggers through once in ten seconds, with the number of times it was left out as `repeated`.

    Args:
        loggers: Their names; those below are meant, too.
        clock: Seconds.
    """

    def __init__(self, loggers: tuple[str, ...], clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._loggers = loggers
        self._clock = clock
        self._said: dict[tuple[str, str], tuple[float, int]] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether the record is logged."""
        if record.name.split(".")[0] not in self._loggers:
            return True
        text, now = (record.name, record.getMessage()), self._clock()
        last_s, left_out = self._said.get(text, (-PAUSE_S, 0))
        if now < last_s + PAUSE_S:
            self._said[text] = last_s, left_out + 1
            return False
        if left_out:
            record.repeated = left_out
        if len(self._said) >= MOST_TEXTS:
            self._said.clear()
        self._said[text] = now, 0
        return True
