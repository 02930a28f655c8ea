"""A version that takes one feature for another, whatever it learned."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from resonance_attribution.attribution import Coalitions
from resonance_attribution.loaded import Loaded
from resonance_contracts.features import WIDTH
from resonance_modeling.artifact import Artifact

Floats = NDArray[np.float64]


class Mistaken(Loaded):
    """What a version would be that was learned from rows with two columns in each other's place: score and reasons."""

    def __init__(self, artifact: Artifact, one: int, other: int) -> None:
        super().__init__(artifact)
        self._places = np.arange(WIDTH)
        self._places[[one, other]] = other, one
        self.reference = self.reference[self._places]

    def score(self, vectors: Floats) -> Floats:
        """As `Loaded` has it."""
        return super().score(vectors[:, self._places])

    def players(self, vector: Floats, reference: Floats) -> NDArray[np.intp]:
        """As `Loaded` has it."""
        return np.sort(self._places[super().players(vector[self._places], reference[self._places])])

    def coalitions(self, vector: Floats, reference: Floats, players: NDArray[np.intp]) -> Coalitions | None:
        """As `Loaded` has it."""
        return super().coalitions(vector[self._places], reference[self._places], self._places[players])
