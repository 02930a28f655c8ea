"""Rounds: every side once a round, in turn, so that a slow minute of the machine meets all of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from statistics import median
from typing import TypeVar

from tests.bench.benchmark import Tell

R = TypeVar("R")


def in_turn(rounds: int, sides: Mapping[str, Callable[[], R]], tell: Tell) -> dict[str, list[R]]:
    """Runs A B A B …; returns every run of each side, in order."""
    runs: dict[str, list[R]] = {name: [] for name in sides}
    for number in range(1, rounds + 1):
        for name, side in sides.items():
            tell(f"Round {number} of {rounds}: {name}.")
            runs[name].append(side())
    return runs


def middle(numbers: Sequence[float]) -> float:
    """Median of some runs."""
    return float(median(numbers))
