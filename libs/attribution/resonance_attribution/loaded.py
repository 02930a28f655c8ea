"""One version of a model, ready to score and to be explained."""

from __future__ import annotations

from copy import copy
from typing import Final

import numpy as np
from numpy.typing import NDArray

from resonance_attribution.attribution import Coalitions, Foreseen
from resonance_attribution.evaluation import NotUnderstood
from resonance_attribution.looking_back import LookedBack, read_looking_back
from resonance_attribution.network import Network, read_network
from resonance_attribution.shapley import coalition_rows, of_worths
from resonance_contracts.features import WIDTH
from resonance_modeling.artifact import Artifact
from resonance_modeling.inspection import inspect
from resonance_modeling.onnx_ensemble import (
    MEMBERS,
    SCALED,
    SURPRISE,
    TABULAR_MEMBERS,
    TABULAR_SURPRISE,
    as_float32,
)
from resonance_modeling.onnx_sequence import EXPECTED
from resonance_modeling.scales import to_scale, to_units
from resonance_modeling.scorer import EnsembleScorer, bounded

Floats = NDArray[np.float64]
Rounded = NDArray[np.float32]

SAME: Final = 1e-6
"""Scores of one row that differ by less are the same: 32-bit sums depend on how many rows are summed at once."""

SAME_SURPRISE: Final = 1e-4
"""The same of a detector's surprise, which goes up to 100: the largest difference seen is a quarter of it."""


class Loaded:
    """One version, ready to score and to be explained. Safe to share between threads.

    Attributes:
        version: Its content version.
        reference: The population's medians, shape (WIDTH,).
        members: Names of its detectors.
        looks_back: Whether it compares a vector with what was expected of it.
        expected: What that is, on the scales of comparison, shape (WIDTH,); NaN where nothing was.
    """

    def __init__(self, artifact: Artifact) -> None:
        """Checks and loads an artifact; errors as `EnsembleScorer`."""
        self._scorer = EnsembleScorer(artifact)
        self._network = _understood(artifact, self._scorer)
        # Of the members side by side, the one that looks back is the last.
        together = self._network.parts.nodes.get(MEMBERS) if self._network is not None else None
        self._foresight = together.input[-1] if together is not None and self._scorer.looks_back else None
        self._back = read_looking_back(artifact, self._network, self._foresight, self._scorer.members[-1])
        self.version = self._scorer.version
        self.reference: Floats = np.array(artifact.manifest.scoring()[0].median, dtype=np.float64)
        self.reference.flags.writeable = False
        self.members = self._scorer.members
        self.looks_back = self._scorer.looks_back
        self.expected: Floats = np.full(WIDTH, np.nan)

    def expecting(self, expected: Floats) -> Loaded:
        """The same version where it had expected this, shape (WIDTH,)."""
        found = copy(self)
        found.expected = expected
        return found

    def score(self, vectors: Floats) -> Floats:
        """Scores in [0, 1], shape (n,), of vectors of shape (n, WIDTH)."""
        return self._scorer.scores(vectors, np.broadcast_to(self.expected, vectors.shape)).score

    def confidence(self, vector: Floats) -> float:
        """Share of its detectors, by weight, that agree with the whole about a vector, (WIDTH,)."""
        return float(self._scorer.scores(vector[np.newaxis], self.expected[np.newaxis]).confidence[0])

    def surprises(self, vectors: Floats) -> Floats:
        """Surprise of each detector, (n, members), of vectors of shape (n, WIDTH)."""
        return self._scorer.scores(vectors, np.broadcast_to(self.expected, vectors.shape)).members

    def tail_probability(self, score: float) -> float:
        """Share of ordinary vectors that score at least this high."""
        return float(self._scorer.tail_probability([score])[0])

    def players(self, vector: Floats, reference: Floats) -> NDArray[np.intp]:
        """Places of the features that it can tell from the reference's: it takes them as 32-bit numbers on a scale."""
        below, above = as_float32(to_scale(np.stack([reference, vector])), len(vector))
        return np.flatnonzero(below != above)

    def coalitions(self, vector: Floats, reference: Floats, players: NDArray[np.intp]) -> Coalitions | None:
        """What it says of all coalitions; None where its file is not understood.

        Reference and vector are also scored as they are served: if the file read as a network says anything else of
        them, it was not understood.
        """
        if self._network is None:
            return None
        ends = np.stack([reference, vector])
        served = self._scorer.scores(ends, np.broadcast_to(self.expected, ends.shape))
        below, above = as_float32(to_scale(ends), len(vector))
        alone = self.looks_back and bool(np.isnan(self.expected[0]))
        surprise, members = self._network.tables(
            [TABULAR_SURPRISE, TABULAR_MEMBERS] if alone else [SURPRISE, MEMBERS],
            SCALED,
            above,
            below,
            players,
            {EXPECTED: self.expected.astype(np.float32)} if self.looks_back else {},
        )
        scores, surprises = bounded(np.maximum(surprise[:, 0], 0.0)), np.maximum(members, 0.0)
        of_ends = served.members[:, : surprises.shape[1]]
        if not (_within(SAME, scores[[0, -1]], served.score) and _within(SAME_SURPRISE, surprises[[0, -1]], of_ends)):
            return None
        # Efficiency is owed to what is served, to the last bit.
        scores[[0, -1]], surprises[[0, -1]] = served.score, of_ends
        return Coalitions(scores, dict(zip(self.members, surprises.T, strict=False)))

    def foreseen(self, vector: Floats) -> Foreseen | None:
        """What its detector that looks back says of a vector; None where it has none, or nothing was expected."""
        if self._network is None or self._foresight is None or np.isnan(self.expected[0]):
            return None
        above, below = as_float32(np.stack([to_scale(vector[np.newaxis])[0], self.expected]), len(vector))
        players = np.flatnonzero(above != below)
        (surprise,) = self._network.tables([self._foresight], SCALED, above, below, players, {EXPECTED: below})
        (found,) = of_worths(np.maximum(surprise, 0.0), players, len(vector))
        return Foreseen(self.members[-1], found, to_units(self.expected))

    def before(self, vector: Floats, recent: NDArray[np.float32], *, asked: bool = True) -> LookedBack | None:
        """What the vectors before, (m, WIDTH), add to what its detector that looks back says; None as `foreseen`.

        Args:
            vector: The vector, (WIDTH,).
            recent: Those before it on the scales of comparison, oldest first, 1 to STEPS, finite.
            asked: As `looked_back` has it.
        """
        if self._back is None:
            return None
        at, medians = as_float32(to_scale(np.stack([vector, self.reference])), len(vector))
        return self._back.at(at, medians, recent, asked=asked)


