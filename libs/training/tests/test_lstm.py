"""Back-propagation through time against differences of the forward pass."""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resonance_training.lstm import Array, Layer, backward, forward

WIDTH, HIDDEN = 3, 4


def layer(rng: np.random.Generator) -> Layer:
    shapes = ((WIDTH, 4 * HIDDEN), (HIDDEN, 4 * HIDDEN), (4 * HIDDEN,))
    return Layer(*(rng.normal(size=shape) for shape in shapes))


@settings(max_examples=20)
@given(seed=st.integers(0, 10_000), steps=st.integers(1, 6), n=st.integers(1, 4))
def test_gradients_are_those_of_the_forward_pass(seed: int, steps: int, n: int) -> None:
    rng = np.random.default_rng(seed)
    at, inputs, weights = layer(rng), rng.normal(size=(steps, n, WIDTH)), rng.normal(size=(n, HIDDEN))

    def loss(of: Layer) -> float:
        return float((forward(of, inputs).hidden[-1] * weights).sum())

    found = backward(at, inputs, forward(at, inputs), weights)
    for field in fields(Layer):
        value: Array = getattr(at, field.name)
        place = tuple(rng.integers(0, size) for size in value.shape)
        there, here = (value.copy() for _ in range(2))
        there[place] += 1e-6
        here[place] -= 1e-6
        slope = loss(replace(at, **{field.name: there})) - loss(replace(at, **{field.name: here}))
        assert getattr(found, field.name)[place] == pytest.approx(slope / 2e-6, abs=1e-7)


def test_a_step_is_that_of_the_paper() -> None:
    rng = np.random.default_rng(1)
    at, inputs = layer(rng), rng.normal(size=(2, 1, WIDTH))
    hidden, cell = np.zeros(HIDDEN), np.zeros(HIDDEN)
    for x in inputs[:, 0]:
        gates = np.split(x @ at.kernel + hidden @ at.recurrent + at.bias, 4)
        admit, emit, keep = (1.0 / (1.0 + np.exp(-gate)) for gate in gates[:3])
        cell = keep * cell + admit * np.tanh(gates[3])
        hidden = emit * np.tanh(cell)
    assert forward(at, inputs).hidden[-1, 0] == pytest.approx(hidden, abs=1e-12)
