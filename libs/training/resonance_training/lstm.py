"""One layer of long short-term memory (Hochreiter and Schmidhuber 1997, with the forget gate of Gers et al. 2000).

Gates stand side by side in the order of ONNX's LSTM operator: input, output, forget, cell. Forward and backward pass
over many sequences at a time, in NumPy and in the precision of what is given: single for training, double for the
check of gradients and as the reference that exports are held against.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.floating[Any]]


@dataclass(frozen=True, slots=True)
class Layer:
    """Parameters of the layer.

    Attributes:
        kernel: From inputs to gates, (width, 4 * hidden).
        recurrent: From the hidden values before to gates, (hidden, 4 * hidden).
        bias: Of the gates, (4 * hidden,).
    """

    kernel: Array
    recurrent: Array
    bias: Array


@dataclass(frozen=True, slots=True)
class Trace:
    """What the forward pass leaves for the backward pass; time comes first.

    Attributes:
        gates: Gates after their nonlinearities, (steps, n, 4 * hidden).
        cells: Cells before the first step and after each, (steps + 1, n, hidden).
        squashed: tanh of the cells after each step, (steps, n, hidden).
        hidden: Hidden values before the first step and after each, (steps + 1, n, hidden).
    """

    gates: Array
    cells: Array
    squashed: Array
    hidden: Array


def forward(layer: Layer, inputs: Array) -> Trace:
    """Runs the layer over sequences, (steps, n, width), from hidden values and cells of 0."""
    steps, n, _ = inputs.shape
    size = len(layer.recurrent)
    gates = inputs @ layer.kernel + layer.bias
    cells = np.zeros((steps + 1, n, size), dtype=gates.dtype)
    hidden = np.zeros_like(cells)
    squashed = np.empty((steps, n, size), dtype=gates.dtype)
    for t in range(steps):
        now = gates[t]
        now += hidden[t] @ layer.recurrent
        # sigmoid(x) = (1 + tanh(x / 2)) / 2: one call for all gates.
        now[:, : 3 * size] *= 0.5
        np.tanh(now, out=now)
        now[:, : 3 * size] *= 0.5
        now[:, : 3 * size] += 0.5
        admit, emit, keep, new = np.split(now, 4, axis=1)
        cells[t + 1] = keep * cells[t] + admit * new
        np.tanh(cells[t + 1], out=squashed[t])
        hidden[t + 1] = emit * squashed[t]
    return Trace(gates, cells, squashed, hidden)


def backward(layer: Layer, inputs: Array, trace: Trace, last: Array) -> Layer:
    """Gradients of the parameters: back-propagation through time.

    Args:
        layer: The parameters.
        inputs: What `forward` was given.
        trace: What it gave.
        last: Gradient of the loss by the last hidden values, (n, hidden).
    """
    steps, n, width = inputs.shape
    size = len(layer.recurrent)
    slopes = np.empty_like(trace.gates)
    by_hidden, by_cell = last, np.zeros_like(last)
    for t in reversed(range(steps)):
        admit, emit, keep, new = np.split(trace.gates[t], 4, axis=1)
        squashed = trace.squashed[t]
        by_cell = by_cell + by_hidden * emit * (1.0 - squashed * squashed)
        slope = slopes[t]
        slope[:, :size] = by_cell * new * admit * (1.0 - admit)
        slope[:, size : 2 * size] = by_hidden * squashed * emit * (1.0 - emit)
        slope[:, 2 * size : 3 * size] = by_cell * trace.cells[t] * keep * (1.0 - keep)
        slope[:, 3 * size :] = by_cell * admit * (1.0 - new * new)
        by_hidden, by_cell = slope @ layer.recurrent.T, by_cell * keep
    flat = slopes.reshape(steps * n, 4 * size)
    return Layer(
        inputs.reshape(steps * n, width).T @ flat,
        trace.hidden[:-1].reshape(steps * n, size).T @ flat,
        flat.sum(axis=0),
    )