def _understood(artifact: Artifact, scorer: EnsembleScorer) -> Network | None:
    """The file as a network, if that says what is served: as one half of the features go up, and then the other."""
    network = read_network(inspect(artifact.onnx))
    if network is None:
        return None
    population = artifact.manifest.scoring()[0]
    middle, spread = np.array(population.median), np.array(population.spread)
    below, above = as_float32(to_scale(np.stack([middle, middle + 2.0 * spread + 1.0])), WIDTH)
    foreseen = below if scorer.looks_back else None
    between = np.where(np.arange(WIDTH) % 2, above, below)
    try:
        same = _same(network, scorer, between, below, foreseen) and _same(network, scorer, above, between, foreseen)
    except NotUnderstood:
        return None
    return network if same else None


def _same(
    network: Network, scorer: EnsembleScorer, vector: Rounded, reference: Rounded, foreseen: Rounded | None
) -> bool:
    """Whether it says of all coalitions what is served; all of shape (WIDTH,), on the scales of comparison."""
    players = np.flatnonzero(vector != reference)
    rows = coalition_rows(vector, reference, players).astype(np.float64)
    expected = {} if foreseen is None else {EXPECTED: foreseen}
    surprise, members = network.tables([SURPRISE, MEMBERS], SCALED, vector, reference, players, expected)
    served = scorer.judge(rows, None if foreseen is None else np.broadcast_to(foreseen, rows.shape))
    return _within(SAME, bounded(surprise[:, 0]), served.score) and _within(SAME_SURPRISE, members, served.members)


def _within(tolerance: float, one: Floats, other: Floats) -> bool:
    return bool((np.abs(one - other) <= tolerance).all())
