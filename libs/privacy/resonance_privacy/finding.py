"""Where in a text personal data and secrets are."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
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
_SIX_DIGITS: Final = re.compile(r"(?:\d\W{0,3}){6}")
"""The fewest that a number of a person, an account or a card has, with what may stand between them."""

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
    lower = shadow.lower()
    for finder in _finders(shadow):
        for span in finder(shadow, lower):
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


Finder = Callable[[str, str], Iterator[Span]]
"""Takes a shadow, and the same in lower case."""


def _has(*any_of: str) -> Callable[[str], bool]:
    """Whether one of these is in a text in lower case: what a match must have, so that most texts are not searched."""

    return lambda lower: any(map(lower.__contains__, any_of))


def _has_long_word(lower: str) -> bool:
    return len(lower) >= patterns.LONG and max(map(len, lower.split()), default=0) >= patterns.LONG


def _has_pairs(lower: str) -> bool:
    return lower.count(":") + lower.count("-") >= 5


def _by(
    pattern: re.Pattern[str],
    kind: Kind,
    holds: Callable[[re.Match[str]], bool] = _always,
    group: int = 0,
    may: Callable[[str], bool] | None = None,
) -> Finder:
    """Finds a pattern in texts that `may`, in lower case, have it."""

    def finder(text: str, lower: str) -> Iterator[Span]:
        if may is not None and not may(lower):
            return
        for match in pattern.finditer(text):
            if holds(match):
                yield Span(*match.span(group), kind)

    return finder


_TOKEN: Final = _by(patterns.TOKEN, Kind.CREDENTIAL, may=_has(*patterns.TOKEN_SIGNS))
_USERINFO: Final = _by(patterns.USERINFO, Kind.CREDENTIAL, group=1, may=_has("://"))
_SECRET: Final = _by(patterns.SECRET, Kind.CREDENTIAL, group=1, may=_has(":", "=", "bearer", "basic", "digest"))
_EMAIL: Final = _by(patterns.EMAIL, Kind.EMAIL, may=_has("@"))
_MAC: Final = _by(patterns.MAC, Kind.ADDRESS, may=_has_pairs)
_IPV4: Final = _by(patterns.IPV4, Kind.ADDRESS, may=_has("."))
_IPV6: Final = _by(patterns.IPV6, Kind.ADDRESS, _is_ipv6, may=_has(":"))
_STREET_RU: Final = _by(patterns.STREET_RU, Kind.ADDRESS, may=_has(*patterns.STREET_RU_SIGNS))
_STREET_EN: Final = _by(patterns.STREET_EN, Kind.ADDRESS, may=_has(*patterns.STREET_EN_SIGNS))
_RANDOM: Final = _by(patterns.RANDOM, Kind.CREDENTIAL, may=_has_long_word)

_WITHOUT_DIGITS: Final[Sequence[Finder]] = (_TOKEN, _USERINFO, _SECRET, _EMAIL, _IPV6, _MAC, _STREET_RU)
"""What may be found in a text without a digit."""

_FEW_DIGITS: Final[Sequence[Finder]] = (
    *_WITHOUT_DIGITS[:4],
    _MAC,
    _IPV4,
    _IPV6,
    _STREET_RU,
    _STREET_EN,
    _RANDOM,
)
"""What may be found in a text without six digits that stand together."""

_MANY_DIGITS: Final[Sequence[Finder]] = (
    *_WITHOUT_DIGITS[:4],
    _by(patterns.SNILS, Kind.SNILS, lambda match: snils(_digits(match)) or _named(match, patterns.SNILS_NAMED)),
    _by(patterns.SNILS_BARE, Kind.SNILS, _is_bare_snils),
    _by(patterns.CARD, Kind.CARD, lambda match: luhn(_digits(match))),
    _by(patterns.INN, Kind.INN, _is_inn),
    _by(patterns.PASSPORT_LOOSE, Kind.PASSPORT, _is_passport),
    _by(patterns.PASSPORT, Kind.PASSPORT),
    _MAC,
    _IPV4,
    _IPV6,
    _by(patterns.PHONE, Kind.PHONE, _is_phone),
    _STREET_RU,
    _STREET_EN,
    _RANDOM,
)
"""The strictest first."""


def _finders(shadow: str) -> Sequence[Finder]:
    if _DIGIT.search(shadow) is None:
        return _WITHOUT_DIGITS
    return _FEW_DIGITS if _SIX_DIGITS.search(shadow) is None else _MANY_DIGITS
