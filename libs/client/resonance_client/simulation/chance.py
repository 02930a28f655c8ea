"""Chance that can be repeated: each part of a simulation draws from its own seeded generator."""

from __future__ import annotations

from math import exp, log
from random import Random


def seeded(*parts: object) -> Random:
    """A generator that depends on these parts alone, so that adding a user changes no other user."""
    return Random("/".join(str(part) for part in parts))


def around(chance: Random, median: float, spread: float) -> float:
    """A positive value with this median, log-normal; `spread` is the standard deviation of its logarithm."""
    return exp(chance.gauss(log(median), spread))
