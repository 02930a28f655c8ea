"""How far two attributions of the same row say the same."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

LOW_RANK: Final = 0.5
LOW_SIGN: Final = 0.7
LOW_FIDELITY: Final = 0.5


@dataclass(frozen=True, slots=True)
class Agreement:
    """Of two attributions.

    Attributes:
        rank: Spearman's correlation of their values, -1 to 1.
        sign: Share of the first's absolute values whose column has the same sign in the second, 0 to 1.
    """

    rank: float
    sign: float

    @property
    def low(self) -> bool:
        """Whether whoever reads one of them should know that the other says something else."""
        return self.rank < LOW_RANK or self.sign < LOW_SIGN


def agreement(values: Floats, effects: Floats, differ: NDArray[np.bool_]) -> Agreement:
    """Agreement of `effects` with `values`, both (width,), over the columns that differ from the reference."""
    return Agreement(rank_correlation(values[differ], effects[differ]), same_sign(values[differ], effects[differ]))


def rank_correlation(one: Floats, other: Floats) -> float:
    """Spearman's; 1 for fewer than two values, 0 where just one of them is the same throughout."""
    if len(one) < 2:
        return 1.0
    ranks = [_ranks(one), _ranks(other)]
    flat = [float(np.ptp(rank)) == 0.0 for rank in ranks]
    if any(flat):
        return 1.0 if all(flat) else 0.0
    centred = [rank - rank.mean() for rank in ranks]
    return float(centred[0] @ centred[1] / np.sqrt((centred[0] @ centred[0]) * (centred[1] @ centred[1])))


def same_sign(one: Floats, other: Floats) -> float:
    """Share of the absolute values of `one` whose place has the same sign in `other`; 1 where all are 0."""
    weight = np.abs(one)
    total = weight.sum()
    return 1.0 if total == 0.0 else float((weight * (np.sign(one) == np.sign(other))).sum() / total)


def shares(values: Floats) -> Floats:
    """Attributions (n, width) as shares of each row's absolute sum, signs kept; 0 where a row has none."""
    total = np.abs(values).sum(axis=1, keepdims=True)
    found: Floats = np.divide(values, total, out=np.zeros_like(values), where=total > 0.0)
    return found


def overlap(one: Floats, other: Floats) -> Floats:
    """How much of two rows of shares, (n, width) each, is the same, (n,): 1 less half the sum of the differences.

    It is 1 for equal ones, 0 for those of other columns or with the other sign.
    """
    found: Floats = 1.0 - np.abs(one - other).sum(axis=1) / 2.0
    return found


def same_top(one: Floats, other: Floats, first: int) -> float:
    """Share of the `first` largest of one attribution, (width,), that are among as many of the other."""
    tops = [set(np.argsort(-values, kind="stable")[:first].tolist()) for values in (one, other)]
    return len(tops[0] & tops[1]) / first


def _ranks(values: Floats) -> Floats:
    """Ranks from 0; equal values share the mean of theirs."""
    _, place, count = np.unique(values, return_inverse=True, return_counts=True)
    ranks: Floats = (np.cumsum(count) - (count + 1.0) / 2.0)[place]
    return ranks
