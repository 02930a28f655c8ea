"""Models that questions can be asked about."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from resonance_xai.asked.columns import Column
from resonance_xai.asked.errors import WrongQuestion
from resonance_xai.asked.served import ServedModel, served
from resonance_xai.asked.subject import Subject

Floats = NDArray[np.float64]


class Looking(ServedModel, Protocol):
    """A version of the ensemble, to which it can be said what it had expected."""

    def expecting(self, expected: Floats, /) -> ServedModel:
        """The same version where it had expected this."""


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
    """A version of the ensemble: it has one output.

    Attributes:
        of: What is explained of a vector of which nothing was expected.
        model: The version.
        bounded: As `Explainable`.
    """

    of: Subject
    model: Looking
    bounded: bool = True

    def expecting(self, expected: Floats) -> Subject:
        """The score where this had been expected of the vector, (WIDTH,) on the scales of comparison; NaN: nothing."""
        if np.isnan(expected).any():
            return self.of
        return served(self.name, self.model.expecting(expected), self.ordinary)

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
