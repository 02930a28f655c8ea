"""From learned regressions of the load to one ONNX graph of plain operators.

history ──▶ means ──▶ Log(1 + x) ──┐
minute ───▶ Sin, Cos ──────────────┴──▶ Gemm ──▶ Clip ──▶ bounds in order ──▶ Exp - 1 ──▶ messages, connections
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from onnx import TensorProto, helper

from resonance_auto_retrainer.export.graph import model_of
from resonance_modeling.load import HISTORY, HORIZONS, QUANTILES, SERIES
from resonance_training.load import BASE, DAY, HARMONICS, LARGEST_EXPONENT, MEANS, LoadModel

_SHAPE: Final = (len(SERIES), len(HORIZONS), len(QUANTILES))


def export_load(model: LoadModel) -> bytes:
    """The ONNX file of a model; see `resonance_modeling.load` for its inputs and outputs."""
    node = helper.make_node
    outputs = list(SERIES)
    graph = helper.make_graph(
        [
            node("Max", ["history", "zero"], ["not_negative"]),
            node("Transpose", ["not_negative"], ["by_series"], perm=[0, 2, 1]),
            node("MatMul", ["by_series", "weights_of_means"], ["means"]),
            node("Add", ["means", "one"], ["above_one"]),
            node("Log", ["above_one"], ["logarithms"]),
            node("Reshape", ["logarithms", "rows"], ["recent"]),
            node("MatMul", ["minute", "angular_speeds"], ["angles"]),
            node("Sin", ["angles"], ["sines"]),
            node("Cos", ["angles"], ["cosines"]),
            node("Concat", ["recent", "sines", "cosines"], ["seen"], axis=1),
            node("Gemm", ["seen", "coefficients", "intercepts"], ["exponents"]),
            node("Clip", ["exponents", "zero", "largest"], ["clipped"]),
            node("Reshape", ["clipped", "shape"], ["shaped"]),
            node("Split", ["shaped"], ["low", "middle", "high"], axis=3),
            node("Min", ["low", "middle"], ["least"]),
            node("Max", ["high", "middle"], ["most"]),
            node("Concat", ["least", "middle", "most"], ["ordered"], axis=3),
            node("Exp", ["ordered"], ["from_one"]),
            node("Sub", ["from_one", "one"], ["all"]),
            node("Split", ["all"], ["first", "second"], axis=1),
            *(node("Squeeze", [part, "axis"], [name]) for part, name in zip(("first", "second"), outputs, strict=True)),
        ],
        "load",
        [
            helper.make_tensor_value_info("history", TensorProto.FLOAT, ["n", HISTORY, len(SERIES)]),
            helper.make_tensor_value_info("minute", TensorProto.FLOAT, ["n", 1]),
        ],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", *_SHAPE[1:]]) for name in outputs],
        _initializers(model),
    )
    return model_of(graph).SerializeToString(deterministic=True)


def _initializers(model: LoadModel) -> list[Any]:
    coefficients, intercepts = affine(model)
    means = np.stack([np.where(np.arange(HISTORY) >= HISTORY - m, 1.0 / m, 0.0) for m in MEANS], axis=1)
    speeds = 2.0 * np.pi / DAY * np.array([HARMONICS], dtype=np.float64)
    floats = {
        "zero": np.array(0.0),
        "one": np.array(1.0),
        "largest": np.array(LARGEST_EXPONENT),
        "weights_of_means": means,
        "angular_speeds": speeds,
        "coefficients": coefficients,
        "intercepts": intercepts,
    }
    wholes = {"rows": [-1, len(SERIES) * len(MEANS)], "shape": [-1, *_SHAPE], "axis": [1]}
    return [
        *(helper.make_tensor(n, TensorProto.FLOAT, v.shape, v.astype(np.float32).ravel()) for n, v in floats.items()),
        *(helper.make_tensor(n, TensorProto.INT64, [len(v)], v) for n, v in wholes.items()),
    ]


def affine(model: LoadModel) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Coefficients (looked at, outputs) and intercepts (outputs,): the regressions, and what they are added to."""
    coefficients = np.stack([one.coefficients for one in model.regressions], axis=1)
    intercepts = np.array([one.intercept for one in model.regressions]) + model.shifts.ravel()
    for series in range(len(SERIES)):
        outputs = slice(series * _SHAPE[1] * _SHAPE[2], (series + 1) * _SHAPE[1] * _SHAPE[2])
        coefficients[len(MEANS) * series + BASE, outputs] += 1.0
    return coefficients, intercepts
