"""An ONNX file evaluated for every coalition at once: the values between its nodes are functions of the coalition.

Each value is kept in the cheapest form that holds it exactly (see `games`), in double precision:

    linear maps of the row           what each player adds
    columns of one player alone      any function of them is that again: standardising, squares, the tails of columns
    exp of a linear map, summed up   the product of two small matrices: a support vector machine
    trees                            the leaves that some coalition reaches (see `coalitions`)
    anything else                    a table of all coalitions
    ramps of columns of a table      one interpolation a column, in place of two matrix products: tails

So a file of the ensemble costs no row at all. It knows the operators that such files are made of; of any other file
it says so, and rows are scored.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from onnx import ModelProto, NodeProto, helper, numpy_helper

from resonance_attribution.evaluation import BINARY, ELEMENTWISE, Evaluation, Operation, Parts
from resonance_attribution.games import Floats, Pick
from resonance_attribution.piecewise import read_piecewise
from resonance_attribution.trees import Trees, read_trees

_OTHERS: Final = frozenset(
    {"TreeEnsembleRegressor", "Gemm", "MatMul", "Concat", "Clip", "Gather", "IsNaN", "Where", "Identity"}
)
_DEFAULTS: Final[Mapping[str, Mapping[str, Any]]] = {
    "Gemm": {"alpha": 1.0, "beta": 1.0, "transA": 0, "transB": 0},
    "Concat": {"axis": 1},
    "Gather": {"axis": 1},
}
"""Attributes that are understood, and the only values that are."""


@dataclass(frozen=True, slots=True)
class Network:
    """A file whose operators are all understood.

    Attributes:
        parts: What it is made of.
    """

    parts: Parts

    def tables(
        self,
        outputs: Sequence[str],
        rows: str,
        vector: NDArray[np.float32],
        reference: NDArray[np.float32],
        players: NDArray[np.intp],
        others: Mapping[str, NDArray[np.float32]],
    ) -> list[Floats]:
        """Values of the file for all coalitions, (2^k, w) each.

        Args:
            outputs: Names of the values.
            rows: Name of the input that vector and reference are rows of, (n, width).
            vector, reference: As the model takes them, shape (width,).
            players: Places of the k features that may come from either.
            others: Further inputs, the same for all coalitions, (width,) each.

        Raises:
            NotUnderstood: The file does something else with what depends on the coalition than is known here.
        """
        evaluation = Evaluation(self.parts, rows, vector, reference, players, others)
        coalitions = 1 << len(players)
        tables = map(evaluation.table, outputs)
        return [one if len(one) == coalitions else np.repeat(one, coalitions, axis=0) for one in tables]

    def of_rows(self, output: str, given: Mapping[str, NDArray[np.float32]]) -> Floats:
        """A value of the file, (n, w), of rows of its inputs, (n, width) each, or (1, width) for the same in all.

        A choice between two parts of the file falls as it does for the first row.

        Raises:
            NotUnderstood: The value depends on an input that is not given, or on trees.
        """
        nobody = np.zeros(0, dtype=np.float32)
        return Evaluation(self.parts, "", nobody, nobody, np.zeros(0, dtype=np.intp), given).table(output)


def read_network(model: ModelProto) -> Network | None:
    """The network of a file; None where an operator or an attribute of it is not understood."""
    constants = {one.name: numpy_helper.to_array(one).astype(np.float64) for one in model.graph.initializer}
    nodes = {node.output[0]: node for node in model.graph.node}
    trees: dict[str, Trees] = {}
    for name, node in nodes.items():
        if not _understood(node):
            return None
        if node.op_type == "TreeEnsembleRegressor":
            found = read_trees(node)
            if found is None:
                return None
            trees[name] = found
    picks = {name: pick for name, one in constants.items() if (pick := Pick.of(one)) is not None}
    ramps = {name: chain for name in nodes if (chain := read_piecewise(name, nodes, constants)) is not None}
    operations = {name: Operation(node.op_type, tuple(node.input)) for name, node in nodes.items()}
    return Network(Parts(operations, constants, picks, trees, ramps))


def _understood(node: NodeProto) -> bool:
    if len(node.output) != 1 or node.op_type not in {*ELEMENTWISE, *BINARY, *_OTHERS}:
        return False
    if node.op_type == "TreeEnsembleRegressor":
        return True
    allowed = _DEFAULTS.get(node.op_type, {})
    return all(a.name in allowed and helper.get_attribute_value(a) == allowed[a.name] for a in node.attribute)
