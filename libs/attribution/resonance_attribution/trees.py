"""The trees of a forest, read from the node of an ONNX file that holds them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from onnx import NodeProto, helper

_Ends = NDArray[np.float32]
_Key = tuple[int, int]
"""Number of a tree, and of a node in it."""

_MODES: Final = frozenset({b"BRANCH_LEQ", b"LEAF"})
_NEEDED: Final = frozenset(
    {"nodes_featureids", "nodes_values", "nodes_modes", "target_treeids", "target_nodeids", "target_weights"}
    | {f"nodes_{name}ids" for name in ("tree", "node", "truenode", "falsenode")}
)


class _Node(NamedTuple):
    """A row goes left where its value is at most the threshold; of a leaf only that it is one has a meaning."""

    leaf: bool
    feature: int
    threshold: float
    left: int
    right: int


@dataclass(frozen=True, slots=True)
class Trees:
    """All trees as their leaves: a row reaches those whose box it lies in, one of each tree.

    Attributes:
        lower, upper: The box of each leaf, (features, leaves): a value lies in it above the one and up to the other.
        value: What each leaf adds to the sum over the trees, (leaves,).
        count: How many trees there are.
        base: Added to the mean over the trees.
    """

    lower: NDArray[np.float32]
    upper: NDArray[np.float32]
    value: NDArray[np.float64]
    count: int
    base: float


def read_trees(node: NodeProto) -> Trees | None:
    """The trees of an averaging ensemble of "at most" splits with one output; None of any other node."""
    told = {a.name: helper.get_attribute_value(a) for a in node.attribute}
    if not _understood(told):
        return None
    values: dict[_Key, float] = {}
    for tree, number, weight in zip(
        told["target_treeids"], told["target_nodeids"], told["target_weights"], strict=True
    ):
        values[tree, number] = values.get((tree, number), 0.0) + weight
    nodes = _nodes(told)
    children = {(tree, child) for (tree, _), one in nodes.items() if not one.leaf for child in (one.left, one.right)}
    roots = [key for key in nodes if key not in children]
    boxes = [box for root in roots for box in _boxes(nodes, root, max(told["nodes_featureids"]) + 1)]
    return Trees(
        lower=np.stack([lower for _, lower, _ in boxes], axis=1),
        upper=np.stack([upper for _, _, upper in boxes], axis=1),
        value=np.array([values.get(key, 0.0) for key, _, _ in boxes]),
        count=len(roots),
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


def _nodes(told: Mapping[str, Any]) -> dict[_Key, _Node]:
    columns = (told[f"nodes_{name}"] for name in ("modes", "featureids", "values", "truenodeids", "falsenodeids"))
    nodes = (_Node(mode == b"LEAF", *others) for mode, *others in zip(*columns, strict=True))
    return dict(zip(zip(told["nodes_treeids"], told["nodes_nodeids"], strict=True), nodes, strict=True))


def _boxes(nodes: Mapping[_Key, _Node], root: _Key, features: int) -> Iterator[tuple[_Key, _Ends, _Ends]]:
    """Every leaf below a root, with the lower and the upper ends of its box."""
    nowhere = np.full(features, -np.inf, dtype=np.float32)
    waiting = [(root, nowhere, -nowhere)]
    while waiting:
        key, lower, upper = waiting.pop()
        node = nodes[key]
        if node.leaf:
            yield key, lower, upper
            continue
        at = np.float32(node.threshold)
        low, high = upper.copy(), lower.copy()
        low[node.feature], high[node.feature] = min(at, low[node.feature]), max(at, high[node.feature])
        waiting += [((key[0], node.left), lower, low), ((key[0], node.right), high, upper)]
