"""What a stage has seen, whichever way it compares."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Seen:
    """Evidence of a stage about a newer version and an older one.

    Attributes:
        vectors: Compared.
        users_new, users_old: Users whom each scored; all of them where both score the same vectors.
        found_new, found_old: Users found unusual by each, or newly alerted.
        ratio: How many times as many, likeliest.
        more: Evidence that the newer one finds more users than the older one, as a natural logarithm.
        less: Evidence that it finds less than the tolerated times as many.
        blank: Vectors of which the newer one said nothing.
        false_new, false_old: Users with an alert of each that an operator called false.
    """

    vectors: int = 0
    users_new: int = 0
    users_old: int = 0
    found_new: int = 0
    found_old: int = 0
    ratio: float = 1.0
    more: float = 0.0
    less: float = 0.0
    blank: int = 0
    false_new: int = 0
    false_old: int = 0
