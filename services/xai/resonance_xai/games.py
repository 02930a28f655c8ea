"""Functions of a coalition in forms that cost less than a row for each coalition.

A player is in the coalition or not: in it, a feature has the vector's value, outside it the reference's. With k
players there are 2^k coalitions; bit j of a coalition's number says whether player j is in it. What a model does on the
way from a row to its score is often a sum over the players (any linear map of the row), or the exponential of one (a
radial kernel): those are kept as what each player adds, and become a table of all coalitions only where something
follows that mixes players.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

NOTHING: Final = -80.0
"""exp of less is taken to be 0."""
Elementwise = Callable[[Floats], Floats]


@dataclass(frozen=True, slots=True)
class Sums:
    """Columns that are sums over the players: base + what each player in the coalition adds.

    Attributes:
        base: Value of the empty coalition, (w,).
        steps: What each player adds, (k, w).
    """

    base: Floats
    steps: Floats

    def apart(self) -> bool:
        """Whether no column depends on more than one player: then any function of a column is a sum again."""
        return not len(self.steps) or int(np.count_nonzero(self.steps, axis=0).max(initial=0)) <= 1

    def each(self, function: Elementwise) -> Sums:
        """A function of each column, where `apart`."""
        low = function(self.base)
        change = function(self.base + self.steps.sum(axis=0)) - low
        return Sums(low, np.where(self.steps != 0.0, change, 0.0))

    def times(self, weights: Floats) -> Sums:
        """The product with a matrix, (w, v)."""
        return Sums(self.base @ weights, self.steps @ weights)

    def table(self) -> Floats:
        """Every coalition, (2^k, w)."""
        k, width = self.steps.shape
        found = np.empty((1 << k, width))
        found[0] = self.base
        for player in range(k):
            np.add(found[: 1 << player], self.steps[player], out=found[1 << player : 2 << player])
        return found


@dataclass(frozen=True, slots=True)
class Squares:
    """Squares of columns that are sums over the players."""

    roots: Sums

    def times(self, weights: Floats) -> Floats:
        """The product with a matrix, (w, v), as a table, (2^k, v): quadratic forms of the coalition.

        One player more adds the square of its step, and twice its product with what is there: a sum over the players.
        """
        base, steps = self.roots.base, self.roots.steps
        k, width = len(steps), weights.shape[1]
        weighted = [steps * column for column in weights.T]
        pairs = np.stack([one @ steps.T for one in weighted], axis=2)
        alone = np.stack([2.0 * one @ base for one in weighted], axis=1) + np.diagonal(pairs).T
        found = np.empty((1 << k, width))
        found[0] = base**2 @ weights
        for player in range(k):
            there = Sums(alone[player], 2.0 * pairs[:player, player]).table()
            np.add(found[: 1 << player], there, out=found[1 << player : 2 << player])
        return found

    def table(self) -> Floats:
        """Every coalition, (2^k, w)."""
        found: Floats = self.roots.table() ** 2
        return found


@dataclass(frozen=True, slots=True)
class Exponentials:
    """exp of columns that are sums over the players."""

    exponents: Sums

    def times(self, weights: Floats) -> Floats:
        """The product with a matrix, (w, v), as a table, (2^k, v).

        Each exponential is a product of one factor for the first half of the players and one for the others, so the
        table is the product of two matrices of 2^(k/2) rows.
        """
        steps = self.exponents.steps
        half = len(steps) // 2
        first = Sums(np.zeros_like(self.exponents.base), steps[:half]).table()
        second = Sums(self.exponents.base, steps[half:]).table()
        # The largest of each column is taken out: it is what some coalition has, so it cannot overflow.
        most_first, most_second = first.max(axis=0), second.max(axis=0)
        low = _exp(first - most_first)
        high = _exp(second - most_second) * _exp(most_first + most_second)
        columns = [(high * column) @ low.T for column in weights.T]
        return np.stack([column.reshape(-1) for column in columns], axis=1)

    def table(self) -> Floats:
        """Every coalition, (2^k, w)."""
        found: Floats = np.exp(self.exponents.table())
        return found


def _exp(exponents: Floats) -> Floats:
    """exp, 0 where nobody could tell it from 0: products of smaller numbers would be denormal, and a hundred times as
    slow."""
    found: Floats = np.exp(exponents)
    found[exponents < NOTHING] = 0.0
    return found


@dataclass(frozen=True, slots=True)
class Table:
    """Columns of all coalitions, (2^k, w)."""

    rows: Floats


Value = Floats | Sums | Squares | Exponentials | Table
"""A value inside a model: a constant, (..., w), the same in all coalitions; or columns that depend on the coalition."""


def table_of(value: Value) -> Floats:
    """Every coalition, (2^k, w); (1, w) of a constant."""
    if isinstance(value, Table):
        return value.rows
    if isinstance(value, np.ndarray):
        return value.reshape(1, -1)
    return value.table()
