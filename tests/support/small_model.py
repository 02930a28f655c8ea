"""Anomaly models that are made in a moment, in real ONNX files; some break on vectors that are busy."""

from __future__ import annotations

from typing import Final, Literal

import numpy as np
from onnx import ModelProto, NodeProto, TensorProto, helper

from resonance_contracts.features import CATALOGUE_VERSION, FEATURE_NAMES, INDEX, WIDTH
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

Fault = Literal["nan", "raise"]

MEMBERS: Final = (Member(name="whole", weight=1.0), Member(name="half", weight=1.0))
MEAN: Final = dict.fromkeys(FEATURE_NAMES, 0.0) | {
    "messages_per_minute": 6.0, "requests_per_user": 30.0, "avg_message_size": 150.0, "login_intervals": 3_600.0,
    "channels_count": 2.0, "channel_activity": 15.0, "jwt_token_reuse": 1.0, "jwt_token_churn": 1.0,
}  # fmt: skip


def small_model(scale: float = 1.0, fault: Fault | None = None, most: float = 100.0) -> Artifact:
    """A model to which a vector is the more surprising the more messages a minute it has.

    Args:
        scale: Of the surprise; another one gives another version.
        fault: What becomes of vectors with more messages a minute than `most`, and not ten times as many: what is said
            of them is not a number, or ONNX Runtime raises. None for a model that does not break.
        most: Messages a minute.
    """
    onnx = _file(scale, fault, most).SerializeToString(deterministic=True)
    file = StoredFile.of(ONNX_FILE, onnx)
    values = tuple(MEAN[name] for name in FEATURE_NAMES)
    population = Population(median=values, mean=values, spread=values)
    calibration = Calibration.learn(np.random.default_rng(1).exponential(1.0, 1000))
    version = content_version(
        ANOMALY_DETECTION, file.sha256, MEMBERS, calibration, population, CATALOGUE_VERSION, FEATURE_NAMES
    )
    manifest = Manifest(
        model_name=ANOMALY_DETECTION,
        model_version=version,
        files=(file,),
        catalogue_version=CATALOGUE_VERSION,
        feature_names=FEATURE_NAMES,
        population=population,
        members=MEMBERS,
        calibration=calibration,
        data_window=DataWindow(
            first_end_us=1, last_end_us=2, vectors=1000, users=50, flagged=0, streams=("live",), offsets={}
        ),
        metrics={},
        parity=Parity(rows=1, largest=0.0, mean=0.0, tolerance=1e-6, by_kind={}),
        opsets={"ai.onnx": 17},
        libraries={},
        parameters={},
    )
    return Artifact(manifest, onnx)


def _file(scale: float, fault: Fault | None, most: float) -> ModelProto:
    """surprise = scale times the messages a minute on the scale of comparison."""
    nodes = [
        helper.make_node("Gather", ["scaled", "column"], ["busy"], axis=1),
        *_breaking(fault),
        helper.make_node("Mul", ["checked", "scale"], ["surprise"]),
        helper.make_node("Mul", ["surprise", "halves"], ["members"]),
    ]
    constants = [
        helper.make_tensor("column", TensorProto.INT64, [1], [INDEX["messages_per_minute"]]),
        helper.make_tensor("scale", TensorProto.FLOAT, [1], [scale]),
        helper.make_tensor("halves", TensorProto.FLOAT, [1, 2], [1.0, 0.5]),
        helper.make_tensor("most", TensorProto.FLOAT, [1], [float(np.log1p(most))]),
        helper.make_tensor("far", TensorProto.FLOAT, [1], [float(np.log1p(10.0 * most))]),
        helper.make_tensor("table", TensorProto.FLOAT, [1], [0.0]),
    ]
    graph = helper.make_graph(
        nodes,
        "small",
        [helper.make_tensor_value_info("scaled", TensorProto.FLOAT, ["n", WIDTH])],
        [
            helper.make_tensor_value_info("surprise", TensorProto.FLOAT, ["n", 1]),
            helper.make_tensor_value_info("members", TensorProto.FLOAT, ["n", len(MEMBERS)]),
        ],
        constants,
    )
    return helper.make_model(graph, ir_version=8, opset_imports=[helper.make_opsetid("", 17)])


def _breaking(fault: Fault | None) -> list[NodeProto]:
    if fault is None:
        return [helper.make_node("Identity", ["busy"], ["checked"])]
    between = [
        helper.make_node("Greater", ["busy", "most"], ["above"]),
        helper.make_node("Less", ["busy", "far"], ["below"]),
        helper.make_node("And", ["above", "below"], ["between"]),
    ]
    if fault == "nan":
        # The root of what is below 0 is none.
        breaking = [
            helper.make_node("Cast", ["between"], ["one"], to=TensorProto.FLOAT),
            helper.make_node("Neg", ["one"], ["negative"]),
            helper.make_node("Sqrt", ["negative"], ["nothing"]),
        ]
    else:
        # A place in a table of one entry.
        breaking = [
            helper.make_node("Cast", ["between"], ["place"], to=TensorProto.INT64),
            helper.make_node("Gather", ["table", "place"], ["nothing"], axis=0),
        ]
    return [*between, *breaking, helper.make_node("Add", ["busy", "nothing"], ["checked"])]
