"""Tails of the normal and the F distribution."""

from __future__ import annotations

from math import erfc, exp, lgamma, log, log1p, sqrt
from statistics import NormalDist
from typing import Final

_NORMAL: Final = NormalDist()

_ENOUGH: Final = 1e-14
_TINY: Final = 1e-300
_MOST_STEPS: Final = 400


def normal_tails(z: float) -> float:
    """Chance of a standard normal value at least this far from 0, on either side."""
    return erfc(abs(z) / sqrt(2))


def normal_value(share: float) -> float:
    """The value below which this share of a standard normal distribution lies, between 0 and 1."""
    return _NORMAL.inv_cdf(share)


def f_tail(f: float, between: int, within: int) -> float:
    """Chance that F with (between, within) degrees of freedom is at least f."""
    if f <= 0:
        return 1.0
    return incomplete_beta(within / (within + between * f), within / 2, between / 2)


def incomplete_beta(x: float, a: float, b: float) -> float:
    """Regularised incomplete beta function, 0 to 1, by its continued fraction (Lentz's method; DLMF 8.17.22)."""
    if x <= 0 or x >= 1:
        return float(x >= 1)
    if x > (a + 1) / (a + b + 2):
        return 1 - incomplete_beta(1 - x, b, a)
    front = exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log1p(-x)) / a
    c, d = 1.0, 1 / _held(1 - (a + b) * x / (a + 1))
    result = d
    for m in range(1, _MOST_STEPS):
        for term in (
            m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)),
            -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1)),
        ):
            d, c = 1 / _held(1 + term * d), _held(1 + term / c)
            result *= c * d
        if abs(c * d - 1) < _ENOUGH:
            break
    return front * result


def _held(value: float) -> float:
    """Kept from zero."""
    return value if abs(value) > _TINY else _TINY
