"""How a predictor reports what is wrong with a version: details of its health, which its heartbeats carry.

"<alias> faults"     the version in full, and the number of vectors that it failed on since that process began
"<part> refused"     the version that is promoted and cannot be used, while that is so; "model" of the anomaly model
"<alias>"            of an alias beside the champion: its version, "none", or "<version> cannot be used"
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

_REFUSED: Final = "{part} refused"
_KEY: Final = "{alias} faults"
_UNUSABLE: Final = "{version} cannot be used"


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


def refused_key(part: str) -> str:
    """Key of the detail that names a version that is promoted and refused; `part` of the health speaks of the model."""
    return _REFUSED.format(part=part)


REFUSED: Final = refused_key("model")
"""That of the anomaly model."""


def unusable(version: str) -> str:
    """Value of the detail of an alias beside the champion whose version cannot be used."""
    return _UNUSABLE.format(version=version)


def refuses(details: Mapping[str, str], version: str) -> bool:
    """Whether a report tells that a version cannot be used, whichever alias names it."""
    return details.get(REFUSED) == version or unusable(version) in details.values()
