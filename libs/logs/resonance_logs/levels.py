"""How grave a line says it is."""

from __future__ import annotations

from enum import IntEnum
from typing import Final


class Level(IntEnum):
    """Levels in ascending order, those of syslog and of logging libraries brought together."""

    TRACE = 0
    DEBUG = 1
    INFO = 2
    NOTICE = 3
    WARNING = 4
    ERROR = 5
    CRITICAL = 6


_NAMES: Final = {
    "trace": Level.TRACE, "verbose": Level.TRACE, "v": Level.TRACE, "finest": Level.TRACE, "finer": Level.TRACE,
    "debug": Level.DEBUG, "d": Level.DEBUG, "fine": Level.DEBUG, "dbg": Level.DEBUG,
    "info": Level.INFO, "i": Level.INFO, "information": Level.INFO, "inf": Level.INFO,
    "notice": Level.NOTICE,
    "warning": Level.WARNING, "warn": Level.WARNING, "w": Level.WARNING, "wrn": Level.WARNING,
    "error": Level.ERROR, "err": Level.ERROR, "e": Level.ERROR, "severe": Level.ERROR, "failure": Level.ERROR,
    "critical": Level.CRITICAL, "crit": Level.CRITICAL, "fatal": Level.CRITICAL, "f": Level.CRITICAL,
    "alert": Level.CRITICAL, "emerg": Level.CRITICAL, "emergency": Level.CRITICAL, "panic": Level.CRITICAL,
}  # fmt: skip
LEVEL_WORD: Final = "|".join(sorted((name for name in _NAMES if len(name) > 1), key=len, reverse=True))
"""Every name of more than one letter, as alternatives of a regular expression."""


def level_of(name: str) -> Level:
    """The level that a name in any case means. Raises KeyError."""
    return _NAMES[name.lower()]
