"""An ONNX graph, put together node by node."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike
from onnx import GraphProto, ModelProto, NodeProto, TensorProto, ValueInfoProto, helper, numpy_helper

OPSET: Final = 17
ML_OPSET: Final = 3
IR_VERSION: Final = 8
"""The oldest versions that have all we use: any ONNX Runtime of the last years can load the file."""

ML: Final = "ai.onnx.ml"


class Graph:
    """Nodes and constants in the order they were added. Constants are float32 unless they are whole numbers.

    Args:
        name: Name of the graph.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._nodes: list[NodeProto] = []
        self._constants: list[TensorProto] = []

    def constant(self, name: str, values: ArrayLike) -> str:
        """Adds a constant; returns its name."""
        array = np.asarray(values)
        whole = np.issubdtype(array.dtype, np.integer)
        self._constants.append(numpy_helper.from_array(array.astype(np.int64 if whole else np.float32), name))
        return name

    def node(self, operator: str, inputs: list[str], output: str, domain: str = "", **attributes: Any) -> str:
        """Adds a node with one output, which gives it its name; returns it."""
        self._nodes.append(helper.make_node(operator, inputs, [output], output, domain=domain, **attributes))
        return output

    def model(self, inputs: dict[str, int], outputs: dict[str, int]) -> bytes:
        """The ONNX file.

        Args:
            inputs, outputs: Columns of each, float32 of shape (n, columns), by name.
        """
        graph = helper.make_graph(self._nodes, self._name, _values(inputs), _values(outputs), self._constants)
        return model_of(graph).SerializeToString(deterministic=True)


def model_of(graph: GraphProto) -> ModelProto:
    """The ONNX model of a graph, for the operator sets that we use."""
    model: ModelProto = helper.make_model(
        graph,
        producer_name="resonance-auto-retrainer",
        ir_version=IR_VERSION,
        opset_imports=[helper.make_opsetid("", OPSET), helper.make_opsetid(ML, ML_OPSET)],
    )
    return model


def _values(columns: dict[str, int]) -> list[ValueInfoProto]:
    return [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", width]) for name, width in columns.items()]
