"""From learned kinds of users to one ONNX graph of plain operators.

usual ──▶ scales of comparison ──▶ units ──▶ Clip ──▶ whitened ──▶ squared distances from each kind
            ──▶ Softmax ──▶ memberships
            ──▶ ArgMax ──▶ cluster, and the distance from it
"""

from __future__ import annotations

from typing import Any

import numpy as np
from onnx import TensorProto, helper, numpy_helper

from resonance_auto_retrainer.export.graph import model_of
from resonance_contracts.features import FEATURE_NAMES, WIDTH
from resonance_modeling.scales import TRANSFORMS, Transform
from resonance_training.behaviour import FARTHEST, Kinds


def export_kinds(kinds: Kinds) -> bytes:
    """The ONNX file; see `resonance_modeling.behaviour` for its input and outputs."""
    value = helper.make_tensor_value_info
    graph = helper.make_graph(
        _nodes(),
        "behaviour",
        [value("usual", TensorProto.FLOAT, ["n", WIDTH])],
        [
            value("cluster", TensorProto.FLOAT, ["n"]),
            value("memberships", TensorProto.FLOAT, ["n", "clusters"]),
            value("distance", TensorProto.FLOAT, ["n"]),
        ],
        [numpy_helper.from_array(array, name) for name, array in _constants(kinds).items()],
    )
    return model_of(graph).SerializeToString(deterministic=True)


def _nodes() -> list[Any]:
    node = helper.make_node
    return [
        node("Max", ["usual", "zero"], ["not_negative"]),
        node("Add", ["not_negative", "one"], ["above_one"]),
        node("Log", ["above_one"], ["logarithms"]),
        node("Min", ["not_negative", "one"], ["shares"]),
        node("Sqrt", ["shares"], ["roots"]),
        node("Asin", ["roots"], ["angles"]),
        node("Where", ["is_share", "angles", "usual"], ["shares_scaled"]),
        node("Where", ["is_logarithm", "logarithms", "shares_scaled"], ["scaled"]),
        node("Sub", ["scaled", "middle"], ["from_middle"]),
        node("Div", ["from_middle", "unit"], ["units"]),
        node("Clip", ["units", "lowest", "highest"], ["clipped"]),
        node("MatMul", ["clipped", "whitening"], ["whitened"]),
        node("Unsqueeze", ["whitened", "second"], ["of_rows"]),
        node("Sub", ["of_rows", "means"], ["away"]),
        node("ReduceSumSquare", ["away"], ["squares"], axes=[2], keepdims=0),
        node("Mul", ["squares", "minus_half"], ["exponents"]),
        node("Add", ["exponents", "log_weights"], ["likelihoods"]),
        node("Softmax", ["likelihoods"], ["memberships"], axis=1),
        node("ArgMax", ["likelihoods"], ["best"], axis=1, keepdims=1),
        node("Squeeze", ["best", "second"], ["number"]),
        node("Cast", ["number"], ["cluster"], to=TensorProto.FLOAT),
        node("GatherElements", ["squares", "best"], ["square"], axis=1),
        node("Squeeze", ["square", "second"], ["of_best"]),
        node("Div", ["of_best", "width"], ["mean_square"]),
        node("Sqrt", ["mean_square"], ["distance"]),
    ]


def _constants(kinds: Kinds) -> dict[str, Any]:
    transforms = [TRANSFORMS[name] for name in FEATURE_NAMES]
    floats = {
        "zero": 0.0,
        "one": 1.0,
        "minus_half": -0.5,
        "width": float(WIDTH),
        "lowest": -FARTHEST,
        "highest": FARTHEST,
        "middle": kinds.middle,
        "unit": kinds.unit,
        "whitening": kinds.whitening,
        "means": (kinds.means @ kinds.whitening)[np.newaxis],
        "log_weights": np.log(kinds.weights),
    }
    return {
        **{name: np.asarray(array, dtype=np.float32) for name, array in floats.items()},
        "is_logarithm": np.array([one is Transform.LOG for one in transforms]),
        "is_share": np.array([one is Transform.ARCSINE for one in transforms]),
        "second": np.array([1], dtype=np.int64),
    }
