"""The file that expects a user's next vector, read as what it computes: one step of the layer after another.

What the layer keeps of a window's beginning does not depend on what follows, so windows that begin alike share the work
(TimeSHAP looks at whole windows: Bento et al. 2021, "TimeSHAP: Explaining Recurrent Models through Sequence
Perturbations"). All 2^m windows in each of whose m steps there is one of two vectors take 2^(m+1) steps of the layer in
place of m · 2^m: of 16 steps an eighth.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from onnx import ModelProto, helper, numpy_helper

from resonance_modeling.sequences import STEPS

Rounded = NDArray[np.float32]

_CHAIN: Final = (
    "IsNaN", "Where", "Sub", "Mul", "Clip", "Transpose", "LSTM", "Squeeze", "Gemm", "Gather", "Add",
)  # fmt: skip
_GATES: Final = 4
_OPEN: Final = 3
"""Gates that are sigmoids; they stand before the new content of the cells."""


@dataclass(frozen=True, slots=True)
class Recurrent:
    """A layer of long short-term memory, what is before it and what follows; gates in the order of ONNX.

    Attributes:
        mean, per_spread, lowest, highest: How vectors are standardised; a missing one is taken for the mean.
        kernel, recurrent, bias: From a vector (width, 4 · hidden) and from the hidden values before
            (hidden, 4 · hidden) to gates, (4 · hidden,).
        readout, drift: From the last hidden values to the change from the newest vector, (hidden, width) and (width,).
    """

    mean: Rounded
    per_spread: Rounded
    lowest: float
    highest: float
    kernel: Rounded
    recurrent: Rounded
    bias: Rounded
    readout: Rounded
    drift: Rounded

    def over_coalitions(self, recent: Rounded, reference: Rounded, players: NDArray[np.intp]) -> Rounded:
        """What is expected after each of 2^k windows, (2^k, width).

        Args:
            recent: The vectors before, oldest first, (m, width), 1 <= m <= STEPS; none is missing.
            reference: What stands in place of each of them that is absent, (width,).
            players: Places of the k steps that may be absent, ascending. Bit j of a window's place says whether the
                step `players[j]` is there; other steps always are.
        """
        size = len(self.recurrent)
        hidden, cells = np.zeros((2, 1, size), dtype=np.float32)
        nothing, absent, *present = self._gates(np.concatenate([[self.mean, reference], recent]))
        for _ in range(STEPS - len(recent)):
            hidden, cells = self._step(hidden, cells, nothing)
        choose = np.zeros(len(recent), dtype=np.bool_)
        choose[players] = True
        for there, either in zip(present, choose.tolist(), strict=True):
            if not either:
                hidden, cells = self._step(hidden, cells, there)
                continue
            n = len(hidden)
            gates = np.repeat(np.stack([absent, there]), n, axis=0)
            hidden, cells = self._step(np.tile(hidden, (2, 1)), np.tile(cells, (2, 1)), gates)
        newest = recent[-1:]
        if choose[-1]:
            newest = np.repeat(np.stack([reference, recent[-1]]), len(hidden) // 2, axis=0)
        found: Rounded = newest + (hidden @ self.readout + self.drift)
        return found

    def _gates(self, vectors: Rounded) -> Rounded:
        """What vectors (n, width) add to the gates, (n, 4 · hidden)."""
        away = np.clip((vectors - self.mean) * self.per_spread, self.lowest, self.highest)
        found: Rounded = (away @ self.kernel + self.bias).astype(np.float32)
        return found

    def _step(self, hidden: Rounded, cells: Rounded, given: Rounded) -> tuple[Rounded, Rounded]:
        """Hidden values and cells after one more step, (n, hidden) each."""
        size = len(self.recurrent)
        gates = hidden @ self.recurrent
        gates += given
        # sigmoid(x) = (1 + tanh(x / 2)) / 2: one call for all gates.
        gates[:, : _OPEN * size] *= 0.5
        np.tanh(gates, out=gates)
        gates[:, : _OPEN * size] *= 0.5
        gates[:, : _OPEN * size] += 0.5
        admit, emit, keep, new = (gates[:, i * size : (i + 1) * size] for i in range(_GATES))
        after: Rounded = keep * cells
        after += admit * new
        return emit * np.tanh(after), after


def read_recurrent(model: ModelProto) -> Recurrent | None:
    """The layer of a file; None of a file that is made of something else."""
    nodes = list(model.graph.node)
    if tuple(node.op_type for node in nodes) != _CHAIN:
        return None
    constants = {one.name: numpy_helper.to_array(one) for one in model.graph.initializer}
    _, where, _, multiply, clip, _, layer, _, gemm, _, _ = nodes
    told = {a.name: helper.get_attribute_value(a) for a in layer.attribute}
    names = [where.input[1], multiply.input[1], *clip.input[1:], *layer.input[1:], *gemm.input[1:]]
    if set(told) != {"hidden_size"} or len(names) != len(_CHAIN) - 2 or not set(names) <= set(constants):
        return None
    mean, per_spread, lowest, highest, kernel, recurrent, bias, readout, drift = (constants[name] for name in names)
    first, second = np.split(bias[0], 2)
    return Recurrent(
        mean=mean,
        per_spread=per_spread,
        lowest=lowest.item(),
        highest=highest.item(),
        kernel=np.ascontiguousarray(kernel[0].T),
        recurrent=np.ascontiguousarray(recurrent[0].T),
        bias=first + second,
        readout=readout,
        drift=drift,
    )
