"""Finds numbers in a text that the facts do not hold: the plainest kind of invention, and the most harmful.

A number passes when it is a fact, a fact rounded (to the places it is written with, or to two significant
digits and more), or such a fact as a percentage. Signs are not compared: "3 below" is -3. Numbers in words
are not seen.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from math import isfinite, ulp
from typing import Final

_SPACE: Final = " \u00a0\u2009\u202f"
_NUMBER: Final = re.compile(
    rf"(?<!\w)(?:\d{{1,3}}(?:[{_SPACE}]\d{{3}}(?!\d))+(?:[.,]\d+)?|\d+(?:[.,]\d+)*)(?:[eE][-+]?\d+)?"
    rf"(?P<percent>[{_SPACE}]?(?:%|percent|per cent|процент))?"
)
_PLAIN: Final = re.compile(r"\d+(?:[.,]\d+)?")
_THOUSANDS: Final = re.compile(rf"\d{{1,3}}(?:[{_SPACE},.]\d{{3}})+")
_VANISHING: Final = 5e-13
"""Our own texts have twelve places at most: what is smaller is 0 in them."""


def made_up(text: str, facts: Collection[float], names: Collection[str] = ()) -> list[str]:
    """Numbers of the text that are no fact, as written.

    Args:
        text: Text in English or Russian: decimal point or comma, thousands by comma, point or space.
        facts: Numbers that may occur; those that are not finite are never written.
        names: Strings whose digits are not numbers, such as keys; they are taken out of the text first.
    """
    for name in sorted(names, key=len, reverse=True):
        text = text.replace(name, " _ ")
    return [m.group().strip() for m in _NUMBER.finditer(text) if not _is_fact(m, facts)]


def numbers_of(text: str) -> Iterator[float]:
    """Every number that one of our own texts can be read to hold."""
    for match in _NUMBER.finditer(text):
        token = _token(match)
        yield from (value for value, _ in _readings(token))
        yield from map(float, _parts(token))


def _is_fact(match: re.Match[str], facts: Collection[float]) -> bool:
    token, percent = _token(match), bool(match["percent"])
    if _PLAIN.fullmatch(token) and float(token.replace(",", ".")) in facts:
        return True
    if any(_matches(*reading, percent, facts) for reading in _readings(token)):
        return True
    parts = _parts(token)
    return bool(parts) and all(_matches(float(part), 1.0, False, facts) for part in parts)


def _token(match: re.Match[str]) -> str:
    return match.group().removesuffix(match["percent"] or "")


def _parts(token: str) -> list[str]:
    """Parts of a token that is no one number but a date or a version; else none."""
    parts = re.findall(r"\d+", token)
    return parts if len(parts) > 2 and not _THOUSANDS.fullmatch(token) else []


def _readings(token: str) -> Iterator[tuple[float, float]]:
    """Values a token can mean, each with the unit of its last digit."""
    mantissa, _, exponent = token.lower().partition("e")
    for text in _decimals(mantissa):
        whole, _, fraction = text.partition(".")
        zeros = 0 if fraction else len(whole) - len(whole.rstrip("0"))
        rounded = max(0, min(zeros, len(whole) - 2))  # at least two significant digits
        power = int(exponent or 0)
        value, unit = float(f"{text}e{power}"), float(f"1e{power + rounded - len(fraction)}")
        if isfinite(value) and isfinite(unit):
            yield value, unit


def _decimals(mantissa: str) -> Iterator[str]:
    """The token as a decimal number with a point, in each way it can be read."""
    if _THOUSANDS.fullmatch(mantissa):
        yield re.sub(r"\D", "", mantissa)
    head, separator, tail = mantissa.rpartition(max(".,", key=mantissa.rfind))
    whole = re.sub(r"\D", "", head)
    if not separator:
        yield re.sub(r"\D", "", mantissa)
    elif re.fullmatch(r"\d+", head) or _THOUSANDS.fullmatch(head):
        yield f"{whole}.{tail}"


def _matches(value: float, unit: float, percent: bool, facts: Collection[float]) -> bool:
    """Whether a fact is written so when it is rounded to that unit; one that can be written never rounds to nothing."""
    # What is written is read to the nearest double, and so may a half of its last place be missed by one of its bits.
    tolerance = unit * (0.5 + 1e-9) + ulp(value)
    scales = (1.0, 100.0) if percent else (1.0,)
    return any(
        abs(abs(fact) * scale - value) <= tolerance and (value != 0 or abs(fact) * scale <= _VANISHING)
        for fact in facts
        for scale in scales
    )
