"""How much a user may send, from what is ordinary for them and how much speaks against them.

    risk 0.5 ──▶ four times the user's own busy minute ··· risk 1 ──▶ once

The less is certain, the more room is left; load takes room away, never what is ordinary. A limit is only ever
tighter than the one that everybody has, so that where it would not be, there is none.
"""

from __future__ import annotations

from math import ceil, floor, log10
from typing import Final

import msgspec

LEAST_RISK: Final = 0.5
"""Risk from which there is a limit."""

MOST_ROOM: Final = 4.0
"""Times what is ordinary for the user that is left to them at the least risk; 1 at the highest."""

UNKNOWN_SHARE: Final = 0.25
"""Share of everybody's rate that is taken to be ordinary for a user of whom nothing is known."""

LEAST_RATE: Final = 0.5
"""Messages a second that are left to everyone."""

LEAST_BURST: Final = 20.0
"""Messages at once that are left to everyone, unless everybody may send fewer."""

BURST_S: Final = 60.0
"""A full bucket is so many seconds of the rate, within the bounds of bursts."""

_DIGITS: Final = 3


class Allowance(msgspec.Struct, frozen=True):
    """What may be sent.

    Attributes:
        rate: Messages a second in the long run, above 0.
        burst: Messages at once, at least 1.
    """

    rate: float
    burst: float


def floor_of(ordinary: float | None, everybody: Allowance) -> float:
    """The rate that no limit of a user goes below, messages a second.

    Args:
        ordinary: What the user sends in a busy minute of their own, messages a second; None where it is not known.
        everybody: What a user may send who has no limit of their own.
    """
    return max(LEAST_RATE, UNKNOWN_SHARE * everybody.rate if ordinary is None else ordinary)


def allowance(ordinary: float | None, risk: float, everybody: Allowance, load: float = 1.0) -> Allowance | None:
    """What a user may send; None where they are to have no limit of their own.

    Args:
        ordinary: As in `floor_of`.
        risk: How much speaks against the user, 0 to 1.
        everybody: What a user may send who has no limit of their own; a limit is below its rate.
        load: Load that is expected as a multiple of what is usual; below 1 it gives nothing.
    """
    if not risk >= LEAST_RISK:
        return None
    room = MOST_ROOM ** ((1.0 - min(risk, 1.0)) / (1.0 - LEAST_RISK)) / max(load, 1.0)
    least = floor_of(ordinary, everybody)
    rate = max(_rounded_up(least * max(room, 1.0)), least)
    if rate >= everybody.rate:
        return None
    return Allowance(rate, min(max(BURST_S * rate, LEAST_BURST), everybody.burst))


def _rounded_up(rate: float) -> float:
    """As many digits as are worth reading."""
    step = 10.0 ** (floor(log10(rate)) + 1 - _DIGITS)
    return float(f"{ceil(rate / step) * step:.{_DIGITS}g}")
