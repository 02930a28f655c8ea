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

MATRIX: Final = 2
NOBODY: Final = -1
NOTHING: Final = -80.0
"""exp of less is taken to be 0."""
Elementwise = Callable[[Floats], Floats]


@dataclass(frozen=True, slots=True)
class Columns:
    """Columns each of which depends on one player at most: any function of one is one again.

    Attributes:
        low: Where the player is not in the coalition, (w,).
        high: Where it is, (w,).
        owner: The player, (w,); NOBODY where the column is the same in all coalitions.
        k: Number of players.
    """

    low: Floats
    high: Floats
    owner: NDArray[np.intp]
    k: int

    def each(self, function: Elementwise) -> Columns:
        """A function of each column, elementwise."""
        return Columns(function(self.low), function(self.high), self.owner, self.k)

    def picked(self, pick: Pick) -> Columns:
        """The product with a matrix that picks columns."""
        low, high = (end[pick.places] * pick.factors for end in (self.low, self.high))
        return Columns(low, high, self.owner[pick.places], self.k)

    def sums(self) -> Sums:
        """The same as sums over the players."""
        steps = np.zeros((self.k, len(self.low)))
        owned = np.flatnonzero(self.owner != NOBODY)
        steps[self.owner[owned], owned] = self.high[owned] - self.low[owned]
        return Sums(self.low, steps)

    def table(self) -> Floats:
        """Every coalition, (2^k, w)."""
        return self.sums().table()


@dataclass(frozen=True, slots=True)
class Pick:
    """A matrix with one entry in each column.

    Attributes:
        places: Row of the entry, (v,).
        factors: The entry, (v,).
    """

    places: NDArray[np.intp]
    factors: Floats

    @classmethod
    def of(cls, matrix: Floats) -> Pick | None:
        """A matrix (w, v) as a pick; None of any other."""
        if matrix.ndim != MATRIX or (np.count_nonzero(matrix, axis=0) != 1).any():
            return None
        places = np.argmax(matrix != 0.0, axis=0)
        return cls(places, matrix[places, np.arange(matrix.shape[1])])


@dataclass(frozen=True, slots=True)
class Sums:
    """Columns that are sums over the players: base + what each player in the coalition adds.

    Attributes:
        base: Value of the empty coalition, (w,).
        steps: What each player adds, (k, w).
    """

    base: Floats
    steps: Floats

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


Value = Floats | Columns | Sums | Exponentials | Table
"""A value inside a model: a constant, (..., w), the same in all coalitions; or columns that depend on the coalition."""


def table_of(value: Value) -> Floats:
    """Every coalition, (2^k, w); a constant as rows."""
    if isinstance(value, Table):
        return value.rows
    if isinstance(value, np.ndarray):
        return np.atleast_2d(value)
    return value.table()
