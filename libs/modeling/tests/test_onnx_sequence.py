"""The loaded sequence model: what it takes and what it refuses. What it computes is tested where it is exported."""

from __future__ import annotations

import numpy as np
import pytest
from onnx import ModelProto, TensorProto, helper

from resonance_modeling.errors import ForbiddenModel, InvalidArtifact, InvalidVectors, SignatureMismatch
from resonance_modeling.onnx_sequence import BLOCK, OnnxSequence
from resonance_modeling.sequences import STEPS

WIDTH = 3


def as_before(steps: int = STEPS, width: int = WIDTH, kind: int = TensorProto.FLOAT, op: str = "Gather") -> bytes:
    """A model that expects the newest vector again."""
    newest = helper.make_tensor("newest", TensorProto.INT64, [], [steps - 1])
    graph = helper.make_graph(
        [helper.make_node(op, ["recent", "newest"], ["expected"], axis=1)],
        "as_before",
        [helper.make_tensor_value_info("recent", kind, ["n", steps, width])],
        [helper.make_tensor_value_info("expected", kind, ["n", width])],
        [newest],
    )
    model: ModelProto = helper.make_model(graph, ir_version=8, opset_imports=[helper.make_opsetid("", 17)])
    return bytes(model.SerializeToString())


@pytest.fixture(scope="module")
def loaded() -> OnnxSequence:
    return OnnxSequence(as_before(), WIDTH)


@pytest.mark.parametrize("n", [0, 1, BLOCK, 2 * BLOCK + 1])
def test_every_row_gets_what_is_expected(loaded: OnnxSequence, n: int) -> None:
    recent = np.random.default_rng(1).normal(size=(n, STEPS, WIDTH))
    found = loaded.expected(recent)
    assert found.dtype == np.float64
    assert np.array_equal(found, recent[:, -1].astype(np.float32))


def test_vectors_that_are_missing_are_let_through(loaded: OnnxSequence) -> None:
    recent = np.ones((2, STEPS, WIDTH), dtype=np.float32)
    recent[1] = np.nan
    assert loaded.expected(recent)[0].tolist() == [1.0] * WIDTH


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_vector_that_is_partly_missing_is_refused(loaded: OnnxSequence, value: float) -> None:
    recent = np.ones((2, STEPS, WIDTH))
    recent[1, 5, 2] = value
    expected = "all NaN where there was none, but that of step 5 in row 1"
    if np.isinf(value):
        # Beyond float32 is its largest.
        assert np.isfinite(loaded.expected(recent)).all()
        recent = recent.astype(np.float32)
    with pytest.raises(InvalidVectors, match=expected):
        loaded.expected(recent)


def test_another_shape_is_refused(loaded: OnnxSequence) -> None:
    with pytest.raises(InvalidVectors, match=r"shape \(n, 16, 3\), but got shape \(2, 15, 3\)"):
        loaded.expected(np.zeros((2, STEPS - 1, WIDTH)))


@pytest.mark.parametrize(
    "onnx", [as_before(steps=8), as_before(width=WIDTH + 1), as_before(kind=TensorProto.DOUBLE)]
)  # fmt: skip
def test_another_signature_is_refused(onnx: bytes) -> None:
    with pytest.raises(SignatureMismatch, match="another kind of model"):
        OnnxSequence(onnx, WIDTH)


def test_what_cannot_run_is_refused() -> None:
    with pytest.raises(ForbiddenModel, match="Expected an ONNX file"):
        OnnxSequence(b"not onnx", WIDTH)
    with pytest.raises(InvalidArtifact, match="ONNX Runtime cannot load"):
        OnnxSequence(as_before(op="NoSuchOperator"), WIDTH)
