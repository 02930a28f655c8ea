"""Shapley values from some of the coalitions, with a bound, where there are too many to look at all.

A Shapley value is the mean, over all orders of arrival, of what the feature adds when it arrives. Orders are drawn at
random, each with its reverse (antithetic: Mitchell et al. 2022, "Sampling Permutations for Shapley Value Estimation").
A pair tells what features add alone and what two of them add together exactly; only what three or more add together is
left to chance. Whatever is drawn, base + values = score.

The pairs are independent, so Student's t gives an interval for each value; they are widened so that all of them hold
at once (Bonferroni).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from hashlib import sha256
from math import inf
from statistics import NormalDist
from typing import Final

import numpy as np
from numpy.typing import NDArray

from resonance_attribution.deadline import NEVER, Deadline
from resonance_attribution.shapley import ROWS_AT_ONCE, Attribution, Floats, Scorer, checked, shapley

ROWS: Final = 500
"""Rows that are scored for one explanation in the stream."""

LEAST_PAIRS: Final = 8
"""Fewer do not tell how far they are from one another."""

FEW: Final = 6
"""Features that may differ for all coalitions to take no more rows than LEAST_PAIRS pairs of orders."""

MISSES: Final = 0.05
"""Share of explanations in which a value may be further off than the bound."""


@dataclass(frozen=True, slots=True)
class Until:
    """What ends sampling, whichever comes first; LEAST_PAIRS pairs of orders are drawn whatever it says.

    Attributes:
        rows: More would be scored.
        bound: The values are as near as this.
        deadline: It has passed.
    """

    rows: int = ROWS
    bound: float = 0.0
    deadline: Deadline = NEVER

    @property
    def may_end_early(self) -> bool:
        """Whether it can end before all rows are scored."""
        return self.bound > 0.0 or self.deadline.left < inf


IN_STREAM: Final = Until()


def sampled(
    scorer: Scorer, vector: Floats, reference: Floats, until: Until = IN_STREAM, seed: bytes = b""
) -> Attribution:
    """Shapley values of the score of `vector` against `reference`; where FEW features differ, from all coalitions.

    The same arguments draw the same orders.

    Args:
        scorer: The scoring function.
        vector, reference: What is explained, and what it is compared with, (width,), finite.
        until: When it ends.
        seed: What orders are drawn by beside vector and reference.

    Raises:
        EfficiencyViolated: They do not add up.
    """
    players = np.flatnonzero(vector != reference)
    k = len(players)
    if k <= FEW:
        return shapley(scorer, vector, reference)
    content = sha256(vector.tobytes() + reference.tobytes() + seed)
    rng = np.random.default_rng(int.from_bytes(content.digest()[:8], "big"))
    base, score = scorer.score(np.stack([reference, vector])).tolist()
    most = max(LEAST_PAIRS, (until.rows - 2) // (2 * (k - 1)))
    round_ = LEAST_PAIRS if until.may_end_early else most
    of_pairs, bound = np.zeros((0, k)), inf
    while len(of_pairs) < most:
        pairs = max(1, min(round_, most - len(of_pairs), ROWS_AT_ONCE // (2 * (k - 1))))
        more = _added(scorer, vector, reference, players, rng, pairs, (base, score))
        of_pairs = np.concatenate([of_pairs, more])
        if len(of_pairs) >= LEAST_PAIRS and until.may_end_early:
            bound = _bound(of_pairs)
            if bound <= until.bound or until.deadline.passed:
                break
    values = np.zeros(len(vector))
    values[players] = of_pairs.mean(axis=0)
    rows = 2 + 2 * len(of_pairs) * (k - 1)
    return replace(checked(base, score, values), bound=_bound(of_pairs), rows=rows, sampled=True)


def quantile(probability: float, freedom: int) -> float:
    """The quantile of Student's t with `freedom` degrees, 7 or more, by the Cornish-Fisher expansion around the normal.

    Abramowitz and Stegun 1964, 26.7.5: off by less than 1 % up to a probability of 0.9999.
    """
    z = NormalDist().inv_cdf(probability)
    terms = (
        (z**3 + z) / 4,
        (5 * z**5 + 16 * z**3 + 3 * z) / 96,
        (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384,
        (79 * z**9 + 776 * z**7 + 1482 * z**5 - 1920 * z**3 - 945 * z) / 92160,
    )
    return float(z + sum(term / freedom ** (power + 1) for power, term in enumerate(terms)))


def _bound(of_pairs: Floats) -> float:
    """How far the means of what each player adds, (pairs, k), may be from the exact values."""
    pairs, k = of_pairs.shape
    spread = of_pairs.std(axis=0, ddof=1).max() / np.sqrt(pairs)
    return float(quantile(1.0 - MISSES / (2 * k), pairs - 1) * spread)


def _added(
    scorer: Scorer,
    vector: Floats,
    reference: Floats,
    players: NDArray[np.intp],
    rng: np.random.Generator,
    pairs: int,
    ends: tuple[float, float],
) -> Floats:
    """What each player adds, (pairs, k), averaged over an order and its reverse; `ends` are base and score."""
    k = len(players)
    orders = rng.permuted(np.tile(np.arange(k), (pairs, 1)), axis=1)
    orders = np.stack([orders, orders[:, ::-1]], axis=1).reshape(-1, k)
    # Of each order the coalitions of its first 1 to k - 1 players; nobody and everybody are the same in all.
    rank = np.argsort(orders, axis=1)
    inside = rank[:, np.newaxis, :] < np.arange(1, k)[:, np.newaxis]
    rows = np.tile(reference, (2 * pairs * (k - 1), 1))
    rows[:, players] = np.where(inside.reshape(-1, k), vector[players], reference[players])
    scores = np.concatenate([scorer.score(rows[i : i + ROWS_AT_ONCE]) for i in range(0, len(rows), ROWS_AT_ONCE)])
    first, last = (np.full((2 * pairs, 1), end) for end in ends)
    steps = np.diff(np.concatenate([first, scores.reshape(-1, k - 1), last], axis=1), axis=1)
    added = np.take_along_axis(steps, rank, axis=1)
    return np.asarray(added.reshape(pairs, 2, k).mean(axis=1))
