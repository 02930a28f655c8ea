"""Shapley values by sampled orders, with a bound on their error, for as long as there is time.

Features join in a random order and then in its reverse: what each adds, averaged over orders, is its Shapley value
(Castro, Gómez, Tejada 2009; the reverse makes a pair antithetic, Mitchell et al. 2022). Along each order the additions
sum up to the score less the base, so efficiency holds however few there are. The pairs are independent, so the error
of their mean has Student's distribution, as nearly as sums of many small terms are normal.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from resonance_xai.asked.deadline import Deadline
from resonance_xai.asked.subject import Rows
from resonance_xai.shapley import Attribution, checked

Floats = NDArray[np.float64]

CONFIDENCE: Final = 0.95
LEAST_PAIRS: Final = 8
ROWS_AT_ONCE: Final = 8192
_PLACES: Final = 12


@dataclass(frozen=True, slots=True)
class Sampled:
    """Values that are near the exact ones.

    Attributes:
        attribution: Base, score and values; they add up.
        bound: With CONFIDENCE, no value is farther from the exact one.
        pairs: Orders that were tried, each with its reverse.
    """

    attribution: Attribution
    bound: float
    pairs: int


def sampled(
    score: Rows, vector: Floats, reference: Floats, deadline: Deadline, *, target: float, most_rows: int, seed: int = 0
) -> Sampled:
    """Shapley values of `score` at `vector` against `reference`, both (width,).

    At least LEAST_PAIRS orders are tried, whatever the deadline; then more until the bound is at most `target`,
    `most_rows` rows were scored, or the deadline has passed.

    Raises:
        EfficiencyViolated: They do not add up.
    """
    from scipy.stats import t

    players = np.flatnonzero(vector != reference)
    base, whole = score(np.stack([reference, vector])).tolist()
    k, rng = len(players), np.random.default_rng(seed)
    values = np.zeros(len(vector))
    if not k:
        return Sampled(checked(base, whole, values), 0.0, 0)
    at_once = max(1, min(LEAST_PAIRS, ROWS_AT_ONCE // (2 * k)))
    additions = np.zeros((0, k))
    bound, rows = np.inf, 0
    while len(additions) < LEAST_PAIRS or not (bound <= target or rows >= most_rows or deadline.passed):
        more = _pairs(score, vector, reference, players, rng, at_once, (base, whole))
        additions, rows = np.concatenate([additions, more]), rows + 2 * k * at_once
        if len(additions) > 1:
            quantile = t.ppf(1 - (1 - CONFIDENCE) / (2 * k), len(additions) - 1)
            bound = float(quantile * additions.std(axis=0, ddof=1).max() / np.sqrt(len(additions)))
    mean = additions.mean(axis=0).round(_PLACES)
    mean[np.abs(mean).argmax()] += whole - base - mean.sum()
    values[players] = mean
    return Sampled(checked(base, whole, values), bound, len(additions))


def _pairs(
    score: Rows,
    vector: Floats,
    reference: Floats,
    players: NDArray[np.intp],
    rng: np.random.Generator,
    count: int,
    ends: tuple[float, float],
) -> Floats:
    """What each player adds, (count, k), averaged over an order and its reverse."""
    k = len(players)
    forward = rng.permuted(np.tile(np.arange(k), (count, 1)), axis=1)
    orders = np.concatenate([forward, forward[:, ::-1]])
    place = np.argsort(orders, axis=1)
    joined = place[:, None, :] <= np.arange(k - 1)[None, :, None]
    rows = np.tile(reference, (2 * count * (k - 1), 1))
    rows[:, players] = np.where(joined.reshape(-1, k), vector[players], reference[players])
    between = score(rows).reshape(2 * count, k - 1) if len(rows) else np.zeros((2 * count, 0))
    worth = np.concatenate([np.full((2 * count, 1), ends[0]), between, np.full((2 * count, 1), ends[1])], axis=1)
    added: Floats = np.take_along_axis(np.diff(worth, axis=1), place, axis=1)
    return (added[:count] + added[count:]) / 2
