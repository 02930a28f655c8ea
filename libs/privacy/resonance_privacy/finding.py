"""Where in a text personal data and secrets are."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from ipaddress import ip_address
from typing import Final

from resonance_privacy import patterns
from resonance_privacy.checksums import inn, luhn, snils


class Kind(StrEnum):
    """What can be found."""

    EMAIL = "email"
    PHONE = "phone"
    INN = "inn"
    SNILS = "snils"
    PASSPORT = "passport"
    CARD = "card"
    CREDENTIAL = "credential"
    ADDRESS = "address"


@dataclass(frozen=True, slots=True)
class Span:
    """A part of a text.

    Attributes:
        start, end: Where it is, half open.
        kind: What it is.
    """

    start: int
    end: int
    kind: Kind


_DIGIT: Final = re.compile(r"\d")

_EPOCH: Final = range(1_000_000_000, 2_200_000_000)
"""Ten digits that are a time in seconds are no taxpayer's number, unless they are called one."""

_CONTEXT: Final = 40
"""Characters before a number in which its name is looked for."""

_FEWEST_PHONE_DIGITS: Final = 8
_MOST_PHONE_DIGITS: Final = 15


def find(text: str) -> list[Span]:
    """What is found in a text, in its order, without overlaps: of two that overlap, the one found by the stricter rule.

    Digits of other scripts and full-width characters count as what they stand for; characters that cannot be seen are
    to be taken out before (see `redacted`).
    """
    shadow = _shadow(text)
    taken: list[Span] = []
    for finder in _FINDERS if _DIGIT.search(shadow) else _WITHOUT_DIGITS:
        for span in finder(shadow):
            if all(span.end <= other.start or other.end <= span.start for other in taken):
                taken.append(span)
    return sorted(taken, key=lambda span: span.start)


class _Plainest(dict[int, str]):
    """What a character stands for, worked out once for each."""

    def __missing__(self, code: int) -> str:
        self[code] = found = _plainest(chr(code))
        return found


_PLAIN: Final = _Plainest()


def _shadow(text: str) -> str:
    """The same text, as long, in the characters that the patterns are written in."""
    return text if text.isascii() else text.translate(_PLAIN)


def _plainest(character: str) -> str:
    if character.isascii():
        return character
    if (digit := unicodedata.decimal(character, None)) is not None:
        return str(digit)
    if character.isspace():
        return " "
    if unicodedata.category(character) == "Pd":
        return "-"
    folded = unicodedata.normalize("NFKC", character)
    return folded if len(folded) == 1 else character


def _digits(match: re.Match[str]) -> str:
    return re.sub(r"\D", "", match.group())


def _named(match: re.Match[str], name: re.Pattern[str]) -> bool:
    return name.search(match.string[max(0, match.start() - _CONTEXT) : match.start()]) is not None


def _is_phone(match: re.Match[str]) -> bool:
    return _FEWEST_PHONE_DIGITS <= len(_digits(match)) <= _MOST_PHONE_DIGITS


def _is_inn(match: re.Match[str]) -> bool:
    if _named(match, patterns.INN_NAMED):
        return True
    return inn(match.group()) and (len(match.group()) == 12 or int(match.group()) not in _EPOCH)


def _is_bare_snils(match: re.Match[str]) -> bool:
    return _named(match, patterns.SNILS_NAMED)


def _is_passport(match: re.Match[str]) -> bool:
    return _named(match, patterns.PASSPORT_NAMED)


def _is_ipv6(match: re.Match[str]) -> bool:
    try:
        return ip_address(match.group()).version == 6 and match.group() != "::"
    except ValueError:
        return False


def _always(_: re.Match[str]) -> bool:
    return True


def _by(
    pattern: re.Pattern[str],
    kind: Kind,
    holds: Callable[[re.Match[str]], bool] = _always,
    group: int = 0,
    needs: str = "",
) -> Callable[[str], Iterator[Span]]:
    """Finds a pattern; `needs` is what every match has, so that most texts are not searched at all."""

    def finder(text: str) -> Iterator[Span]:
        if needs and needs not in text:
            return
        for match in pattern.finditer(text):
            if holds(match):
                yield Span(*match.span(group), kind)

    return finder


_WITHOUT_DIGITS: Final = (
    _by(patterns.TOKEN, Kind.CREDENTIAL),
    _by(patterns.USERINFO, Kind.CREDENTIAL, group=1, needs="://"),
    _by(patterns.SECRET, Kind.CREDENTIAL, group=1),
    _by(patterns.EMAIL, Kind.EMAIL, needs="@"),
    _by(patterns.IPV6, Kind.ADDRESS, _is_ipv6, needs=":"),
    _by(patterns.MAC, Kind.ADDRESS),
    _by(patterns.STREET, Kind.ADDRESS),
)
"""What may be found in a text without a digit."""

_FINDERS: Final = (
    *_WITHOUT_DIGITS[:4],
    _by(patterns.SNILS, Kind.SNILS, lambda match: snils(_digits(match)) or _named(match, patterns.SNILS_NAMED)),
    _by(patterns.SNILS_BARE, Kind.SNILS, _is_bare_snils),
    _by(patterns.CARD, Kind.CARD, lambda match: luhn(_digits(match))),
    _by(patterns.INN, Kind.INN, _is_inn),
    _by(patterns.PASSPORT_LOOSE, Kind.PASSPORT, _is_passport),
    _by(patterns.PASSPORT, Kind.PASSPORT),
    _by(patterns.MAC, Kind.ADDRESS),
    _by(patterns.IPV4, Kind.ADDRESS, needs="."),
    _by(patterns.IPV6, Kind.ADDRESS, _is_ipv6, needs=":"),
    _by(patterns.PHONE, Kind.PHONE, _is_phone),
    _by(patterns.STREET, Kind.ADDRESS),
    _by(patterns.RANDOM, Kind.CREDENTIAL),
)
"""The strictest first."""
