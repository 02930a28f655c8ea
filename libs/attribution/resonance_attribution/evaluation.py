"""Values of an ONNX file for every coalition at once: one pair of vector and reference, see `network`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from resonance_attribution.coalitions import over_coalitions, reached
from resonance_attribution.games import NOBODY, Columns, Exponentials, Floats, Pick, Sums, Table, Value, table_of
from resonance_attribution.piecewise import Piecewise
from resonance_attribution.trees import Trees

ELEMENTWISE: Final[Mapping[str, Callable[[Floats], Floats]]] = {
    "Exp": np.exp,
    "Tanh": np.tanh,
    "Relu": lambda x: np.maximum(x, 0.0),
}
BINARY: Final[Mapping[str, Callable[[Floats, Floats], Floats]]] = {
    "Add": np.add,
    "Sub": np.subtract,
    "Mul": np.multiply,
    "Min": np.minimum,
    "Max": np.maximum,
}


class NotUnderstood(ValueError):
    """A file does something with what depends on the coalition that is not known here."""


@dataclass(frozen=True, slots=True)
class Operation:
    """What a node of a file does: its operator, and the names of what it takes.

    A node itself makes both anew whenever they are looked at.
    """

    op_type: str
    input: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Parts:
    """What a file is made of.

    Attributes:
        nodes: By the name of what each gives.
        constants: By name, float64.
        picks: Of those that are matrices with one entry in each column, by name.
        trees: Of each tree ensemble, by the name of what it gives.
        ramps: Functions of columns, by the name of what gives them.
    """

    nodes: Mapping[str, Operation]
    constants: Mapping[str, Floats]
    picks: Mapping[str, Pick]
    trees: Mapping[str, Trees]
    ramps: Mapping[str, Piecewise]


class Evaluation:
    """One pair of vector and reference; a value is computed where it is first asked for. Errors as `Network.tables`."""

    def __init__(
        self,
        parts: Parts,
        rows: str,
        vector: NDArray[np.float32],
        reference: NDArray[np.float32],
        players: NDArray[np.intp],
        others: Mapping[str, NDArray[np.float32]],
    ) -> None:
        self._parts = parts
        self._vector, self._reference, self._players = vector, reference, players
        owner = np.full(len(vector), NOBODY)
        owner[players] = np.arange(len(players))
        ends = reference.astype(np.float64), vector.astype(np.float64)
        self._known: dict[str, Value] = {**parts.constants, rows: Columns(*ends, owner, len(players))}
        self._known |= {name: np.atleast_2d(one.astype(np.float64)) for name, one in others.items()}

    def table(self, name: str) -> Floats:
        """Every coalition, (2^k, w); (1, w) of what is the same in all."""
        return table_of(self._value(name))

    def _value(self, name: str) -> Value:
        known = self._known.get(name)
        if known is None:
            node = self._parts.nodes.get(name)
            if node is None:
                raise NotUnderstood(f"expected a value {name} in the file")
            known = self._known[name] = self._computed(name, node)
        return known

    def _computed(self, name: str, node: Operation) -> Value:
        operator = node.op_type
        ramps = self._parts.ramps.get(name)
        if ramps is not None:
            given = self._value(ramps.columns)
            if isinstance(given, np.ndarray) and len(given) > 1:
                return ramps(given)
            if not isinstance(given, np.ndarray | Columns):
                return Table(ramps(table_of(given)))
        if operator == "TreeEnsembleRegressor":
            return self._forest(self._parts.trees[name])
        if operator == "Where":
            return self._chosen(node)
        if operator == "Gather":
            return self._gathered(node)
        values = [self._value(one) for one in node.input]
        if operator == "Identity":
            return values[0]
        if operator == "IsNaN":
            return np.isnan(_constant(values[0])).astype(np.float64)
        if operator == "Concat":
            return self._joined(values)
        if operator in {"Gemm", "MatMul"}:
            return self._product(self._parts.picks.get(node.input[1]), *values)
        if operator == "Clip":
            low, high = (_constant(one) for one in values[1:])
            return self._each(values[0], lambda x: np.clip(x, low, high))
        if operator in ELEMENTWISE:
            if operator == "Exp" and isinstance(values[0], Sums):
                return Exponentials(values[0])
            return self._each(values[0], ELEMENTWISE[operator])
        return self._both(operator, *values, same=node.input[0] == node.input[1])

    def _forest(self, trees: Trees) -> Value:
        leaves = reached(trees, self._vector, self._reference, self._players)
        total = over_coalitions(leaves, len(self._players))
        return Table((total / trees.count + trees.base)[:, np.newaxis])

    def _chosen(self, node: Operation) -> Value:
        """Of a condition that is the same in all coalitions."""
        condition = _constant(self._value(node.input[0]))
        return self._value(node.input[1] if condition.reshape(-1)[0] else node.input[2])

    def _gathered(self, node: Operation) -> Value:
        places = _constant(self._value(node.input[1])).astype(np.int64)
        return _constant(self._value(node.input[0]))[:, places]

    def _each(self, value: Value, function: Callable[[Floats], Floats]) -> Value:
        if isinstance(value, np.ndarray):
            return function(value)
        if isinstance(value, Columns):
            return value.each(function)
        return Table(function(table_of(value)))

    def _both(self, operator: str, one: Value, other: Value, *, same: bool) -> Value:
        function = BINARY[operator]
        if same:
            return self._each(one, lambda x: function(x, x))
        if isinstance(one, np.ndarray) and isinstance(other, np.ndarray):
            return function(one, other)
        if isinstance(other, np.ndarray):
            return self._with_constant(operator, one, other.reshape(-1))
        one, other = (side.sums() if isinstance(side, Columns) else side for side in (one, other))
        if isinstance(one, Sums) and isinstance(other, Sums) and operator in {"Add", "Sub"}:
            return Sums(function(one.base, other.base), function(one.steps, other.steps))
        return Table(function(table_of(one), table_of(other)))

    def _with_constant(self, operator: str, one: Value, constant: Floats) -> Value:
        function = BINARY[operator]
        if isinstance(one, Sums) and operator in {"Add", "Sub"}:
            return Sums(function(one.base, constant), one.steps)
        if isinstance(one, Sums) and operator == "Mul":
            return Sums(one.base * constant, one.steps * constant)
        return self._each(one, lambda x: function(x, constant))

    def _product(self, pick: Pick | None, given: Value, weights: Value, bias: Value | None = None) -> Value:
        matrix = _constant(weights)
        add = np.zeros(1) if bias is None else _constant(bias).reshape(-1)
        if isinstance(given, Columns) and pick is not None:
            return given.picked(pick).each(lambda x: x + add)
        if isinstance(given, Columns | Sums):
            sums = given.sums() if isinstance(given, Columns) else given
            found = sums.times(matrix)
            return Sums(found.base + add, found.steps)
        if isinstance(given, Exponentials):
            return Table(given.times(matrix) + add)
        return (given @ matrix + add) if isinstance(given, np.ndarray) else Table(given.rows @ matrix + add)

    def _joined(self, values: Sequence[Value]) -> Value:
        columns = [one for one in values if isinstance(one, Columns)]
        if len(columns) == len(values):
            low, high = (np.concatenate(ends) for ends in zip(*((one.low, one.high) for one in columns), strict=True))
            return Columns(low, high, np.concatenate([one.owner for one in columns]), columns[0].k)
        tables = [table_of(one) for one in values]
        most = max(len(one) for one in tables)
        return Table(
            np.concatenate([one if len(one) == most else np.repeat(one, most, axis=0) for one in tables], axis=1)
        )


def _constant(value: Value) -> Floats:
    if not isinstance(value, np.ndarray):
        raise NotUnderstood("expected a value that is the same in all coalitions")
    return value
