"""The vectors on which reasons are compared: planted incidents of every kind, and the most surprising ordinary ones."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from resonance_auto_retrainer.trials.exchange import varied
from resonance_contracts.features import FEATURES
from resonance_modeling.scales import to_scale, to_units
from resonance_training.planting import PLANTS

Floats = NDArray[np.float64]

SEED: Final = 20_261
OF_EACH: Final = 6
"""Incidents of a kind, from faint to what every rule sees."""
FAINTEST: Final = 0.25
"""Strength of the faintest: below, most are not found, and nobody asks for reasons."""
SURPRISING: Final = 32
LOOKED_AT: Final = 4000
"""Ordinary vectors among which the most surprising are looked for."""
ORDINARY: Final = "ordinary but surprising"

_LOWER: Final = np.array([feature.lower for feature in FEATURES])
_UPPER: Final = np.array([feature.upper for feature in FEATURES])


@dataclass(frozen=True, slots=True)
class Probes:
    """Vectors, at most len(PLANTS) * OF_EACH + SURPRISING.

    Attributes:
        values: In the features' units, (n, WIDTH).
        kinds: Name of each one's kind of incident, or ORDINARY, (n,).
        spread: Standard deviation of each feature over the ordinary vectors, on the scales of comparison, (WIDTH,).
        varied: Ordinary vectors in which each feature goes through its values, (m, WIDTH); see `exchange`.
    """

    values: Floats
    kinds: NDArray[np.str_]
    spread: Floats
    varied: Floats

    def nearby(self, share: float) -> Floats:
        """The vectors with noise of so many spreads in every feature, (n, WIDTH); always the same.

        None goes beyond what a feature can be, but for one that came so.
        """
        noise = np.random.default_rng(SEED).normal(size=self.values.shape)
        moved = to_units(to_scale(self.values) + share * self.spread * noise)
        found: Floats = np.clip(moved, np.minimum(_LOWER, self.values), np.maximum(_UPPER, self.values))
        return found


def probes(ordinary: Floats, score: Callable[[Floats], Floats]) -> Probes:
    """Vectors that are fixed by ordinary ones, in the features' units, (n, WIDTH), n >= 1, and by whoever scores them.

    Args:
        ordinary: Unflagged vectors, of people of whom nothing was learned where there are such.
        score: From vectors, (n, WIDTH), to scores, (n,): the champion's, or those of the first model of all.
    """
    random = np.random.default_rng(SEED)
    scaled, strengths = to_scale(ordinary), np.linspace(FAINTEST, 1.0, OF_EACH)
    incidents = scaled[random.integers(len(scaled), size=len(PLANTS) * OF_EACH)]
    for number, plant in enumerate(PLANTS):
        plant(incidents[number * OF_EACH : (number + 1) * OF_EACH], strengths)
    some = ordinary[random.permutation(len(ordinary))[:LOOKED_AT]]
    surprising = some[np.argsort(-score(some), kind="stable")[:SURPRISING]]
    names = [plant.__name__.replace("_", " ") for plant in PLANTS for _ in range(OF_EACH)]
    return Probes(
        np.concatenate([_possible(incidents), surprising]),
        np.array(names + [ORDINARY] * len(surprising)),
        scaled.std(axis=0),
        varied(ordinary),
    )


def _possible(scaled: Floats) -> Floats:
    """In the features' units, within what they can be."""
    found: Floats = np.clip(to_units(scaled), _LOWER, _UPPER)
    return found
