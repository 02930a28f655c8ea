"""JSON as Go's `encoding/json` writes it, so that receivers see what Alertmanager would send, to the byte."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any, Final

ZERO_TIME: Final = "0001-01-01T00:00:00Z"
_ESCAPED: Final = {ord(char): f"\\u{ord(char):04x}" for char in "<>&\u2028\u2029"}


def encoded(value: Any) -> bytes:
    """A value on one line. Go escapes what HTML would take for its own, and ends with a new line."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return (text.translate(_ESCAPED) + "\n").encode()


def rfc3339(time_us: int) -> str:
    """A time as Go writes it: no zeros at the end of the fraction, and no fraction of zeros."""
    text = datetime.fromtimestamp(time_us / 1_000_000, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    fraction = f"{time_us % 1_000_000:06d}".rstrip("0")
    return f"{text}.{fraction}Z" if fraction else f"{text}Z"
