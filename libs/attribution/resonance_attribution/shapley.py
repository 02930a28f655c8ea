"""Exact Shapley values of any scoring function, by enumeration, against one reference vector.

The game (Shapley 1953; Lundberg and Lee 2017, "A Unified Approach to Interpreting Model Predictions"): a
coalition S of features is worth the score of the vector that has the explained values in S and the reference's
values elsewhere. Features that equal the reference change no score, so they get 0 and are left out: with k others
there are 2^k coalitions, each scored once (by rows here, without rows in `network`), and one product with a matrix that
depends on k alone. Where k is too large for that, see `sampling`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from math import comb, fsum
from typing import Final, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from resonance_attribution.errors import EfficiencyViolated

Floats = NDArray[np.float64]
T = TypeVar("T", bound=np.floating)

TOLERANCE: Final = 1e-9
"""Largest accepted difference between base + attributions and the score, as a share of scores above 1."""

ENUMERATION: Final = "shapley-enumeration"
SAMPLING: Final = "shapley-sampling"
"""Methods."""

MOST_PLAYERS: Final = 16
ROWS_AT_ONCE: Final = 8192
_PLACES: Final = 12
"""Attributions are rounded to this many places, so that the order of sums on another processor does not show."""


class Scorer(Protocol):
    """Anything that scores rows; a row's score must not depend on the rows beside it."""

    def score(self, vectors: Floats, /) -> Floats:
        """Scores, shape (n,), of rows of shape (n, width)."""


Worths = Callable[[Floats, Floats, NDArray[np.intp]], Floats]
"""From vector, reference and the places of the k players to the worth of every coalition, as `by_rows`."""


@dataclass(frozen=True, slots=True)
class Attribution:
    """base + sum of values = score, within residual.

    Attributes:
        base: Score of the reference.
        score: Score of the vector.
        values: One per feature, shape (width,).
        residual: |base + sum of values - score|.
        bound: How far any of the values may be from what every coalition would give: 0 where all were looked at, else
            half the width of the intervals that hold all of them at once in 95 of 100 cases.
        rows: Rows that were scored for it.
        sampled: Whether some coalitions stand for all.
    """

    base: float
    score: float
    values: Floats
    residual: float
    bound: float = 0.0
    rows: int = 0
    sampled: bool = False

    @property
    def method(self) -> str:
        """How it was made: ENUMERATION or SAMPLING."""
        return SAMPLING if self.sampled else ENUMERATION

    @property
    def error_bound(self) -> float:
        """The bound, or the residual where that is larger."""
        return max(self.bound, self.residual)


def shapley(scorer: Scorer, vector: Floats, reference: Floats, worths: Worths | None = None) -> Attribution:
    """Shapley values of the score of `vector` against `reference`, both of shape (width,) and finite.

    Args:
        scorer: The scoring function.
        vector, reference: What is explained, and what it is compared with.
        worths: A faster way to what `by_rows` gives, where there is one.

    Raises:
        EfficiencyViolated: They do not add up within TOLERANCE.
        ValueError: More than MOST_PLAYERS features differ.
    """
    players = np.flatnonzero(vector != reference)
    if len(players) > MOST_PLAYERS:
        raise ValueError(f"expected at most {MOST_PLAYERS} features that differ, got {len(players)}")
    worth = by_rows(scorer, vector, reference, players) if worths is None else worths(vector, reference, players)
    (found,) = of_worths(worth[:, np.newaxis], players, len(vector))
    return replace(found, rows=len(worth)) if worths is None else found


def of_worths(worths: Floats, players: NDArray[np.intp], width: int) -> list[Attribution]:
    """The attribution of each of several games, from the worths of all coalitions, (2^k, games).

    Raises:
        EfficiencyViolated: One does not add up within TOLERANCE.
    """
    values = np.zeros((worths.shape[1], width))
    values[:, players] = np.round(weights(len(players)) @ worths, _PLACES).T
    return [checked(float(worth[0]), float(worth[-1]), found) for worth, found in zip(worths.T, values, strict=True)]


def checked(base: float, score: float, values: Floats) -> Attribution:
    """An attribution whose efficiency was checked. Raises EfficiencyViolated."""
    residual = abs(fsum([base, *values.tolist(), -score]))
    if not residual <= TOLERANCE * max(1.0, abs(score)):
        raise EfficiencyViolated(f"Base and attributions miss the score {score} by {residual:.1e}, above {TOLERANCE}.")
    return Attribution(base, score, values, residual)


def by_rows(scorer: Scorer, vector: Floats, reference: Floats, players: NDArray[np.intp]) -> Floats:
    """Worth of every coalition, shape (2^k,); bit j of the place says whether player j is in it."""
    rows = coalition_rows(vector, reference, players)
    pieces = [scorer.score(rows[i : i + ROWS_AT_ONCE]) for i in range(0, len(rows), ROWS_AT_ONCE)]
    return np.concatenate(pieces)


def coalition_rows(vector: NDArray[T], reference: NDArray[T], players: NDArray[np.intp]) -> NDArray[T]:
    """The row of every coalition, (2^k, width): the vector's values for its players, the reference's elsewhere."""
    rows = np.tile(reference, (1 << len(players), 1))
    rows[:, players] = np.where(membership(len(players)), vector[players], reference[players])
    return rows


@cache
def membership(k: int) -> NDArray[np.bool_]:
    """Who is in which coalition, shape (2^k, k)."""
    table: NDArray[np.bool_] = (np.arange(1 << k)[:, None] >> np.arange(k)) & 1 == 1
    table.flags.writeable = False
    return table


@cache
def weights(k: int) -> Floats:
    """The matrix from worths to Shapley values, shape (k, 2^k).

    A coalition S with player i adds (|S|-1)! (k-|S|)! / k! of its worth to the value of i; one without i takes away
    |S|! (k-|S|-1)! / k! of its worth.
    """
    inside = membership(k)
    size = inside.sum(axis=1)
    orders = np.array([1.0 / (k * comb(k - 1, s)) for s in range(k)])
    joined = orders[np.maximum(size - 1, 0)][:, None] if k else np.zeros((1, 1))
    left = orders[np.minimum(size, k - 1)][:, None] if k else np.zeros((1, 1))
    matrix = np.ascontiguousarray(np.where(inside, joined, -left).T)
    matrix.flags.writeable = False
    return matrix
