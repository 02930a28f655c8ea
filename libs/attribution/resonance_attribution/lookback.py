"""What the vectors before add to what the detector that looks back says: which steps of the window, which features.

The detector says how surprising a vector V is against what was expected after a window W of vectors before it: f(W, V).
A step that is absent is replaced by the population's medians, as in TimeSHAP (Bento et al. 2021, "TimeSHAP: Explaining
Recurrent Models through Sequence Perturbations"), and so is a feature that is absent, in all steps at once. With P for
the medians, as a vector and as a window of them:

    base     f(P, P)                     an ordinary vector after ordinary ones
    vector   f(P, V) - f(P, P)           what the vector is without any knowledge of the user
    steps    Shapley values of f(·, V)   what each vector before makes of it; their sum is f(W, V) - f(P, V)
    features the same over features      each in all steps

So base + vector + steps = base + vector + features = score, and `vector` is the same in both. These are Shapley values
over the orders in which the vector comes first (Frye et al. 2020, "Asymmetric Shapley Values"): of all orders, one half
would ask how surprising an ordinary vector had been after these steps, which nobody sent, and what a step adds for the
one vector would be set off against what it takes for the other. A step equal to the medians gets 0.

Steps before the first vector of a sitting are missing in every coalition: they are nobody's doing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import fsum
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from resonance_attribution.errors import EfficiencyViolated
from resonance_attribution.layers import layered
from resonance_attribution.recurrent import Recurrent
from resonance_attribution.sampling import FEW
from resonance_attribution.shapley import TOLERANCE, Attribution, of_worths
from resonance_modeling.onnx_sequence import OnnxSequence
from resonance_modeling.sequences import STEPS

Floats = NDArray[np.float64]
Rounded = NDArray[np.float32]
Surprise = Callable[[Floats], Floats]
"""From what was expected, (n, width), to how surprising the vector is, (n,)."""

SHARED_IN_STREAM: Final = 9
"""Steps of which all coalitions are looked at in the stream where windows that begin alike share the work: that takes
as long as a sample of them."""

STEPS_IN_STREAM: Final = 146
"""Windows that are looked at to tell of steps in the stream, at most: of 16 steps as few as tell their error."""

FEATURES_IN_STREAM: Final = 256
"""The same of features, of which more add something together: all coalitions of 8."""

ASKED: Final = 10_000
"""The same of each where somebody asked, and windows do not share work: all coalitions of 13 features take 20 ms."""


@dataclass(frozen=True, slots=True)
class LookedBack:
    """What the detector that looks back says of a vector after a window of m vectors.

    Attributes:
        name: Its name.
        base: Its surprise at the population's medians after a window of them.
        vector: What the vector adds.
        steps: What each vector before adds, oldest first, (m,); from base + vector to the surprise.
        features: What each feature of the vectors before adds, (width,); from and to the same.
        expected: What the model expects after the window, (width,).
    """

    name: str
    base: float
    vector: float
    steps: Attribution
    features: Attribution
    expected: Floats

    @property
    def score(self) -> float:
        """The surprise that is attributed."""
        return self.steps.score

    @property
    def residual(self) -> float:
        """How far base and attributions miss the score, the larger of both."""
        return max(_missed(self, of) for of in (self.steps, self.features))

    @property
    def error_bound(self) -> float:
        """How far any attribution may be from the exact one: as `Attribution` has it, of steps and of features each."""
        return max(self.steps.error_bound, self.features.error_bound, self.residual)

    @property
    def method(self) -> str:
        """As `Attribution` has it; that of a sample where either is one."""
        return self.steps.method if self.steps.sampled else self.features.method


@dataclass(frozen=True, slots=True)
class Window:
    """The vectors before one vector, and how to go from such windows to surprise.

    Attributes:
        recent: Oldest first, on the scales of comparison, (m, width), 1 <= m <= STEPS.
        reference: The population's medians on them, (width,).
        surprise: At the vector, of what was expected.
        sequence: What expects.
        recurrent: The same, read as what it computes; None where it is not understood.
    """

    recent: Rounded
    reference: Rounded
    surprise: Surprise
    sequence: OnnxSequence
    recurrent: Recurrent | None

    def expected(self, there: NDArray[np.bool_]) -> Floats:
        """What is expected, (n, width), after windows of which this is there, (n, m, 1) or (n, 1, width)."""
        windows = np.where(there, self.recent, self.reference)
        n, m, width = windows.shape
        whole = np.full((n, STEPS, width), np.nan, dtype=np.float32)
        whole[:, STEPS - m :] = windows
        return self.sequence.expected(whole)

    def ends(self) -> Floats:
        """What is expected after a window of the population's medians and after this one, (2, width)."""
        return self.expected(np.array([False, True])[:, np.newaxis, np.newaxis])


def looked_back(name: str, at_median: Surprise, window: Window, *, asked: bool) -> LookedBack:
    """Attributions of the surprise at the vector.

    Args:
        name: Of the detector.
        at_median: Its surprise at the population's medians.
        window: What was before.
        asked: Whether to look at every coalition, where that takes less than a tenth of a second; else at few rows.

    Raises:
        EfficiencyViolated: They do not add up.
    """
    nothing, expected = window.ends()
    steps, features = of_steps(window, asked=asked), of_features(window, asked=asked)
    base = float(at_median(nothing[np.newaxis])[0])
    found = LookedBack(name, base, steps.base - base, steps, features, expected)
    if not found.residual <= TOLERANCE * max(1.0, abs(found.score)):
        raise EfficiencyViolated(f"Base, vector and the vectors before miss {found.score} by {found.residual:.1e}.")
    return found


def of_steps(window: Window, *, asked: bool) -> Attribution:
    """Shapley values of the steps, (m,): of all coalitions where somebody asked, or where there are few."""
    players = np.flatnonzero((window.recent != window.reference).any(axis=1))
    if window.recurrent is None or not (asked or FEW < len(players) <= SHARED_IN_STREAM):
        game = _Game(window, np.s_[:, :, np.newaxis])
        return _by_rows(game, players, len(window.recent), ASKED if asked else STEPS_IN_STREAM)
    expected = window.recurrent.over_coalitions(window.recent, window.reference, players)
    worths = window.surprise(expected.astype(np.float64))
    # Efficiency is owed to what is served, to the last bit.
    worths[[0, -1]] = window.surprise(window.ends())
    return of_worths(worths[:, np.newaxis], players, len(window.recent))[0]


def of_features(window: Window, *, asked: bool) -> Attribution:
    """The same of the features, (width,)."""
    players = np.flatnonzero((window.recent != window.reference).any(axis=0))
    game = _Game(window, np.s_[:, np.newaxis, :])
    return _by_rows(game, players, len(window.reference), ASKED if asked else FEATURES_IN_STREAM)


@dataclass(frozen=True, slots=True)
class _Game:
    """Scores rows (n, players) of ones and zeros that say who is there.

    Attributes:
        axes: Makes windows (n, m, width) of rows.
    """

    window: Window
    axes: Any

    def score(self, rows: Floats) -> Floats:
        """Surprise, (n,)."""
        return self.window.surprise(self.window.expected(rows[self.axes] > 0.0))


def _by_rows(game: _Game, players: NDArray[np.intp], count: int, rows: int) -> Attribution:
    nobody, there = np.zeros((2, count))
    there[players] = 1.0
    return layered(game, there, nobody, rows, game.window.recent.tobytes())


def _missed(found: LookedBack, of: Attribution) -> float:
    return abs(fsum([found.base, found.vector, *of.values.tolist(), -found.score]))
