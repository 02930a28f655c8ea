"""Names and addresses of simulated people. Addresses are from ranges kept for documents and benchmarks."""

from __future__ import annotations

from random import Random
from typing import Final

FIRST: Final = (
    "alex", "amira", "anna", "boris", "carla", "chen", "dana", "dmitri", "elena", "emil", "fatima", "felix", "gleb",
    "hana", "igor", "ines", "ivan", "jonas", "julia", "karim", "kira", "lena", "leo", "lucia", "maks", "maria",
    "marta", "mika", "nadia", "nils", "oleg", "olga", "omar", "petra", "raj", "rosa", "sami", "sofia", "tara", "yuki",
)  # fmt: skip
LAST: Final = ("adler", "berg", "costa", "dorn", "eriksen", "fomin", "garcia", "hale", "ito", "jansen", "kovac", "lind")
CHANNELS: Final = (
    "general", "random", "support", "announcements", "trading", "dev", "music", "games", "market", "help", "news",
    "team",
)  # fmt: skip


def user_name(number: int) -> str:
    """Name of the n-th person, from 0; distinct for every number."""
    names = len(FIRST) * len(LAST)
    name = f"{FIRST[number % len(FIRST)]}.{LAST[(number * 7 + number // len(FIRST)) % len(LAST)]}"
    return name if number < names else f"{name}{number // names + 1}"


def address(chance: Random) -> str:
    """An address out of 198.18.0.0/15 (RFC 2544)."""
    return f"198.{chance.choice((18, 19))}.{chance.randrange(256)}.{chance.randrange(1, 255)}"
