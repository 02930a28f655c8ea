"""Shapley values from some of the coalitions, with a bound, where there are too many to look at all.

A Shapley value is the mean, over all orders of arrival, of what the feature adds when it arrives. Orders are drawn at
random, each with its reverse (antithetic: Mitchell et al. 2022, "Sampling Permutations for Shapley Value Estimation").
A pair tells what features add alone and what two of them add together exactly; only what three or more add together is
left to chance. Whatever is drawn, base + values = score.

The pairs are independent, so Student's t gives an interval for each value; they are widened so that all of them hold
at once (Bonferroni).
"""

from __future__ import annotations

from dataclasses import replace
from hashlib import sha256
from statistics import NormalDist
from typing import Final

import numpy as np
from numpy.typing import NDArray

from resonance_xai.shapley import ROWS_AT_ONCE, Attribution, Floats, Scorer, checked

ROWS: Final = 500
"""Rows that are scored for one explanation."""

LEAST_PAIRS: Final = 8
"""Fewer do not tell how far they are from one another."""

MISSES: Final = 0.05
"""Share of explanations in which a value may be further off than the bound."""


def sampled(scorer: Scorer, vector: Floats, reference: Floats, players: NDArray[np.intp], rows: int) -> Attribution:
    """Shapley values of the score of `vector` against `reference`, from at most so many rows.

    The same arguments give the same values. Few rows are still enough for LEAST_PAIRS pairs of orders.

    Args:
        scorer: The scoring function.
        vector, reference: What is explained, and what it is compared with, (width,), finite.
        players: Places of the k features that differ, k >= 2.
        rows: At most so many, but no fewer than LEAST_PAIRS pairs take.

    Raises:
        EfficiencyViolated: They do not add up.
    """
    k = len(players)
    pairs = max(LEAST_PAIRS, (rows - 2) // (2 * (k - 1)))
    rng = np.random.default_rng(int.from_bytes(sha256(vector.tobytes() + reference.tobytes()).digest()[:8], "big"))
    orders = rng.permuted(np.tile(np.arange(k), (pairs, 1)), axis=1)
    orders = np.stack([orders, orders[:, ::-1]], axis=1).reshape(-1, k)
    base, score, added = _added(scorer, vector, reference, players, orders)
    of_pairs = added.reshape(pairs, 2, k).mean(axis=1)
    values = np.zeros(len(vector))
    values[players] = of_pairs.mean(axis=0)
    spread = of_pairs.std(axis=0, ddof=1).max() / np.sqrt(pairs)
    bound = float(quantile(1.0 - MISSES / (2 * k), pairs - 1) * spread)
    return replace(checked(base, score, values), bound=bound, rows=2 + 2 * pairs * (k - 1), sampled=True)


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


def _added(
    scorer: Scorer, vector: Floats, reference: Floats, players: NDArray[np.intp], orders: NDArray[np.intp]
) -> tuple[float, float, Floats]:
    """Score of the reference and of the vector, and what each player adds in each order, (orders, k)."""
    n, k = orders.shape
    # Of each order the coalitions of its first 1 to k - 1 players; nobody and everybody are the same in all.
    rank = np.argsort(orders, axis=1)
    inside = rank[:, np.newaxis, :] < np.arange(1, k)[:, np.newaxis]
    rows = np.tile(reference, (n * (k - 1) + 2, 1))
    rows[2:, players] = np.where(inside.reshape(-1, k), vector[players], reference[players])
    rows[1] = vector
    scores = np.concatenate([scorer.score(rows[i : i + ROWS_AT_ONCE]) for i in range(0, len(rows), ROWS_AT_ONCE)])
    base, score = float(scores[0]), float(scores[1])
    ends = np.full((n, 1), base), np.full((n, 1), score)
    steps = np.diff(np.concatenate([ends[0], scores[2:].reshape(n, k - 1), ends[1]], axis=1), axis=1)
    added = np.empty((n, k))
    np.put_along_axis(added, orders, steps, axis=1)
    return base, score, added
