"""Shapley values of at most MOST_PLAYERS players from whole layers of coalitions and a sample of the others.

A layer is the coalitions of one size, each with its complement: all of a layer that has few, a sample of each of the
others. With D(S) = f(S) - f(complement of S), the value of player i is

    (f(all) - f(nobody)) / k + sum over S with 1 <= |S| <= k / 2 of D(S) * (a if i in S else -b)
    a = 1 / (k * C(k - 1, |S| - 1)),  b = 1 / (k * C(k - 1, |S|))

so what a pair adds to the values adds up to 0: whatever is drawn, base + values = score. A sampled pair stands for as
many as its layer has of each that was drawn (Horvitz and Thompson 1952). That all sizes get as many rows, and small
ones are whole, is what leverage scores ask for (Musco and Witter 2025, "Provably Accurate Shapley Value Estimation via
Leverage Score Sampling").

What players add alone and by two is exact: complements cancel what two add together, and a sum over the players is
fitted to the layers that are whole; its values are known, and only what is left of D is estimated. Since the fit owes
nothing to the sample, the values are right on average, and the spread of what is left within each layer, drawn without
replacement, tells how far off they may be: Student's t, widened so that all of them hold at once (Bonferroni).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from hashlib import sha256
from math import comb, sqrt
from typing import Final

import numpy as np
from numpy.typing import NDArray

from resonance_attribution.sampling import FEW, MISSES, quantile
from resonance_attribution.shapley import MOST_PLAYERS, Attribution, Floats, Scorer, checked, membership, shapley

Booleans = NDArray[np.bool_]

LEAST: Final = 8
"""Pairs of a layer that are drawn at least: fewer do not tell how far they are from one another."""


@dataclass(frozen=True, slots=True)
class Design:
    """Which pairs of coalitions of k players are looked at, and what they add.

    Attributes:
        layers: Who is in which coalition of each layer, without complements, (n, k) each; those with the fewest first.
        taken: Pairs that are looked at, of each layer, (m,).
        starts: Where each layer begins among all that are looked at, (m,).
        joined, left: What D of one adds to the values of those inside and to those of the others, times the pairs that
            it stands for, (sum of taken, 1).
        alone: From D of the layers that are whole to what players add alone, (k, n): least squares, each layer as one.
        unseen: By what the sum of squares within a layer is multiplied, (m, 1); 0 of one that is whole.
        freedom: Degrees of freedom of Student's t, those of the layer with the fewest; 0 where all are whole.
    """

    layers: tuple[Booleans, ...]
    taken: NDArray[np.intp]
    starts: NDArray[np.intp]
    joined: Floats
    left: Floats
    alone: Floats
    unseen: Floats
    freedom: int

    def drawn(self, rng: np.random.Generator) -> Booleans:
        """Coalitions that are looked at, (sum of taken, k)."""
        some = [
            layer if n == len(layer) else layer[rng.choice(len(layer), n, replace=False, shuffle=False)]
            for layer, n in zip(self.layers, self.taken.tolist(), strict=True)
        ]
        return np.concatenate(some)

    def estimated(self, inside: Booleans, differences: Floats, total: float) -> tuple[Floats, float]:
        """Values, (k,), and how far off any of them may be.

        Args:
            inside: What was drawn.
            differences: D of each, (sum of taken,).
            total: What the values add up to.
        """
        k = inside.shape[1]
        alone = self.alone @ differences[: self.alone.shape[1]]
        beyond = differences - (inside @ (2.0 * alone) - alone.sum())
        added = np.where(inside, self.joined, self.left) * beyond[:, np.newaxis]
        sums = np.add.reduceat(added, self.starts)
        values = alone + (total - alone.sum()) / k + sums.sum(axis=0)
        if not self.freedom:
            return values, 0.0
        squares = np.add.reduceat(added**2, self.starts) - sums**2 / self.taken[:, np.newaxis]
        variance = max(0.0, float((self.unseen * squares).sum(axis=0).max()))
        return values, quantile(1.0 - MISSES / (2 * k), self.freedom) * sqrt(variance)


def layered(scorer: Scorer, vector: Floats, reference: Floats, rows: int, seed: bytes = b"") -> Attribution:
    """Shapley values of the score of `vector` against `reference`; from all coalitions where rows allow it.

    The same arguments draw the same coalitions.

    Args:
        scorer: The scoring function.
        vector, reference: What is explained, and what it is compared with, (width,), finite.
        rows: More are not scored, but where so few would not tell a bound; see `design_of`.
        seed: What coalitions are drawn by beside vector and reference.

    Raises:
        EfficiencyViolated: They do not add up.
        ValueError: More than MOST_PLAYERS features differ.
    """
    players = np.flatnonzero(vector != reference)
    k = len(players)
    if 1 << k <= max(rows, 1 << FEW) or k > MOST_PLAYERS:
        return shapley(scorer, vector, reference)
    design = design_of(k, (rows - 2) // 2)
    content = sha256(vector.tobytes() + reference.tobytes() + seed)
    inside = design.drawn(np.random.default_rng(int.from_bytes(content.digest()[:8], "big")))
    asked = np.tile(reference, (2 + 2 * len(inside), 1))
    asked[1] = vector
    asked[2:, players] = np.where(np.concatenate([inside, ~inside]), vector[players], reference[players])
    scores = scorer.score(asked)
    base, score = scores[:2].tolist()
    some, others = np.split(scores[2:], 2)
    values = np.zeros(len(vector))
    values[players], bound = design.estimated(inside, some - others, score - base)
    return replace(checked(base, score, values), bound=bound, rows=len(asked), sampled=True)


@cache
def design_of(k: int, pairs: int) -> Design:
    """Of k players, more than FEW: so many pairs together, or those of single players and LEAST of each other layer, if
    that is more.

    The layer of single players is whole, so that what they add alone is exact. The others share what is left evenly,
    and one that has fewer leaves the rest to the others.
    """
    sizes = sorted(range(1, k // 2 + 1), key=lambda size: _count(k, size))
    counts = np.array([_count(k, size) for size in sizes])
    taken, left = counts.copy(), max(pairs - k, LEAST * (len(sizes) - 1))
    for place in range(1, len(sizes)):
        taken[place] = min(counts[place], left // (len(sizes) - place))
        left -= int(taken[place])
    layers = [_layer(k, size) for size in sizes]
    stands = [n / comb(k - 1, size - 1) / k for size, n in zip(sizes, counts / taken, strict=True)]
    others = [-n / comb(k - 1, size) / k for size, n in zip(sizes, counts / taken, strict=True)]
    unseen = np.where(taken < counts, (1.0 - taken / counts) * taken / np.maximum(taken - 1, 1), 0.0)
    return Design(
        layers=tuple(layers),
        taken=taken,
        starts=np.cumsum(taken) - taken,
        joined=np.repeat(stands, taken)[:, np.newaxis],
        left=np.repeat(others, taken)[:, np.newaxis],
        alone=_alone([layer for layer, n in zip(layers, taken.tolist(), strict=True) if n == len(layer)]),
        unseen=unseen[:, np.newaxis],
        freedom=int(min(taken[taken < counts] - 1, default=0)),
    )


def _count(k: int, size: int) -> int:
    """How many pairs of coalitions there are of which one has this size."""
    return comb(k, size) if 2 * size < k else comb(k, size) // 2


def _layer(k: int, size: int) -> Booleans:
    everyone = membership(k)
    inside: Booleans = everyone[everyone.sum(axis=1) == size]
    # Of two of half the players the one that has the first.
    return np.compress(inside[:, 0], inside, axis=0) if 2 * size == k else inside


def _alone(whole: list[Booleans]) -> Floats:
    weights = np.concatenate([np.full(len(one), len(one) ** -0.5) for one in whole])
    signs = np.concatenate([np.where(one, 1.0, -1.0) for one in whole])
    return np.asarray(np.linalg.pinv(signs * weights[:, np.newaxis]) * weights)
