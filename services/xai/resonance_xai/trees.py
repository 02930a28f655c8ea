"""The trees of a forest, read from the ONNX file of the ensemble it is part of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray
from onnx import ModelProto, NodeProto, TensorProto, helper

from resonance_modeling.onnx_ensemble import MEAN_PATH
from resonance_modeling.session import part_of

Integers = NDArray[np.int64]

_MODES: Final = frozenset({b"BRANCH_LEQ", b"LEAF"})
_NEEDED: Final = frozenset(
    {"nodes_featureids", "nodes_values", "nodes_modes", "target_treeids", "target_nodeids", "target_weights"}
    | {f"nodes_{name}ids" for name in ("tree", "node", "truenode", "falsenode")}
)
_ENSEMBLE: Final = "TreeEnsembleRegressor"


@dataclass(frozen=True, slots=True)
class Forest:
    """All nodes of all trees, numbered through, and what the file does with the rows and the mean of the trees.

    Attributes:
        feature: Place of the value that a node compares.
        threshold: A row goes left where its value is at most this.
        left, right: Children.
        leaf: Whether a node is a leaf; its feature, threshold and children mean nothing then.
        value: What a leaf adds to the sum over the trees.
        roots: One per tree.
        base: Added to the mean over the trees.
        behind: From rows and that mean, float32 (n, 1), to the surprise: the rest of the file, run as it is served.
    """

    feature: Integers
    threshold: NDArray[np.float32]
    left: Integers
    right: Integers
    leaf: NDArray[np.bool_]
    value: NDArray[np.float64]
    roots: Integers
    base: float
    behind: ort.InferenceSession


def read_forest(model: ModelProto) -> Forest | None:
    """The forest of a file that begins with an averaging ensemble of "at most" splits; None for any other file."""
    first, *others = model.graph.node
    told = {a.name: helper.get_attribute_value(a) for a in first.attribute}
    if first.op_type != _ENSEMBLE or first.output[0] != MEAN_PATH or not others or not _understood(told):
        return None
    numbers = {key: i for i, key in enumerate(zip(told["nodes_treeids"], told["nodes_nodeids"], strict=True))}
    leaf = np.array([mode == b"LEAF" for mode in told["nodes_modes"]])
    left, right = (_children(told, numbers, leaf, f"nodes_{side}nodeids") for side in ("true", "false"))
    return Forest(
        feature=np.array(told["nodes_featureids"], dtype=np.int64),
        threshold=np.array(told["nodes_values"], dtype=np.float32),
        left=left,
        right=right,
        leaf=leaf,
        value=_values(told, numbers),
        roots=np.setdiff1d(np.arange(len(leaf)), np.concatenate([left[~leaf], right[~leaf]])),
        base=float(told.get("base_values", [0.0])[0]),
        behind=_behind(model, others),
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


def _behind(model: ModelProto, others: Sequence[NodeProto]) -> ort.InferenceSession:
    mean = helper.make_tensor_value_info(MEAN_PATH, TensorProto.FLOAT, ["n", 1])
    return part_of(model, others, [*model.graph.input, mean], model.graph.output)
