"""The part of a version that looks back: the file that expects, and the detector that holds a vector against it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from resonance_attribution.evaluation import NotUnderstood
from resonance_attribution.lookback import Floats, LookedBack, Rounded, Surprise, Window, looked_back
from resonance_attribution.network import Network
from resonance_attribution.recurrent import Recurrent, read_recurrent
from resonance_contracts.features import WIDTH
from resonance_modeling.artifact import Artifact
from resonance_modeling.inspection import inspect
from resonance_modeling.onnx_ensemble import SCALED
from resonance_modeling.onnx_sequence import EXPECTED, OnnxSequence
from resonance_modeling.sequences import STEPS

__all__ = ["LookedBack", "LookingBack", "read_looking_back"]

SAME: Final = 1e-4
"""What is expected, on the scales of comparison, is the same where it differs by less: it is computed in 32 bits."""

TRIED: Final = 5
"""Steps of the windows that a file read as a layer is tried on, once it is loaded: 2^5 of them."""


@dataclass(frozen=True, slots=True)
class LookingBack:
    """What is needed to attribute.

    Attributes:
        name: Of the detector.
        network: The file of the ensemble.
        value: Name of the value in it that is the detector's surprise.
        sequence: What expects.
        recurrent: The same, read as what it computes; None where it is not understood.
    """

    name: str
    network: Network
    value: str
    sequence: OnnxSequence
    recurrent: Recurrent | None

    def at(self, vector: Rounded, medians: Rounded, recent: Rounded, *, asked: bool) -> LookedBack | None:
        """At a vector as the ensemble takes it, (WIDTH,), after others (m, WIDTH); see `looked_back`.

        None where the ensemble's file does something else with what was expected than is known here.
        """
        window = Window(recent, medians, self._surprise(vector), self.sequence, self.recurrent)
        try:
            return looked_back(self.name, self._surprise(medians), window, asked=asked)
        except NotUnderstood:
            return None

    def _surprise(self, at: Rounded) -> Surprise:
        def surprise(expected: Floats) -> Floats:
            found = self.network.of_rows(self.value, {SCALED: at[np.newaxis], EXPECTED: expected.astype(np.float32)})
            return np.maximum(found[:, 0], 0.0)

        return surprise


def read_looking_back(artifact: Artifact, network: Network | None, value: str | None, name: str) -> LookingBack | None:
    """Of an artifact whose ensemble is understood; None where it is not, or does not look back."""
    if artifact.sequence is None or network is None or value is None:
        return None
    sequence, recurrent = OnnxSequence(artifact.sequence, WIDTH), read_recurrent(inspect(artifact.sequence))
    same = recurrent is not None and _same(recurrent, sequence)
    return LookingBack(name, network, value, sequence, recurrent if same else None)


def _same(recurrent: Recurrent, sequence: OnnxSequence) -> bool:
    """Whether a file and what was read of it say the same of some windows."""
    medians, *recent = np.random.default_rng(0).uniform(0.0, 3.0, (TRIED + 1, WIDTH)).astype(np.float32)
    players: NDArray[np.intp] = np.arange(TRIED)
    found = recurrent.over_coalitions(np.stack(recent), medians, players)
    there = (np.arange(1 << TRIED)[:, np.newaxis] >> players & 1) == 1
    windows = np.full((len(there), STEPS, WIDTH), np.nan, dtype=np.float32)
    windows[:, STEPS - TRIED :] = np.where(there[:, :, np.newaxis], recent, medians)
    return bool((np.abs(sequence.expected(windows) - found) <= SAME).all())
