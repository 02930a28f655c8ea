"""How rare a value is among those before it, whatever their distribution: by its rank alone."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import deque
from math import frexp, ldexp, log
from typing import Final

BITS: Final = 16


class SlidingRank:
    """-ln of the share of the last values that were at least as high: a conformal p-value, online.

    Where values come in exchangeable order, a surprise of s or more comes no more often than once in exp(s) values
    (Vovk, Gammerman and Shafer 2005, "Algorithmic Learning in a Random World", section 2.2; ties count as higher, so
    less often where there are some). Nothing is assumed of their distribution, and no value, however far out, says
    more than that it was the highest. Values are compared to five digits, so that what differs by the rounding of sums
    alone is a tie.

    Args:
        most: Values that are remembered, the last ones; so much memory it takes.
        least: Values that must be known before one can surprise.
    """

    def __init__(self, most: int, least: int) -> None:
        self._most, self._least = most, least
        self._in_order: deque[float] = deque()
        self._ascending: list[float] = []

    @property
    def utmost(self) -> float:
        """The highest surprise there can be."""
        return log(self._most + 1)

    def surprise(self, value: float) -> float:
        """Between 0 and `utmost`; the value is then one of those that later ones are held against."""
        known, rounded = len(self._ascending), _rounded(value)
        as_high = known - bisect_left(self._ascending, rounded)
        self._remember(rounded)
        return log((known + 1) / (as_high + 1)) if known >= self._least else 0.0

    def _remember(self, value: float) -> None:
        if len(self._in_order) == self._most:
            del self._ascending[bisect_left(self._ascending, self._in_order.popleft())]
        self._in_order.append(value)
        insort(self._ascending, value)


def _rounded(value: float) -> float:
    mantissa, exponent = frexp(value)
    return ldexp(round(ldexp(mantissa, BITS)), exponent - BITS)
