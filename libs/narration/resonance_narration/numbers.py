"""Numbers as people write them: few digits, the language's decimal mark and grouping.

The same number is written many times, in every language and wherever two are told apart: what was written lately is
remembered.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

MINUS: Final = "\u2212"
_TOO_LONG_TO_READ: Final = 1e15
_LONG: Final = 4
"""Digits from which on some language groups them."""
_REMEMBERED: Final = 4096
_FEW: Final = 64


@dataclass(frozen=True, slots=True, eq=False)
class NumberStyle:
    """How a language writes numbers.

    Attributes:
        decimal: Decimal mark.
        group: Separator of groups of three digits.
        group_from: Smallest number that is grouped.
        percent: What follows a share in percent, with the space before it if there is one.
    """

    decimal: str
    group: str
    group_from: int
    percent: str


def places(value: float) -> int:
    """Decimal places that leave about two significant digits, and none from 10 on."""
    size = abs(value)
    if size >= 10 or size == 0:
        return 0
    if size >= 1:
        return 1
    return min(2 - int(f"{size:e}".split("e")[1]) - 1, 12)


@lru_cache(_REMEMBERED)
def render(value: float, style: NumberStyle, extra: int = 0) -> str:
    """A plain rounding of `value`, with `extra` more decimal places, without trailing zeros."""
    return fixed(_rounded(value, extra), style)


@lru_cache(_REMEMBERED)
def _rounded(value: float, extra: int) -> str:
    """The same in Python's notation."""
    if abs(value) >= _TOO_LONG_TO_READ:
        return f"{value:.1e}"
    text = f"{value:.{places(value) + extra}f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


def signed(text: str) -> str:
    """The same number with its sign always written."""
    return text if text.startswith(MINUS) else f"+{text}"


def fixed(text: str, style: NumberStyle) -> str:
    """A number in Python's notation, rewritten in the language's."""
    sign, digits = (MINUS, text[1:]) if text.startswith("-") else ("", text)
    whole, _, fraction = digits.partition(".")
    if len(whole) >= _LONG and "e" not in digits and int(whole) >= style.group_from:
        whole = f"{int(whole):,}".replace(",", style.group)
    return sign + whole + (style.decimal + fraction if fraction else "")


def adding_up(terms: Sequence[float], total: float, decimals: int) -> tuple[tuple[str, ...], str]:
    """Terms and total in fixed notation so that the written terms add up to the written total exactly.

    Each is rounded up or down to `decimals` places (method of the largest remainder): what is left over goes
    to the terms that rounding changed most.
    """
    return _adding_up(tuple(terms), total, decimals)


@lru_cache(_FEW)
def _adding_up(terms: tuple[float, ...], total: float, decimals: int) -> tuple[tuple[str, ...], str]:
    scale = 10**decimals
    whole = round(total * scale)
    scaled = [term * scale for term in terms]
    rounded = [round(term) for term in scaled]
    left = whole - sum(rounded)
    step = 1 if left > 0 else -1
    by_remainder = sorted(range(len(terms)), key=lambda i: step * (rounded[i] - scaled[i]))
    for i in by_remainder[: abs(left)]:
        rounded[i] += step
    return tuple(f"{r / scale:.{decimals}f}" for r in rounded), f"{whole / scale:.{decimals}f}"
