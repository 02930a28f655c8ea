"""What an ONNX file contains, checked before ONNX Runtime sees it.

ONNX files can name external data (any path on the machine) and operators of any domain (any library that is
registered). Neither has a place in an artifact that came over a network. See the ONNX specification,
"External Tensor Data" and "Operator Sets".
"""

from __future__ import annotations

from collections.abc import Iterator
from math import prod
from typing import Final

from google.protobuf.message import DecodeError
from onnx import AttributeProto, GraphProto, ModelProto, NodeProto, SparseTensorProto, TensorProto

from resonance_modeling.errors import ForbiddenModel

STANDARD_DOMAINS: Final = frozenset({"", "ai.onnx", "ai.onnx.ml"})
LARGEST_BYTES: Final = 256 * 1024 * 1024
DEEPEST: Final = 16


def inspect(onnx: bytes) -> ModelProto:
    """Parses an ONNX file and refuses whatever could reach outside it.

    Raises:
        ForbiddenModel: It is not ONNX, or has external data, operators of other domains, own functions, or tensors that
            claim to be larger than a file may be.
    """
    if len(onnx) > LARGEST_BYTES:
        raise ForbiddenModel(f"An ONNX file may have at most {LARGEST_BYTES} bytes, but this one has {len(onnx)}.")
    try:
        model = ModelProto.FromString(onnx)
    except DecodeError as error:
        raise ForbiddenModel(f"Expected an ONNX file, but these {len(onnx)} bytes are not one: {error}.") from error
    if not model.graph.node:
        raise ForbiddenModel("Expected an ONNX file with a graph, but it has no nodes.")
    if model.functions or model.training_info:
        raise ForbiddenModel("The ONNX file has functions or training graphs of its own; export one flat graph.")
    for domain in (o.domain for o in model.opset_import):
        _check_domain(domain, "imports the operator set")
    _check_graph(model.graph, 0)
    return model


def opsets(model: ModelProto) -> dict[str, int]:
    """Version of each operator set, by domain; the default domain is "ai.onnx"."""
    return {o.domain or "ai.onnx": o.version for o in model.opset_import}


def _check_domain(domain: str, what: str) -> None:
    if domain not in STANDARD_DOMAINS:
        raise ForbiddenModel(f"The ONNX file {what} {domain!r}; only ai.onnx and ai.onnx.ml are allowed.")


def _check_graph(graph: GraphProto, depth: int) -> None:
    """Checks every node and tensor of a graph and of the graphs inside it."""
    if depth > DEEPEST:
        raise ForbiddenModel(f"The ONNX file nests graphs more than {DEEPEST} deep; export one flat graph.")
    for node in graph.node:
        _check_domain(node.domain, f"uses {node.op_type} of the domain")
        for inner in _graphs(node):
            _check_graph(inner, depth + 1)
    for tensor in _tensors(graph):
        if tensor.external_data or tensor.data_location == TensorProto.EXTERNAL:
            raise ForbiddenModel(f"Tensor {tensor.name!r} of the ONNX file is external data; store it inside the file.")
        if any(size < 0 for size in tensor.dims) or prod(tensor.dims) > LARGEST_BYTES:
            raise ForbiddenModel(
                f"Tensor {tensor.name!r} of the ONNX file claims the shape {list(tensor.dims)}: no file holds that."
            )


def _graphs(node: NodeProto) -> Iterator[GraphProto]:
    for attribute in node.attribute:
        if attribute.HasField("g"):
            yield attribute.g
        yield from attribute.graphs


def _tensors(graph: GraphProto) -> Iterator[TensorProto]:
    yield from graph.initializer
    for sparse in graph.sparse_initializer:
        yield from _parts(sparse)
    for node in graph.node:
        for attribute in node.attribute:
            yield from _attribute_tensors(attribute)


def _attribute_tensors(attribute: AttributeProto) -> Iterator[TensorProto]:
    if attribute.HasField("t"):
        yield attribute.t
    yield from attribute.tensors
    if attribute.HasField("sparse_tensor"):
        yield from _parts(attribute.sparse_tensor)
    for sparse in attribute.sparse_tensors:
        yield from _parts(sparse)


def _parts(sparse: SparseTensorProto) -> tuple[TensorProto, TensorProto]:
    return sparse.values, sparse.indices
