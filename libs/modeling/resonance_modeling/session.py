"""How ONNX files run here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import onnxruntime as ort
from onnx import ModelProto, NodeProto, ValueInfoProto, helper

from resonance_modeling.errors import InvalidArtifact

_ERRORS_ONLY: Final = 3


def part_of(
    model: ModelProto, nodes: Sequence[NodeProto], inputs: Sequence[ValueInfoProto], outputs: Sequence[ValueInfoProto]
) -> ort.InferenceSession:
    """Some nodes of a file in ONNX Runtime, with its constants; errors as `session`."""
    graph = helper.make_graph(nodes, "part", inputs, outputs, model.graph.initializer)
    part = helper.make_model(graph, ir_version=model.ir_version, opset_imports=model.opset_import)
    return session(part.SerializeToString())


def session(onnx: bytes) -> ort.InferenceSession:
    """A file in ONNX Runtime, with one thread. Raises InvalidArtifact where it cannot run it."""
    options = ort.SessionOptions()
    # A row costs microseconds: handing it to a pool costs more than it saves, and services share the cores.
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.execution_mode = ort.ExecutionMode.ORT_SEQUENTIAL
    options.log_severity_level = _ERRORS_ONLY
    # Left to itself it tells by four bytes whether a file is in its own format, which nobody has inspected.
    options.add_session_config_entry("session.load_model_format", "ONNX")
    try:
        return ort.InferenceSession(onnx, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # ONNX Runtime's own exceptions derive from Exception and RuntimeError alike
        raise InvalidArtifact(f"ONNX Runtime cannot load the model: {error}.") from error
