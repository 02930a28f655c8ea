"""How a predictor reports that a version in force fails on vectors: a detail of its health for each alias.

The value is the version in full and the number of vectors that it failed on since that process began.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

_KEY: Final = "{alias} faults"


def key_of(alias: str) -> str:
    """Key of the detail, "champion faults" of a champion."""
    return _KEY.format(alias=alias)


def told(version: str, vectors: int) -> str:
    """Value of the detail."""
    return f"{version} {vectors}"


def heard(details: Mapping[str, str], alias: str) -> tuple[str, int] | None:
    """Version and number of vectors that a report tells of an alias; None where it tells of none."""
    version, _, vectors = details.get(key_of(alias), "").partition(" ")
    return (version, int(vectors)) if version and vectors.isdecimal() else None
