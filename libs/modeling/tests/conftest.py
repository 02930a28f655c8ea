"""A forest small enough to score by hand, and manifests for it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from onnx import ModelProto, TensorProto, helper

from resonance_contracts.features import CATALOGUE_VERSION, FEATURE_NAMES, WIDTH
from resonance_modeling.artifact import (
    ANOMALY_DETECTION,
    ONNX_FILE,
    SEQUENCE_FILE,
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


def stumps(width: int = WIDTH, scale: float = 1.0, output: str = "surprise") -> ModelProto:
    """Two stumps: paths 1 or 3 at value 0 <= log(11), 2 or 4 at value 1 <= log(1.5). Surprise = scale * mean path.

    The other member's surprise is half of the first's.
    """
    trees = helper.make_node(
        "TreeEnsembleRegressor", ["scaled"], ["mean_path"], domain="ai.onnx.ml",
        aggregate_function="AVERAGE", n_targets=1,
        nodes_treeids=[0, 0, 0, 1, 1, 1], nodes_nodeids=[0, 1, 2, 0, 1, 2],
        nodes_featureids=[0, 0, 0, 1, 0, 0], nodes_values=[2.3979, 0.0, 0.0, 0.4055, 0.0, 0.0],
        nodes_modes=["BRANCH_LEQ", "LEAF", "LEAF"] * 2,
        nodes_truenodeids=[1, 0, 0, 1, 0, 0], nodes_falsenodeids=[2, 0, 0, 2, 0, 0],
        target_treeids=[0, 0, 1, 1], target_nodeids=[1, 2, 1, 2], target_ids=[0] * 4,
        target_weights=[1.0, 3.0, 2.0, 4.0],
    )  # fmt: skip
    graph = helper.make_graph(
        [
            trees,
            helper.make_node("Mul", ["mean_path", "scale"], [output]),
            helper.make_node("Mul", [output, "halves"], ["members"]),
        ],
        "stumps",
        [helper.make_tensor_value_info("scaled", TensorProto.FLOAT, ["n", width])],
        [
            helper.make_tensor_value_info(output, TensorProto.FLOAT, ["n", 1]),
            helper.make_tensor_value_info("members", TensorProto.FLOAT, ["n", 2]),
        ],
        [
            helper.make_tensor("scale", TensorProto.FLOAT, [1], [scale]),
            helper.make_tensor("halves", TensorProto.FLOAT, [1, 2], [1.0, 0.5]),
        ],
    )
    opsets = [helper.make_opsetid("", 17), helper.make_opsetid("ai.onnx.ml", 3)]
    return helper.make_model(graph, ir_version=8, opset_imports=opsets)


def manifest_of(onnx: bytes, sequence: bytes | None = None, **changes: Any) -> Manifest:
    """A manifest with the right version for its content, whatever was changed in it."""
    file = StoredFile.of(ONNX_FILE, onnx)
    second = None if sequence is None else StoredFile.of(SEQUENCE_FILE, sequence)
    fields: dict[str, Any] = {
        "model_name": ANOMALY_DETECTION,
        "files": (file,) if second is None else (file, second),
        "catalogue_version": CATALOGUE_VERSION,
        "feature_names": FEATURE_NAMES,
        "population": Population(median=(1.5,) * WIDTH, mean=(2.0,) * WIDTH, spread=(0.25,) * WIDTH),
        "members": (Member(name="stumps", weight=1.0), Member(name="halves", weight=3.0)),
        "calibration": Calibration.learn([0.1, 0.2, 0.3, 0.4]),
        "data_window": DataWindow(
            first_end_us=1, last_end_us=9, vectors=4, users=2, flagged=1, streams=("live",), offsets={"t/0": 3}
        ),
        "metrics": {"training_vectors": 4.0},
        "parity": Parity(rows=10, largest=1e-7, mean=1e-8, tolerance=1e-6, by_kind={"ordinary": 1e-7}),
        "opsets": {"ai.onnx": 17},
        "libraries": {"onnx": "1"},
        "parameters": {"seed": 7, "rate": 0.5, "estimator": "stumps"},
    } | changes
    fields["model_version"] = changes.get("model_version") or content_version(
        fields["model_name"],
        file.sha256,
        fields["members"],
        fields["calibration"],
        fields["population"],
        fields["catalogue_version"],
        fields["feature_names"],
        fields.get("signature"),
        None if second is None else second.sha256,
        fields.get("clusters"),
    )
    return Manifest(**fields)


@pytest.fixture
def make_stumps() -> Callable[..., ModelProto]:
    return stumps


@pytest.fixture
def make_manifest() -> Callable[..., Manifest]:
    return manifest_of


@pytest.fixture
def make_artifact() -> Callable[..., Artifact]:
    """Artifacts whose version differs with `scale`."""

    def make(scale: float = 1.0, **changes: Any) -> Artifact:
        onnx = stumps(scale=scale).SerializeToString(deterministic=True)
        return Artifact(manifest_of(onnx, **changes), onnx)

    return make
