"""The mean over the trees of every coalition of features, without walking the trees for each.

Scoring 2^k rows is what enumeration costs. But a leaf is a box, and of a coalition's row it only matters whose value it
has where that of the explained vector lies in the box and that of the reference does not, or the other way round: the
leaf needs the features of the one kind in the coalition, and excludes those of the other. Leaves of which neither
value of a feature lies in the box are reached by no coalition. So each leaf is a word of k letters, needed, excluded or
neither, and the sum over the trees for every coalition is the table of the 3^k words' sums, brought letter by letter to
one of 2^k: what is outside the coalition adds "neither" and "excluded", what is inside "neither" and "needed".

The boxes are those of interventional TreeSHAP (Lundberg et al. 2020, "From local explanations to global understanding
with explainable AI for trees"); the whole table is needed because the score is a function of the sum over trees, not a
sum itself. Leaves lie on a grid that makes float32 sums exact in any order (see the exporter), so the table, kept in
float64, is exact too.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from resonance_attribution.trees import Trees

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Rounded = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Leaves:
    """Leaves that some coalition reaches; bit j stands for player j.

    Attributes:
        needs: Players that must be in the coalition.
        excludes: Players that must not be.
        value: What it adds to the sum over the trees.
    """

    needs: Integers
    excludes: Integers
    value: Floats


def reached(trees: Trees, vector: Rounded, reference: Rounded, players: NDArray[np.intp]) -> Leaves:
    """Every leaf that some coalition reaches; features that are no players have the vector's value."""
    there, here = (_inside(trees, one) for one in (np.where(_among(players, vector), reference, vector), vector))
    some = np.flatnonzero((here | there).all(axis=0))
    here, there = here[:, some], there[:, some]
    bits = np.zeros(len(vector), dtype=np.int64)
    bits[players] = 1 << np.arange(len(players))
    bits = bits[: len(here)]
    return Leaves(bits @ (here & ~there), bits @ (there & ~here), trees.value[some])


def _among(players: NDArray[np.intp], vector: Rounded) -> NDArray[np.bool_]:
    found = np.zeros(len(vector), dtype=np.bool_)
    found[players] = True
    return found


def _inside(trees: Trees, row: Rounded) -> NDArray[np.bool_]:
    """Whether each value of a row lies in each leaf's box, (features, leaves)."""
    values = row[: len(trees.lower), np.newaxis]
    found: NDArray[np.bool_] = (values > trees.lower) & (values <= trees.upper)
    return found


def over_coalitions(leaves: Leaves, k: int) -> Floats:
    """The sum over the trees for every coalition of k players, shape (2^k,)."""
    digits = _digits(k)
    words = digits[leaves.needs] + 2 * digits[leaves.excludes]
    table: Floats = np.bincount(words, leaves.value, minlength=3**k).astype(np.float64).reshape(1, -1)
    for _ in range(k):
        letters = table.reshape(len(table), 3, -1)
        found = np.empty((len(table), 2, letters.shape[2]))
        neither, needed, excluded = letters[:, 0], letters[:, 1], letters[:, 2]
        np.add(neither, excluded, out=found[:, 0])
        np.add(neither, needed, out=found[:, 1])
        table = found.reshape(-1, letters.shape[2])
    return table.reshape(-1)


@cache
def _digits(k: int) -> Integers:
    """Numbers in base 3 of the same digits as those below 2^k have in base 2."""
    found = np.zeros(1 << k, dtype=np.int64)
    for player in range(k):
        found[1 << player : 2 << player] = found[: 1 << player] + 3**player
    return found
