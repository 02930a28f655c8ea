"""A stored model of two detectors, a forest and a length, small enough to be enumerated by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
from onnx import TensorProto, helper

from resonance_contracts.features import CATALOGUE_VERSION, FEATURE_NAMES, WIDTH
from resonance_modeling.artifact import (
    ANOMALY_DETECTION,
    ONNX_FILE,
    Artifact,
    DataWindow,
    Manifest,
    Member,
    Parity,
    Population,
    StoredFile,
    content_version,
)
from resonance_modeling.calibration import Calibration
from resonance_modeling.scales import to_scale

MEDIANS = (12.0, 60.0, 300.0, 0.01, 0.0, 1800.0, 3.0, 20.0, 0.1, 0.0, 3600.0, 1.0, 1.0)
DEPTH = 3


def forest(seed: int, trees: int = 40) -> bytes:
    """Complete trees of random splits around twice the medians; leaves on a grid that float32 adds exactly."""
    rng = np.random.default_rng(seed)
    inner, every = 2**DEPTH - 1, 2 ** (DEPTH + 1) - 1
    nodes: dict[str, list[Any]] = {k: [] for k in ("tree", "node", "feature", "value", "mode", "true", "false")}
    leaves: dict[str, list[Any]] = {k: [] for k in ("tree", "node", "weight")}
    for tree, node in ((t, n) for t in range(trees) for n in range(every)):
        feature = int(rng.integers(WIDTH))
        split = node < inner
        nodes["tree"].append(tree)
        nodes["node"].append(node)
        nodes["feature"].append(feature if split else 0)
        above = float(MEDIANS[feature] + rng.exponential(1 + 2 * MEDIANS[feature]))
        nodes["value"].append(float(to_scale(np.full((1, WIDTH), above))[0, feature]) if split else 0.0)
        nodes["mode"].append("BRANCH_LEQ" if split else "LEAF")
        nodes["true"].append(2 * node + 1 if split else 0)
        nodes["false"].append(2 * node + 2 if split else 0)
        if not split:
            leaves["tree"].append(tree)
            leaves["node"].append(node)
            # The left-most leaf is the ordinary one: the longest path.
            leaves["weight"].append(float(rng.integers(2, 20)) / 4 + (6.0 if node == inner else 0.0))
    return _model(nodes, leaves)


def _model(nodes: dict[str, list[Any]], leaves: dict[str, list[Any]]) -> bytes:
    trees = helper.make_node(
        "TreeEnsembleRegressor", ["scaled"], ["mean_path"], domain="ai.onnx.ml",
        aggregate_function="AVERAGE", n_targets=1,
        nodes_treeids=nodes["tree"], nodes_nodeids=nodes["node"], nodes_featureids=nodes["feature"],
        nodes_values=nodes["value"], nodes_modes=nodes["mode"], nodes_truenodeids=nodes["true"],
        nodes_falsenodeids=nodes["false"], target_treeids=leaves["tree"], target_nodeids=leaves["node"],
        target_ids=[0] * len(leaves["tree"]), target_weights=leaves["weight"],
    )  # fmt: skip
    graph = helper.make_graph(
        [
            trees,
            helper.make_node("Mul", ["mean_path", "scale"], ["exponent"]),
            helper.make_node("Exp", ["exponent"], ["forest"]),
            helper.make_node("Mul", ["scaled", "scaled"], ["squares"]),
            helper.make_node("MatMul", ["squares", "hundredths"], ["length"]),
            helper.make_node("Concat", ["forest", "length"], ["members"], axis=1),
            helper.make_node("MatMul", ["members", "halves"], ["surprise"]),
        ],
        "forest and length",
        [helper.make_tensor_value_info("scaled", TensorProto.FLOAT, ["n", WIDTH])],
        [
            helper.make_tensor_value_info("surprise", TensorProto.FLOAT, ["n", 1]),
            helper.make_tensor_value_info("members", TensorProto.FLOAT, ["n", 2]),
        ],
        [
            helper.make_tensor("scale", TensorProto.FLOAT, [1], [-0.07]),
            helper.make_tensor("hundredths", TensorProto.FLOAT, [WIDTH, 1], [0.01] * WIDTH),
            helper.make_tensor("halves", TensorProto.FLOAT, [2, 1], [0.5, 0.5]),
        ],
    )
    opsets = [helper.make_opsetid("", 17), helper.make_opsetid("ai.onnx.ml", 3)]
    return bytes(helper.make_model(graph, ir_version=8, opset_imports=opsets).SerializeToString(deterministic=True))


def artifact_of(seed: int) -> Artifact:
    """A stored forest; another seed is another version."""
    onnx = forest(seed)
    file = StoredFile.of(ONNX_FILE, onnx)
    calibration = Calibration.learn(np.linspace(0.3, 0.7, 2000))
    population = Population(median=MEDIANS, mean=MEDIANS, spread=(1.0,) * WIDTH)
    members = (Member(name="forest", weight=1.0), Member(name="length", weight=1.0))
    version = content_version(
        ANOMALY_DETECTION, file.sha256, members, calibration, population, CATALOGUE_VERSION, FEATURE_NAMES
    )
    manifest = Manifest(
        model_name=ANOMALY_DETECTION, model_version=version, files=(file,), catalogue_version=CATALOGUE_VERSION,
        feature_names=FEATURE_NAMES, population=population, members=members, calibration=calibration,
        data_window=DataWindow(
            first_end_us=1, last_end_us=9, vectors=4, users=2, flagged=1, streams=("live",), offsets={"t/0": 3}
        ),
        metrics={}, parity=Parity(rows=10, largest=1e-7, mean=1e-8, tolerance=1e-6, by_kind={}), opsets={"ai.onnx": 17},
        libraries={}, parameters={},
    )  # fmt: skip
    return Artifact(manifest, onnx)
