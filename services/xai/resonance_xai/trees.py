"""The trees of a forest, read from the node of an ONNX file that holds them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from onnx import NodeProto, helper

Integers = NDArray[np.int64]

_MODES: Final = frozenset({b"BRANCH_LEQ", b"LEAF"})
_NEEDED: Final = frozenset(
    {"nodes_featureids", "nodes_values", "nodes_modes", "target_treeids", "target_nodeids", "target_weights"}
    | {f"nodes_{name}ids" for name in ("tree", "node", "truenode", "falsenode")}
)


@dataclass(frozen=True, slots=True)
class Trees:
    """All nodes of all trees, numbered through.

    Attributes:
        feature: Place of the value that a node compares.
        threshold: A row goes left where its value is at most this.
        left, right: Children.
        leaf: Whether a node is a leaf; its feature, threshold and children mean nothing then.
        value: What a leaf adds to the sum over the trees.
        roots: One per tree.
        base: Added to the mean over the trees.
    """

    feature: Integers
    threshold: NDArray[np.float32]
    left: Integers
    right: Integers
    leaf: NDArray[np.bool_]
    value: NDArray[np.float64]
    roots: Integers
    base: float


def read_trees(node: NodeProto) -> Trees | None:
    """The trees of an averaging ensemble of "at most" splits with one output; None of any other node."""
    told = {a.name: helper.get_attribute_value(a) for a in node.attribute}
    if not _understood(told):
        return None
    numbers = {key: i for i, key in enumerate(zip(told["nodes_treeids"], told["nodes_nodeids"], strict=True))}
    leaf = np.array([mode == b"LEAF" for mode in told["nodes_modes"]])
    left, right = (_children(told, numbers, leaf, f"nodes_{side}nodeids") for side in ("true", "false"))
    return Trees(
        feature=np.array(told["nodes_featureids"], dtype=np.int64),
        threshold=np.array(told["nodes_values"], dtype=np.float32),
        left=left,
        right=right,
        leaf=leaf,
        value=_values(told, numbers),
        roots=np.setdiff1d(np.arange(len(leaf)), np.concatenate([left[~leaf], right[~leaf]])),
        base=float(told.get("base_values", [0.0])[0]),
    )


def _understood(told: Mapping[str, Any]) -> bool:
    return (
        set(told) >= _NEEDED
        and told.get("aggregate_function") == b"AVERAGE"
        and told.get("post_transform", b"NONE") == b"NONE"
        and told.get("n_targets") == 1
        and set(told["nodes_modes"]) <= _MODES
    )


def _children(
    told: Mapping[str, Any], numbers: Mapping[tuple[int, int], int], leaf: NDArray[np.bool_], side: str
) -> Integers:
    keys = zip(told["nodes_treeids"], told[side], strict=True)
    return np.array([0 if ends else numbers[key] for key, ends in zip(keys, leaf, strict=True)], dtype=np.int64)


def _values(told: Mapping[str, Any], numbers: Mapping[tuple[int, int], int]) -> NDArray[np.float64]:
    value = np.zeros(len(numbers))
    leaves = zip(told["target_treeids"], told["target_nodeids"], told["target_weights"], strict=True)
    for tree, node, weight in leaves:
        value[numbers[tree, node]] += weight
    return value
