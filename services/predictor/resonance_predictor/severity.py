"""How grave a finding is.

Rules carry their own severity. A deviation is graded by how many spreads it is away from the user's normal, a
model's score by how rare it is among ordinary vectors. Neither reaches `critical`: only an operator's rule does.
A vector is as grave as its gravest finding. How grave the incident is that vectors amount to, `thresholds` says.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum
from typing import Final, Literal

from resonance_contracts.findings import FINDING_TAIL


class Severity(IntEnum):
    """Grades of findings and incidents; the numbers are those of the wire type."""

    NONE = 0
    LOW = 1
    MEDIUM = 2
    HIGH = 3
    CRITICAL = 4


SeverityName = Literal["low", "medium", "high", "critical"]
"""A grade as people write it."""

DEVIATION_LOW: Final = 3.5
"""Spreads from the user's own normal at which a deviation becomes a finding."""

DEVIATION_MEDIUM: Final = 6.0
DEVIATION_HIGH: Final = 10.0

TAIL_LOW: Final = FINDING_TAIL
"""Share of ordinary vectors at which a model's score becomes a finding."""

TAIL_MEDIUM: Final = 2e-4
TAIL_HIGH: Final = 2e-5


def of_deviation(deviation: float) -> Severity:
    """Grade of a deviation in spreads."""
    if deviation >= DEVIATION_HIGH:
        return Severity.HIGH
    if deviation >= DEVIATION_MEDIUM:
        return Severity.MEDIUM
    return Severity.LOW if deviation >= DEVIATION_LOW else Severity.NONE


def of_tail(probability: float) -> Severity:
    """Grade of a tail probability; NaN, where no model scored, is no finding."""
    if probability <= TAIL_HIGH:
        return Severity.HIGH
    if probability <= TAIL_MEDIUM:
        return Severity.MEDIUM
    return Severity.LOW if probability <= TAIL_LOW else Severity.NONE


def gravest(severities: Iterable[Severity]) -> Severity:
    """The highest of some grades; `NONE` of none."""
    return max(severities, default=Severity.NONE)
