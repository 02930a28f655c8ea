"""Whether an ONNX file takes and gives what it is taken for."""

from __future__ import annotations

from collections.abc import Mapping

from onnx import ModelProto, TensorProto, ValueInfoProto

from resonance_modeling.errors import SignatureMismatch

Shapes = Mapping[str, tuple[int, ...]]
"""Shape by name, in order; -1 for a size that may be any. All are float32."""


def check_signature(model: ModelProto, inputs: Shapes, outputs: Shapes) -> None:
    """Raises SignatureMismatch where the file has other inputs or outputs, or in another order."""
    stored = {tensor.name for tensor in model.graph.initializer}
    for what, found, wanted in (
        ("inputs", [one for one in model.graph.input if one.name not in stored], inputs),
        ("outputs", list(model.graph.output), outputs),
    ):
        described = [_described(one) for one in found]
        expected = [(name, TensorProto.FLOAT, shape) for name, shape in wanted.items()]
        if described != expected:
            raise SignatureMismatch(
                f"Expected the {what} of the ONNX file to be {expected} (name, element type, shape; -1 for any size), "
                f"but they are {described}: it was exported for other features or another kind of model."
            )


def _described(value: ValueInfoProto) -> tuple[str, int, tuple[int, ...]]:
    tensor = value.type.tensor_type
    return value.name, tensor.elem_type, tuple(dim.dim_value or -1 for dim in tensor.shape.dim)
