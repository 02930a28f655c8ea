"""Check digits of numbers that people are known by."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

_INN_10: Final = (2, 4, 10, 3, 5, 9, 4, 6, 8)
_INN_11: Final = (7, 2, 4, 10, 3, 5, 9, 4, 6, 8)
_INN_12: Final = (3, 7, 2, 4, 10, 3, 5, 9, 4, 6, 8)


def luhn(digits: str) -> bool:
    """Whether the last digit is that of a payment card's number (ISO/IEC 7812-1, annex B)."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (1 + place % 2)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def inn(digits: str) -> bool:
    """Whether 10 or 12 digits are a Russian taxpayer's number."""
    if len(digits) == 10:
        return _weighed(digits, _INN_10) == int(digits[9])
    return (
        len(digits) == 12
        and _weighed(digits, _INN_11) == int(digits[10])
        and _weighed(digits, _INN_12) == int(digits[11])
    )


def snils(digits: str) -> bool:
    """Whether 11 digits are the number of a Russian insurance account."""
    if len(digits) != 11:
        return False
    total = sum(int(digit) * (9 - place) for place, digit in enumerate(digits[:9]))
    return total % 101 % 100 == int(digits[9:])


def _weighed(digits: str, weights: Sequence[int]) -> int:
    return sum(int(digit) * weight for digit, weight in zip(digits, weights, strict=False)) % 11 % 10
