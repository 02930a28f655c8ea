"""Models that questions can be asked about."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from resonance_xai.asked.columns import Column
from resonance_xai.asked.errors import WrongQuestion
from resonance_xai.asked.subject import Subject

Floats = NDArray[np.float64]

_NAMED: Final = 40


class Explainable(Protocol):
    """One version of a model, with what is ordinary."""

    @property
    def name(self) -> str:
        """Its name."""

    @property
    def version(self) -> str:
        """Its version."""

    @property
    def columns(self) -> tuple[Column, ...]:
        """Of its input."""

    @property
    def bounded(self) -> bool:
        """Whether no row can have values outside the columns' ranges."""

    @property
    def ordinary(self) -> Floats:
        """Ordinary rows, (n, width); may be none."""

    @property
    def reference(self) -> Floats:
        """Their medians, (width,)."""

    def subject(self, vector: Floats, wanted: str | None) -> Subject:
        """What is explained of a row, (width,). Raises WrongQuestion, UnusableModel."""


@dataclass(frozen=True, slots=True)
class Served:
    """A version of the ensemble: it has one output."""

    of: Subject
    bounded: bool = True

    @property
    def name(self) -> str:
        """Its name."""
        return self.of.name

    @property
    def version(self) -> str:
        """Its content version."""
        return self.of.version

    @property
    def columns(self) -> tuple[Column, ...]:
        """The feature catalogue's."""
        return self.of.columns

    @property
    def ordinary(self) -> Floats:
        """Ordinary vectors."""
        return self.of.ordinary

    @property
    def reference(self) -> Floats:
        """The population's medians."""
        return self.of.reference

    def subject(self, vector: Floats, wanted: str | None) -> Subject:
        """The score. Raises WrongQuestion where something else is wanted."""
        if wanted not in (None, self.of.output):
            raise WrongQuestion(f"The model has no output {wanted!r}; expected {self.of.output!r}, or none at all.")
        return self.of


class Shelf(Protocol):
    """Where models are found."""

    async def get(self, name: str | None, version: str | None) -> Explainable:
        """A model. Raises what `problems.problem_of` knows."""


def vector_of(given: Mapping[str, float], model: Explainable, fill: Floats | None, what: str = "features") -> Floats:
    """The row of a question, (width,).

    Args:
        given: Values by name.
        model: Whose columns they are.
        fill: Values of columns that are not given; None where all must be.
        what: What is read, for the error.

    Raises:
        WrongQuestion: Says which columns are missing, which are none of the model's, or which value is out of range.
    """
    names = [column.name for column in model.columns]
    extra, missing = sorted(set(given) - set(names)), [name for name in names if name not in given]
    if extra:
        raise WrongQuestion(
            f"{what}: {_some(extra)} {'is' if len(extra) == 1 else 'are'} not among the model's {len(names)} columns; "
            f"expected {_some(names)}."
        )
    if missing and fill is None:
        raise WrongQuestion(
            f"{what}: {_some(missing)} {'is' if len(missing) == 1 else 'are'} missing; give a number for each, or "
            '"fill": "reference" to take those that the row is compared with.'
        )
    vector = np.zeros(len(names)) if fill is None else fill.copy()
    for place, column in enumerate(model.columns):
        value = given.get(column.name)
        if value is None:
            continue
        if model.bounded and not column.lower <= value <= column.upper:
            raise WrongQuestion(
                f"{what}: {column.name} is {value}; expected a number from {column.lower:g} to {column.upper:g}."
            )
        vector[place] = value
    return vector


def _some(names: list[str]) -> str:
    shown = ", ".join(name[:60] for name in names[:_NAMED])
    return shown if len(names) <= _NAMED else f"{shown} and {len(names) - _NAMED} more"
