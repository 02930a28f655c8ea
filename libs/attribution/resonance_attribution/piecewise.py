"""Piecewise linear functions of columns, found in an ONNX file where they stand as ramps.

    columns ─▶ Gemm ─▶ Relu ─▶ Min ─▶ Gemm ─▶ functions

Where each ramp reads one column, each function is a sum of piecewise linear functions of columns: kept as the points
where it bends, it is one interpolation for any number of ramps.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from onnx import NodeProto

Floats = NDArray[np.float64]

_CHAIN: Final = ("Gemm", "Min", "Relu", "Gemm")
_WITH_BIAS: Final = 3
"""Inputs of a Gemm that adds something."""


@dataclass(frozen=True, slots=True)
class Bends:
    """A piecewise linear function of one column, level before its first bend and after its last.

    Attributes:
        output, column: Which function it adds to, and of which column.
        points, values: Where it bends, ascending, and what it is there, (b,).
    """

    output: int
    column: int
    points: Floats
    values: Floats


@dataclass(frozen=True, slots=True)
class Piecewise:
    """Functions of columns (n, w) that are sums of piecewise linear functions of one column each.

    Attributes:
        columns: Name of the value that holds the columns.
        at: What is added, (functions,).
        bends: The parts.
    """

    columns: str
    at: Floats
    bends: tuple[Bends, ...]

    def __call__(self, rows: Floats) -> Floats:
        """The functions, (n, functions), of rows (n, w)."""
        found = np.tile(self.at, (len(rows), 1))
        for one in self.bends:
            found[:, one.output] += np.interp(rows[:, one.column], one.points, one.values)
        return found


def read_piecewise(name: str, nodes: Mapping[str, NodeProto], constants: Mapping[str, Floats]) -> Piecewise | None:
    """The functions that the node with this output ends; None where it does not end such a chain."""
    chain: list[NodeProto] = []
    for operator in _CHAIN:
        node = nodes.get(name)
        if node is None or node.op_type != operator or not set(node.input[1:]) <= set(constants):
            return None
        chain.append(node)
        name = node.input[0]
    outward, least, _, inward = chain
    if not len(outward.input) == len(inward.input) == _WITH_BIAS:
        return None
    signs = constants[inward.input[1]]
    if (np.count_nonzero(signs, axis=0) != 1).any():
        return None
    owner = np.argmax(signs != 0.0, axis=0)
    sign, bias = signs[owner, np.arange(len(owner))], constants[inward.input[2]].reshape(-1)
    width, slopes = constants[least.input[1]].reshape(-1), constants[outward.input[1]]
    bends = [
        _bends(output, column, *(part[owner == column] for part in (sign, bias, width, slopes[:, output])))
        for output in range(slopes.shape[1])
        for column in sorted(set(owner[slopes[:, output] != 0.0].tolist()))
    ]
    return Piecewise(name, constants[outward.input[2]].reshape(-1), tuple(bends))


def _bends(output: int, column: int, sign: Floats, bias: Floats, width: Floats, slope: Floats) -> Bends:
    """Of ramps slope · min(max(0, sign · x + bias), width)."""
    used = slope != 0.0
    sign, bias, width, slope = sign[used], bias[used], width[used], slope[used]
    # Not `np.unique`, which imports what nobody else needs here, for a tenth of a second.
    points = np.array(sorted({*(-bias / sign).tolist(), *((width - bias) / sign).tolist()}))
    values = np.minimum(np.maximum(np.outer(points, sign) + bias, 0.0), width) @ slope
    return Bends(output, column, points, values)
