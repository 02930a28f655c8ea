"""Units of the catalogue scaled to what people read: bytes to kB, seconds to hours."""

from __future__ import annotations

from typing import Final

AN_HOUR: Final = 3_600.0
"""Longest interval between logins that the catalogue tells apart."""

_TIME_STEPS: Final = ((172_800.0, 86_400.0, "d"), (7_200.0, AN_HOUR, "h"), (120.0, 60.0, "min"))
_SIZE_STEPS: Final = ((1e9, "GB"), (1e6, "MB"), (1e3, "kB"))


def scale_time(seconds: float) -> tuple[float, str]:
    """Seconds as "s" below two minutes, "min" below two hours, "h" below two days, then "d"."""
    for from_, unit_seconds, unit in _TIME_STEPS:
        if seconds >= from_:
            return seconds / unit_seconds, unit
    return seconds, "s"


def scale_bytes(size: float) -> tuple[float, str]:
    """Bytes as "B", "kB" (1000 B), "MB" or "GB"."""
    for unit_bytes, unit in _SIZE_STEPS:
        if size >= unit_bytes:
            return size / unit_bytes, unit
    return size, "B"
