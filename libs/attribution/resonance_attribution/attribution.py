"""What each feature adds to what a model served: exact where that can be, else with a bound.

the model's parts are known         every coalition, without rows (see `network`)
at most ENUMERATED features differ  every coalition, a row each, where there is time and so many rows may be scored
else                                some coalitions, until they are enough or the time is over (see `sampling`)
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import inf
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from resonance_attribution.lookback import LookedBack
from resonance_attribution.sampling import FEW, IN_STREAM, Until, sampled
from resonance_attribution.shapley import Attribution, Scorer, of_worths, shapley

Floats = NDArray[np.float64]

ENUMERATED: Final = 11
"""Features that may differ for a row a coalition: 2^11 rows of the ensemble take 12 ms."""

TRIED: Final = 64
"""Rows that are scored to see how long they take."""


@dataclass(frozen=True, slots=True)
class Coalitions:
    """What a model says of every coalition of k features.

    Attributes:
        scores: (2^k,); bit j of the place says whether player j has the vector's value.
        members: Surprise of each of its detectors that says anything, by name, (2^k,).
    """

    scores: Floats
    members: Mapping[str, Floats] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What the detector that looks back says of a vector against what it had expected.

    Attributes:
        name: Its name.
        attribution: Of its surprise.
        expected: What it had expected, in the features' units, (WIDTH,).
    """

    name: str
    attribution: Attribution
    expected: Floats


class Model(Scorer, Protocol):
    """One version of a model, with the population's medians and what it had expected of the vector."""

    @property
    def version(self) -> str:
        """Its content version."""

    @property
    def reference(self) -> Floats:
        """What explanations compare with, shape (WIDTH,)."""

    @property
    def members(self) -> Sequence[str]:
        """Names of its detectors; one that looks back is the last."""

    @property
    def expected(self) -> Floats:
        """What it had expected, on the scales of comparison, shape (WIDTH,); NaN where nothing."""

    def players(self, vector: Floats, reference: Floats) -> NDArray[np.intp]:
        """Places of the features that the model can tell from the reference's."""

    def coalitions(self, vector: Floats, reference: Floats, players: NDArray[np.intp]) -> Coalitions | None:
        """What it says of all coalitions of `players`; None where that would take a row for each."""

    def foreseen(self, vector: Floats) -> Foreseen | None:
        """What the detector that looks back says; None where there is none, or its part of the model is not known."""

    def before(self, vector: Floats, recent: NDArray[np.float32], *, asked: bool) -> LookedBack | None:
        """What the vectors before, (m, WIDTH), add to that; None as `foreseen`. `asked` is as `looked_back` has it."""


@dataclass(frozen=True, slots=True)
class Attributed:
    """Attributions of a score, and of the detectors that it is made of, against one reference.

    Attributes:
        whole: Of the score.
        members: Of each detector's surprise, by name; empty where the model's parts are not known.
    """

    whole: Attribution
    members: Mapping[str, Attribution]


def attributed(model: Model, vector: Floats, reference: Floats, until: Until = IN_STREAM) -> Attributed:
    """Shapley values of what a model says of `vector` against `reference`, both of shape (WIDTH,) and finite.

    Args:
        model: The model.
        vector, reference: What is explained, and what it is compared with.
        until: How many rows may be scored, and until when, where the model's parts are not known.

    Raises:
        EfficiencyViolated: They do not add up.
    """
    found = without_rows(model, vector, reference)
    return Attributed(attribution(model, vector, reference, until), {}) if found is None else found


def without_rows(model: Model, vector: Floats, reference: Floats) -> Attributed | None:
    """The same where no row has to be scored for it; None where the model's parts are not known."""
    players = model.players(vector, reference)
    found = model.coalitions(vector, reference, players)
    if found is None:
        return None
    worths = np.stack([found.scores, *found.members.values()], axis=1)
    whole, *members = of_worths(worths, players, len(vector))
    return Attributed(whole, dict(zip(found.members, members, strict=True)))


def attribution(scorer: Scorer, vector: Floats, reference: Floats, until: Until = IN_STREAM) -> Attribution:
    """Shapley values of anything that scores rows: from all coalitions where there is time, else from some.

    Args:
        scorer: The scoring function.
        vector, reference: What is explained, and what it is compared with, of shape (width,), finite.
        until: Its rows and its deadline are for both; the rest is when sampling ends.

    Raises:
        EfficiencyViolated: They do not add up.
    """
    players = int((vector != reference).sum())
    few = players <= ENUMERATED and 1 << players <= max(until.rows, 1 << FEW)
    if few and _seconds(scorer, vector, players, until) <= max(0.0, until.deadline.left):
        return shapley(scorer, vector, reference)
    return sampled(scorer, vector, reference, until)


def _seconds(scorer: Scorer, vector: Floats, players: int, until: Until) -> float:
    """What all coalitions would take, measured on a few rows; 0 where that does not matter."""
    if players <= FEW or until.deadline.left == inf:
        return 0.0
    started = time.perf_counter()
    scorer.score(np.tile(vector, (TRIED, 1)))
    return (time.perf_counter() - started) / TRIED * float(2**players)
