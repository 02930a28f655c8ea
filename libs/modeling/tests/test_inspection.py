"""What is refused before ONNX Runtime sees a file."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from onnx import ModelProto, TensorProto, helper

from resonance_modeling.errors import ForbiddenModel, InvalidArtifact
from resonance_modeling.inspection import DEEPEST, inspect, opsets
from resonance_modeling.session import session

Make = Callable[..., ModelProto]


def external(name: str) -> TensorProto:
    tensor = TensorProto(name=name, data_type=TensorProto.FLOAT, dims=[1], data_location=TensorProto.EXTERNAL)
    tensor.external_data.add(key="location", value="../../etc/passwd")
    return tensor


def branching(node_inside: object) -> object:
    inner = helper.make_graph([node_inside], "inner", [], [])
    return helper.make_node("If", ["condition"], ["out"], then_branch=inner, else_branch=inner)


def test_takes_a_plain_model(make_stumps: Make) -> None:
    assert opsets(inspect(make_stumps().SerializeToString())) == {"ai.onnx": 17, "ai.onnx.ml": 3}


@pytest.mark.parametrize("data", [b"not onnx", b"\x08", b"\xff" * 64])
def test_refuses_what_is_not_onnx(data: bytes) -> None:
    with pytest.raises(ForbiddenModel, match="Expected an ONNX file"):
        inspect(data)


def test_refuses_a_model_without_nodes() -> None:
    with pytest.raises(ForbiddenModel, match="no nodes"):
        inspect(b"")


def test_refuses_external_initializers(make_stumps: Make) -> None:
    model = make_stumps()
    model.graph.initializer.append(external("weights"))
    with pytest.raises(ForbiddenModel, match="'weights' of the ONNX file is external data"):
        inspect(model.SerializeToString())


def test_refuses_external_data_that_claims_to_be_inside(make_stumps: Make) -> None:
    model = make_stumps()
    tensor = external("weights")
    tensor.data_location = TensorProto.DEFAULT
    model.graph.initializer.append(tensor)
    with pytest.raises(ForbiddenModel, match="external data"):
        inspect(model.SerializeToString())


def test_refuses_external_tensors_in_attributes(make_stumps: Make) -> None:
    model = make_stumps()
    model.graph.node.append(helper.make_node("Constant", [], ["c"], value=external("constant")))
    with pytest.raises(ForbiddenModel, match="'constant' of the ONNX file is external data"):
        inspect(model.SerializeToString())


def test_refuses_external_parts_of_sparse_initializers(make_stumps: Make) -> None:
    model = make_stumps()
    model.graph.sparse_initializer.add().values.CopyFrom(external("sparse"))
    with pytest.raises(ForbiddenModel, match="'sparse' of the ONNX file is external data"):
        inspect(model.SerializeToString())


@pytest.mark.parametrize("dims", [[2**40], [2**32, 2**32], [-1], [2**62, 4, 0, 2**20, -5]])
def test_refuses_tensors_that_claim_what_no_file_holds(make_stumps: Make, dims: list[int]) -> None:
    model = make_stumps()
    model.graph.initializer.append(TensorProto(name="huge", data_type=TensorProto.FLOAT, dims=dims))
    with pytest.raises(ForbiddenModel, match="'huge' of the ONNX file claims the shape"):
        inspect(model.SerializeToString())


def test_refuses_operators_of_other_domains(make_stumps: Make) -> None:
    model = make_stumps()
    model.graph.node.append(helper.make_node("Evil", [], ["e"], domain="com.example"))
    with pytest.raises(ForbiddenModel, match=r"uses Evil of the domain 'com\.example'"):
        inspect(model.SerializeToString())


def test_refuses_imports_of_other_domains(make_stumps: Make) -> None:
    model = make_stumps()
    model.opset_import.append(helper.make_opsetid("com.microsoft", 1))
    with pytest.raises(ForbiddenModel, match=r"imports the operator set 'com\.microsoft'"):
        inspect(model.SerializeToString())


def test_looks_into_inner_graphs(make_stumps: Make) -> None:
    model = make_stumps()
    model.graph.node.append(branching(helper.make_node("Evil", [], ["e"], domain="com.example")))
    with pytest.raises(ForbiddenModel, match=r"com\.example"):
        inspect(model.SerializeToString())


def test_refuses_graphs_that_nest_without_end(make_stumps: Make) -> None:
    node = helper.make_node("Exp", ["x"], ["y"])
    for _ in range(DEEPEST + 1):
        inner = helper.make_graph([node], "inner", [], [])
        node = helper.make_node("Loop", ["n"], ["out"], body=inner)
    model = make_stumps()
    model.graph.node.append(node)
    with pytest.raises(ForbiddenModel, match="nests graphs"):
        inspect(model.SerializeToString())


def test_refuses_functions_of_its_own(make_stumps: Make) -> None:
    model = make_stumps()
    model.functions.add().name = "own"
    with pytest.raises(ForbiddenModel, match="functions"):
        inspect(model.SerializeToString())


def test_nothing_is_taken_for_a_file_in_onnx_runtimes_own_format() -> None:
    own = b"\x10\x00\x00\x00ORTM" + bytes(64)
    with pytest.raises(InvalidArtifact, match="protobuf parsing failed"):
        session(own)
