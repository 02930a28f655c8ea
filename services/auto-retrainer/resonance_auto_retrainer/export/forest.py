"""A scikit-learn isolation forest as one ONNX tree ensemble.

    rows ──▶ TreeEnsembleRegressor, averaged: E[h(x)] ──▶ Mul by -ln 2 / c(psi) ──▶ Exp ──▶ score

A leaf holds its depth plus c(rows that ended in it), so the average over the trees is the mean path length.
Three things make the scores those of scikit-learn, and the same for a row whatever rows stand beside it:

- **Thresholds.** scikit-learn compares a float32 value with a float64 threshold; ONNX compares float32 with
  float32. A threshold is rounded down, to the largest float32 that is not above it: then x <= threshold is
  the same decision for every float32 x.
- **Sums.** ONNX Runtime adds float32 leaves in an order that depends on the size of the batch. Leaves are
  kept as differences from a base value and rounded to a grid so coarse that every partial sum is a float32
  without rounding: any order gives the same sum, to the last bit. For 64 trees of 256 rows the grid is 2^-14
  or finer. Each tree rounds up from another fraction of a step, and the fractions are spread evenly: where
  all trees hold the same leaf, as with data of many equal rows, their errors cancel instead of adding up.
  The base value is whole, so leaves of one or two rows, where short paths end, are exact.
- **No missing values.** Vectors are finite, which the scorer checks; no branch is marked for NaN.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import IsolationForest

from resonance_auto_retrainer.export.graph import ML, Graph
from resonance_modeling.onnx_ensemble import MEAN_PATH
from resonance_training.forest import average_path_length

_FLOAT32_BITS: Final = 24
_GOLDEN_RATIO: Final = 0.618_033_988_749_894_9
"""The fractional parts of its multiples are spread evenly over 0 to 1."""


@dataclass(frozen=True, slots=True)
class Nodes:
    """All nodes of all trees, one entry each, trees one after another.

    Attributes:
        tree, node: Number of the tree, and of the node within it.
        feature: Place of the value that is compared; 0 at leaves.
        threshold: float32; the row goes left where its value is at most this; 0 at leaves.
        left, right: Children, by their number within the tree; 0 at leaves.
        leaf: Whether it is one.
        path: Path length that ends here: depth plus c(rows); only leaves count.
    """

    tree: NDArray[np.int64]
    node: NDArray[np.int64]
    feature: NDArray[np.int64]
    threshold: NDArray[np.float32]
    left: NDArray[np.int64]
    right: NDArray[np.int64]
    leaf: NDArray[np.bool_]
    path: NDArray[np.float64]


def add_forest(graph: Graph, rows: str, forest: IsolationForest) -> str:
    """Adds a forest's score, (n, 1), of rows (n, width); returns its name.

    The trees are the first node that reads the rows, and their mean is called `MEAN_PATH`: who knows the trees can
    compute it and run the rest of the graph alone.
    """
    nodes = nodes_of(forest)
    base, leaves = on_exact_grid(nodes.path, nodes.tree, nodes.leaf)
    graph.node("TreeEnsembleRegressor", [rows], MEAN_PATH, ML, **_attributes(nodes, base, leaves))
    scale = -np.log(2.0) / float(average_path_length(np.array([forest.max_samples_]))[0])
    graph.node("Mul", [MEAN_PATH, graph.constant("forest_scale", [scale])], "forest_exponent")
    return graph.node("Exp", ["forest_exponent"], "forest_score")


def nodes_of(forest: IsolationForest) -> Nodes:
    """All nodes of a trained forest, thresholds rounded for float32."""
    parts = [_tree_nodes(i, tree.tree_) for i, tree in enumerate(forest.estimators_)]
    return Nodes(*(np.concatenate(column) for column in zip(*parts, strict=True)))


def round_down(thresholds: NDArray[np.float64]) -> NDArray[np.float32]:
    """The largest float32 that is not above each threshold."""
    nearest = thresholds.astype(np.float32)
    below = np.nextafter(nearest, np.float32(-np.inf))
    return np.where(nearest.astype(np.float64) > thresholds, below, nearest).astype(np.float32)


def on_exact_grid(
    path: NDArray[np.float64], tree: NDArray[np.int64], leaf: NDArray[np.bool_]
) -> tuple[float, NDArray[np.float32]]:
    """A base value and the leaves' differences from it, such that float32 sums over the trees are exact.

    Every partial sum is at most the sum of each tree's largest difference. With a grid of that sum's power
    of two over 2^24, each one is a whole number of steps that float32 holds without rounding.
    """
    base = float(np.rint((path[leaf].min() + path[leaf].max()) / 2.0))
    difference = np.where(leaf, path - base, 0.0)
    largest = np.zeros(int(tree[-1]) + 1)
    np.maximum.at(largest, tree, np.abs(difference))
    # Rounding to the grid may lift each tree's largest difference by a step: the 1.01 has room for it.
    step = 2.0 ** (np.ceil(np.log2(max(float(largest.sum()) * 1.01, 1.0))) - _FLOAT32_BITS)
    return base, (np.floor(difference / step + tree * _GOLDEN_RATIO % 1.0) * step).astype(np.float32)


def _tree_nodes(number: int, tree: Any) -> tuple[NDArray[Any], ...]:
    """Columns of `Nodes` for one `sklearn.tree._tree.Tree`."""
    leaf = tree.children_left < 0
    depth = tree.compute_node_depths() - 1
    return (
        np.full(tree.node_count, number, dtype=np.int64),
        np.arange(tree.node_count, dtype=np.int64),
        np.where(leaf, 0, tree.feature).astype(np.int64),
        np.where(leaf, np.float32(0), round_down(tree.threshold)).astype(np.float32),
        np.where(leaf, 0, tree.children_left).astype(np.int64),
        np.where(leaf, 0, tree.children_right).astype(np.int64),
        leaf,
        depth + average_path_length(tree.n_node_samples),
    )


def _attributes(nodes: Nodes, base: float, leaves: NDArray[np.float32]) -> dict[str, Any]:
    """Attributes of TreeEnsembleRegressor (ai.onnx.ml 3)."""
    leaf = nodes.leaf
    return {
        "aggregate_function": "AVERAGE",
        "post_transform": "NONE",
        "n_targets": 1,
        "base_values": [base],
        "nodes_treeids": nodes.tree.tolist(),
        "nodes_nodeids": nodes.node.tolist(),
        "nodes_featureids": nodes.feature.tolist(),
        "nodes_values": nodes.threshold.tolist(),
        "nodes_modes": np.where(leaf, "LEAF", "BRANCH_LEQ").tolist(),
        "nodes_truenodeids": nodes.left.tolist(),
        "nodes_falsenodeids": nodes.right.tolist(),
        "nodes_missing_value_tracks_true": np.zeros(len(leaf), dtype=np.int64).tolist(),
        "target_treeids": nodes.tree[leaf].tolist(),
        "target_nodeids": nodes.node[leaf].tolist(),
        "target_ids": np.zeros(int(leaf.sum()), dtype=np.int64).tolist(),
        "target_weights": leaves[leaf].tolist(),
    }
