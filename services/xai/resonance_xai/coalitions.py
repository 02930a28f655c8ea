"""The score of every coalition of features, without walking the trees for each.

Scoring 2^k rows is what enumeration costs. But most splits of a tree send the explained vector and the reference the
same way: only where they part does it matter whose value a row has. Walking both ways there finds every leaf that
any coalition reaches, with the players it needs in the coalition (A) and those it excludes (B). The sum over the
trees for coalition S is then

    sum over leaves of value * [A inside S] * [B outside S]
        = sum over leaves, T inside B, of (-1)^|T| * value * [A and T inside S]

which is the table of sums over subsets (the zeta transform, Yates 1937) of a sparse table. The walk is that of
interventional TreeSHAP (Lundberg et al. 2020, "From local explanations to global understanding with explainable AI
for trees"); the whole table is needed because the score is a function of the sum over trees, not a sum itself.

Leaves lie on a grid that makes float32 sums exact in any order (see the exporter), so the table, kept in float64, is
exact too.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from resonance_xai.trees import Integers, Trees

Floats = NDArray[np.float64]
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
    """Every leaf that some coalition reaches, by walking all trees at once, level by level."""
    bits = np.zeros(len(vector), dtype=np.int64)
    bits[players] = 1 << np.arange(len(players))
    node = trees.roots
    needs, excludes = np.zeros_like(node), np.zeros_like(node)
    found: list[Leaves] = []
    while len(node):
        ends = trees.leaf[node]
        found.append(Leaves(needs[ends], excludes[ends], trees.value[node[ends]]))
        node, needs, excludes = _step(trees, vector, reference, bits, node[~ends], needs[~ends], excludes[~ends])
    columns = ([leaves.needs, leaves.excludes] for leaves in found)
    needs, excludes = (np.concatenate(column) for column in zip(*columns, strict=True))
    return Leaves(needs, excludes, np.concatenate([leaves.value for leaves in found]))


def _step(
    trees: Trees,
    vector: Rounded,
    reference: Rounded,
    bits: Integers,
    node: Integers,
    needs: Integers,
    excludes: Integers,
) -> tuple[Integers, Integers, Integers]:
    """One level down: both ways where vector and reference part, unless it was settled above whose value counts."""
    feature, threshold = trees.feature[node], trees.threshold[node]
    left_by_vector, left_by_reference = vector[feature] <= threshold, reference[feature] <= threshold
    bit = np.where(left_by_vector == left_by_reference, 0, bits[feature])
    as_vector = (excludes & bit) == 0
    as_reference = (bit != 0) & ((needs & bit) == 0)
    by_vector = np.where(left_by_vector, trees.left[node], trees.right[node])[as_vector]
    by_reference = np.where(left_by_reference, trees.left[node], trees.right[node])[as_reference]
    return (
        np.concatenate([by_vector, by_reference]),
        np.concatenate([(needs | bit)[as_vector], needs[as_reference]]),
        np.concatenate([excludes[as_vector], (excludes | bit)[as_reference]]),
    )


def over_coalitions(leaves: Leaves, k: int) -> Floats:
    """The sum over the trees for every coalition of k players, shape (2^k,)."""
    keys, groups = np.unique(leaves.needs << k | leaves.excludes, return_inverse=True)
    value = np.bincount(groups, leaves.value)
    inside, excludes = keys >> k, keys & ((1 << k) - 1)
    for player in range(k):
        excluded = (excludes >> player & 1) == 1
        inside = np.concatenate([inside, inside[excluded] | 1 << player])
        value = np.concatenate([value, -value[excluded]])
        excludes = np.concatenate([excludes, excludes[excluded]])
    table: Floats = np.bincount(inside, value, minlength=1 << k).astype(np.float64)
    for player in range(k):
        pairs = table.reshape(-1, 2, 1 << player)
        pairs[:, 1] += pairs[:, 0]
    return table
