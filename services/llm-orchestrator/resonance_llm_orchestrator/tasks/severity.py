"""How grave something is: rules of code, from numbers alone. Where several speak, the gravest decides."""

from __future__ import annotations

from typing import Final

from resonance_tasks.task import Grade

_ORDER: Final = (Grade.LOW, Grade.MEDIUM, Grade.HIGH, Grade.CRITICAL)

# From which value on it is medium, high, critical.
CONFIDENCE: Final = (0.5, 0.8, 0.95)
RARITY: Final = (1e-2, 1e-3, 1e-4)
DISTANCE: Final = (3.0, 6.0, 10.0)
EXCESS_ABOVE: Final = (0.0, 0.5, 2.0)
EXCESS_BELOW: Final = (0.0, 0.25, 0.75)
USERS: Final = (100.0, 1_000.0, 10_000.0)
SHARE_OF_USERS: Final = (0.01, 0.1, 0.5)
FULL: Final = (0.8, 0.9, 1.0)
PART: Final = (0.1, 0.5, 2.0)
LAG_MS: Final = (50.0, 150.0, 1_000.0)


def gravest(*grades: Grade | None) -> Grade:
    """The gravest of those that are known; low where none is."""
    return max((grade for grade in grades if grade is not None), key=_ORDER.index, default=Grade.LOW)


def by_confidence(confidence: float | None) -> Grade | None:
    """Of something that a model calls anomalous with this confidence, 0 to 1."""
    return None if confidence is None else _grade(confidence, CONFIDENCE)


def by_tail(tail: float | None) -> Grade | None:
    """Of something that this share of ordinary activity equals or exceeds, 0 to 1."""
    if tail is None:
        return None
    return _ORDER[sum(tail < bound for bound in RARITY)]


def by_distance(spreads: float | None) -> Grade | None:
    """Of a value this many spreads from what is usual."""
    return None if spreads is None else _grade(abs(spreads), DISTANCE)


def by_threshold(value: float | None, threshold: float | None, *, above: bool) -> Grade | None:
    """Of a value on the wrong side of its threshold: by how far it is beyond, as a part of the threshold.

    Above: medium at the threshold, high at half as much again, critical at three times. Below: medium at the threshold,
    high at three quarters of it, critical at a quarter. On the right side it is low. A threshold of zero has no parts:
    beyond it is high.
    """
    if value is None or threshold is None:
        return None
    beyond = value - threshold if above else threshold - value
    if threshold == 0:
        return Grade.HIGH if beyond > 0 else Grade.LOW
    return _grade(beyond / abs(threshold), EXCESS_ABOVE if above else EXCESS_BELOW)


def by_users(affected: float | None, total: float | None) -> Grade | None:
    """Of something that this many users feel, of so many."""
    if affected is None:
        return None
    share = affected / total if total else 0.0
    return gravest(_grade(affected, USERS), _grade(share, SHARE_OF_USERS))


def by_full(share: float | None) -> Grade | None:
    """Of something that fills this share of its limit."""
    return None if share is None else _grade(share, FULL)


def by_part(part: float | None) -> Grade | None:
    """Of a value whose distance from usual is this part of the usual value."""
    return None if part is None else _grade(abs(part), PART)


def by_lag(milliseconds: float) -> Grade:
    """Of lag out of the ordinary that one player feels."""
    return _grade(milliseconds, LAG_MS)


def _grade(value: float, bounds: tuple[float, float, float]) -> Grade:
    return _ORDER[sum(value >= bound for bound in bounds)]
