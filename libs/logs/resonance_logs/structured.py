"""Lines that are a JSON object or `key=value` pairs: their message, time and level are named."""

from __future__ import annotations

import json
import re
from typing import Any, Final

from resonance_logs.headers import Entry
from resonance_logs.levels import Level, level_of
from resonance_logs.timestamps import Clock

MESSAGES: Final = ("message", "msg", "log", "event", "text", "@message", "error")
TIMES: Final = ("time", "timestamp", "ts", "@timestamp", "t", "date", "datetime")
LEVELS: Final = ("level", "severity", "lvl", "loglevel", "log.level", "levelname")
_PAIR: Final = re.compile(r"(?P<key>[A-Za-z@][\w.@]*)=(?:\"(?P<quoted>(?:[^\"\\]|\\.)*)\"|(?P<bare>[^\s\"]*))(?:\s+|$)")
_NUMERIC: Final = {10: Level.TRACE, 20: Level.DEBUG, 30: Level.INFO, 40: Level.WARNING, 50: Level.ERROR}
"""Levels of Node's pino and bunyan; 60 is fatal."""


def structured(line: str, clock: Clock) -> Entry | None:
    """The entry of a line that is one JSON object or pairs that name a message; None where it is neither."""
    if line.startswith("{") and line.rstrip().endswith("}"):
        return _of_json(line, clock)
    first = _PAIR.match(line)
    if first is None or first["key"].lower() not in (*TIMES, *LEVELS):
        return None
    found = {pair["key"].lower(): pair["quoted"] or pair["bare"] or "" for pair in _PAIR.finditer(line)}
    return _entry(found, clock)


def _of_json(line: str, clock: Clock) -> Entry | None:
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return _entry({str(key).lower(): value for key, value in found.items()}, clock)


def _entry(found: dict[str, Any], clock: Clock) -> Entry | None:
    message = next((value for key in MESSAGES if isinstance(value := found.get(key), str) and value.strip()), None)
    if message is None:
        return None
    text = next((str(found[key]) for key in TIMES if found.get(key) not in (None, "")), "")
    stamp = clock.find(text)
    level = next((found[key] for key in LEVELS if found.get(key) not in (None, "")), None)
    return Entry(" ".join(message.split()), stamp.time if stamp else None, _level(level), stamp is not None)


def _level(value: Any) -> Level | None:
    if isinstance(value, int):
        return _NUMERIC.get(value, Level.CRITICAL if value > max(_NUMERIC) else None)
    try:
        return level_of(str(value))
    except KeyError:
        return None
