"""From a model file and reference rows to what is explained."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from resonance_xai.asked.columns import Column, columns_of
from resonance_xai.asked.errors import UnusableModel, UnusableTable
from resonance_xai.asked.onnx_file import OnnxTable, Outputs, place_of
from resonance_xai.asked.subject import Subject, Unit, medians

Floats = NDArray[np.float64]

MOST_ORDINARY: Final = 5_000
"""Reference rows that are kept; of more, as many are drawn."""
CLASS: Final = "class"
ORDINARY: Final = "ordinary"


@dataclass(frozen=True)
class Tabular:
    """A model file beside its reference rows: one subject for each of its outputs.

    Attributes:
        name: Name of the model.
        table: The loaded file.
        columns: Of its input.
        ordinary: Reference rows, (n, width); may be none.
        classes: Names of the classes, in the file's order; may be none.
        bounded: Whether no row can have values outside the columns' ranges, which are those of the reference rows.
    """

    name: str
    table: OnnxTable
    columns: tuple[Column, ...]
    ordinary: Floats
    classes: tuple[str, ...] = ()
    bounded: bool = False

    @property
    def version(self) -> str:
        """SHA-256 of the file."""
        return self.table.version

    @property
    def reference(self) -> Floats:
        """The medians of the reference rows, (width,); 0 where there are none."""
        return medians(self.ordinary, self.columns) if len(self.ordinary) else np.zeros(len(self.columns))

    def subject(self, vector: Floats, wanted: str | None) -> Subject:
        """What is explained of `vector`, (width,): the wanted output, or that which the model says of it.

        Raises:
            WrongQuestion: The model has no output of that name.
            UnusableModel: The model does not take such rows.
        """
        said = self.table.run(vector[np.newaxis])
        place = place_of(said, wanted, self.classes)
        names = self.classes if len(self.classes) == len(said.names) else said.names
        table, several = self.table, len(said.names) > 1

        def score(rows: Floats) -> Floats:
            return table.run(rows).numbers[:, place]

        def margin(rows: Floats) -> Floats:
            numbers = table.run(rows).numbers
            others = np.delete(numbers, place, axis=1).max(axis=1)
            # Another class must be ahead, not level.
            return np.where(numbers[:, place] < others, 0.0, numbers[:, place] - others + np.finfo(np.float32).eps)

        return Subject(
            self.name,
            self.table.version,
            names[place],
            Unit.PROBABILITY if said.probabilities else Unit.SCORE,
            self.columns,
            score,
            self.ordinary,
            self.reference,
            missed=margin if several else None,
            goal=CLASS if several else ORDINARY,
        )


def tabular(
    name: str,
    data: bytes,
    ordinary: Floats | None = None,
    names: Sequence[str] = (),
    immutable: Collection[str] = (),
    classes: Sequence[str] = (),
) -> Tabular:
    """Loads a model file with its reference rows, (n, width).

    Raises:
        UnusableModel: The file cannot be explained, or it does not have the given classes.
        UnusableTable: Rows or names are not the model's, or two columns have one name.
    """
    table = OnnxTable(data)
    width = table.width or (ordinary.shape[1] if ordinary is not None else len(names))
    if not width:
        raise UnusableModel("The model does not say how many columns it takes: give a reference file or --features.")
    if ordinary is not None and ordinary.shape[1] != width:
        raise UnusableTable(f"The model takes {width} columns, but the reference rows have {ordinary.shape[1]}.")
    if names and len(names) != width:
        raise UnusableTable(f"The model takes {width} columns, but there are {len(names)} names.")
    said = tuple(names) or tuple(f"x{i}" for i in range(width))
    if len(set(said)) != width:
        raise UnusableTable("Expected a name of its own for each column, but one comes twice.")
    unknown = sorted(set(immutable) - set(said))
    if unknown:
        raise UnusableTable(f"There is no column {unknown[0]!r} that could be immutable; expected {', '.join(said)}.")
    rows = np.zeros((0, width)) if ordinary is None else _some(ordinary)
    _check(table.run(rows[:1] if len(rows) else np.zeros((1, width))), classes)
    return Tabular(name, table, columns_of(said, rows, immutable), rows, tuple(classes))


def _some(rows: Floats) -> Floats:
    if len(rows) <= MOST_ORDINARY:
        return rows
    return rows[np.sort(np.random.default_rng(0).choice(len(rows), MOST_ORDINARY, replace=False))]


def _check(said: Outputs, classes: Sequence[str]) -> None:
    if not np.isfinite(said.numbers).all():
        raise UnusableModel("The model gives numbers that are not finite for an ordinary row.")
    if classes and len(classes) != len(said.names):
        raise UnusableModel(f"The model has {len(said.names)} outputs, but there are {len(classes)} names of classes.")
