"""From the weights of the recurrent model to an ONNX file.

    recent ─▶ NaN becomes the mean ─▶ Sub, Mul, Clip: standardised ─▶ LSTM ─▶ Gemm: change ─▶ Add ─▶ expected
                                   └────────────────▶ Gather: the newest ─────────────────────┘

ONNX Runtime's LSTM gives a row the same bits whatever rows it is run with; a test holds it to that.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from onnx import TensorProto, helper, numpy_helper

from resonance_auto_retrainer.export.graph import model_of
from resonance_modeling.onnx_sequence import EXPECTED, RECENT
from resonance_modeling.sequences import STEPS
from resonance_training.sequence import FARTHEST, HIDDEN, SequenceWeights


def export_sequence(weights: SequenceWeights) -> bytes:
    """The ONNX file: see `resonance_modeling.onnx_sequence` for its input and output."""
    width = len(weights.mean)
    graph = helper.make_graph(
        _nodes(),
        "sequence",
        [helper.make_tensor_value_info(RECENT, TensorProto.FLOAT, ["n", STEPS, width])],
        [helper.make_tensor_value_info(EXPECTED, TensorProto.FLOAT, ["n", width])],
        [numpy_helper.from_array(np.asarray(value), name) for name, value in _constants(weights).items()],
    )
    return model_of(graph).SerializeToString(deterministic=True)


def _nodes() -> list[Any]:
    return [
        helper.make_node("IsNaN", [RECENT], ["missing"]),
        helper.make_node("Where", ["missing", "mean", RECENT], ["known"]),
        helper.make_node("Sub", ["known", "mean"], ["away"]),
        helper.make_node("Mul", ["away", "per_spread"], ["spreads"]),
        helper.make_node("Clip", ["spreads", "lowest", "highest"], ["standardised"]),
        helper.make_node("Transpose", ["standardised"], ["steps_first"], perm=[1, 0, 2]),
        helper.make_node("LSTM", ["steps_first", "kernel", "recurrent", "bias"], ["", "hidden"], hidden_size=HIDDEN),
        helper.make_node("Squeeze", ["hidden", "directions"], ["last"]),
        helper.make_node("Gemm", ["last", "readout", "drift"], ["change"]),
        helper.make_node("Gather", ["known", "newest_step"], ["newest"], axis=1),
        helper.make_node("Add", ["newest", "change"], [EXPECTED]),
    ]


def _constants(weights: SequenceWeights) -> dict[str, ArrayLike]:
    """The operator has the output first in its matrices, one direction before all, and a second bias."""
    spread = weights.spread
    per_spread = np.divide(np.float32(1.0), spread, out=np.zeros_like(spread), where=spread > 0.0)
    return {
        "mean": weights.mean,
        "per_spread": per_spread,
        "lowest": np.float32(-FARTHEST),
        "highest": np.float32(FARTHEST),
        "kernel": weights.kernel.T[np.newaxis],
        "recurrent": weights.recurrent.T[np.newaxis],
        "bias": np.concatenate((weights.bias, np.zeros_like(weights.bias)))[np.newaxis],
        "directions": np.array([0], dtype=np.int64),
        "readout": weights.readout,
        "drift": weights.drift,
        "newest_step": np.int64(STEPS - 1),
    }
