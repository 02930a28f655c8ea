"""The exported recurrent model is the trained one, whatever the rows and however many at a time."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from resonance_auto_retrainer.export.sequence import export_sequence
from resonance_contracts.features import WIDTH
from resonance_modeling.inspection import inspect
from resonance_modeling.onnx_sequence import OnnxSequence
from resonance_modeling.scales import to_scale
from resonance_modeling.sequences import STEPS
from resonance_training.sequence import SequenceWeights, expected, train_sequence

TOLERANCE = 1e-5
"""Of float32, relative to values up to ten on the scales of comparison."""


def sequences(make_values, n: int, seed: int) -> NDArray[np.float64]:
    """Recent vectors of which some have fewer than all steps, and the next as last row."""
    rows = to_scale(make_values(n * (STEPS + 1), seed)).reshape(n, STEPS + 1, WIDTH)
    known = np.random.default_rng(seed).integers(0, STEPS + 1, n)
    rows[:, :-1][np.arange(STEPS) < STEPS - known[:, np.newaxis]] = np.nan
    return rows


@pytest.fixture(scope="module")
def weights(make_values) -> SequenceWeights:
    rows = sequences(make_values, 1_000, 1)
    return train_sequence(rows[:, :-1], rows[:, -1], np.arange(1_000) % 5 == 0)


@pytest.fixture(scope="module")
def exported(weights: SequenceWeights) -> OnnxSequence:
    return OnnxSequence(export_sequence(weights), WIDTH)


def test_it_expects_what_the_trained_model_does(weights, exported, make_values) -> None:
    recent = sequences(make_values, 2_000, 2)[:, :-1]
    assert np.abs(exported.expected(recent) - expected(weights, recent)).max() < TOLERANCE


@settings(max_examples=25)
@given(
    values=st.lists(st.floats(-1e6, 1e6, width=32), min_size=WIDTH, max_size=WIDTH),
    known=st.integers(0, STEPS),
    at=st.integers(0, STEPS - 1),
)
def test_vectors_that_nobody_has_make_no_difference(weights, exported, values, known, at) -> None:
    recent = np.full((1, STEPS, WIDTH), np.nan)
    recent[0, STEPS - known :] = weights.mean
    if known:
        recent[0, max(at, STEPS - known)] = values
    reference = expected(weights, recent)
    scale = np.maximum(np.abs(reference), 10.0) / 10.0
    assert (np.abs(exported.expected(recent) - reference) / scale).max() < TOLERANCE


@settings(max_examples=25)
@given(sizes=st.lists(st.integers(1, 70), min_size=1, max_size=10))
def test_a_row_is_the_same_to_the_bit_whatever_is_beside_it(exported, together, sizes) -> None:
    recent, whole = together
    edges = np.minimum(np.cumsum([0, *sizes]), len(recent))
    parts = [exported.expected(recent[a:b]) for a, b in pairwise(edges.tolist())]
    assert np.array_equal(np.concatenate(parts), whole[: edges[-1]])


@pytest.fixture(scope="module")
def together(make_values, exported):
    recent = sequences(make_values, 300, 3)[:, :-1]
    return recent, exported.expected(recent)


def test_its_layer_is_the_operator_of_onnx(weights) -> None:
    model = inspect(export_sequence(weights))
    assert [node.op_type for node in model.graph.node].count("LSTM") == 1
    assert {node.domain for node in model.graph.node} == {""}


def test_the_same_weights_give_the_same_file(weights) -> None:
    assert export_sequence(weights) == export_sequence(weights)
