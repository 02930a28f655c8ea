"""The served ensemble as something to explain: its features, its population, the vectors it was learned from."""

from __future__ import annotations

from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from resonance_attribution.attribution import Attributed, Model, without_rows
from resonance_contracts.features import AT_MOST, INDEX, WIDTH
from resonance_modeling.artifact import Population
from resonance_modeling.scales import population_on_scale, to_scale, to_units
from resonance_training.planting import PLANTS
from resonance_xai.asked.columns import catalogue_columns
from resonance_xai.asked.subject import Subject, Unit
from resonance_xai.asked.tabular import ORDINARY

Floats = NDArray[np.float64]

OUTPUT: Final = "anomaly score"
DRAWN: Final = 2_000
ORDINARY_TAIL: Final = 0.05
"""A vector is brought back to what is ordinary where one ordinary vector in twenty scores as high."""
_BELOW_ONE: Final = 1.0 - 1e-12


class ServedModel(Model, Protocol):
    """One version of the ensemble; `resonance_attribution.loaded.Loaded`."""

    def tail_probability(self, score: float) -> float:
        """Share of ordinary vectors that score at least this high."""


def served(name: str, model: ServedModel, ordinary: Floats) -> Subject:
    """A version of the ensemble, beside ordinary vectors in the features' units, (n, WIDTH)."""
    highest = ordinary_score(model)

    columns = catalogue_columns()
    lower, upper = [c.lower for c in columns], [c.upper for c in columns]

    def missed(rows: Floats) -> Floats:
        return model.score(rows) - highest

    def exact(vector: Floats, reference: Floats) -> Attributed | None:
        return without_rows(model, vector, reference)

    def from_scale(scaled: Floats) -> Floats:
        return np.clip(to_units(scaled), lower, upper)

    return Subject(
        name,
        model.version,
        OUTPUT,
        Unit.SCORE,
        columns,
        model.score,
        ordinary,
        model.reference,
        to_scale,
        from_scale,
        missed,
        ORDINARY,
        exact,
        model.tail_probability,
        tuple((INDEX[one], INDEX[other]) for one, other in AT_MOST),
        with_incidents,
        _stretched,
        _shrunk,
    )


def with_incidents(rows: Floats, seed: int) -> Floats:
    """Vectors, (n, WIDTH), with an incident planted in each: all kinds alike, from faint to what every rule sees."""
    columns, strengths = catalogue_columns(), np.random.default_rng(seed).random(len(rows))
    scaled, kinds = to_scale(rows), np.arange(len(rows)) % len(PLANTS)
    for number, plant in enumerate(PLANTS):
        some = kinds == number
        part = scaled[some]
        plant(part, strengths[some])
        scaled[some] = part
    found: Floats = np.clip(to_units(scaled), [c.lower for c in columns], [c.upper for c in columns])
    return found


def _stretched(scores: Floats) -> Floats:
    """log(1 + surprise): scores of all that is far out are near 1, and the surprise there goes up to 100."""
    return -np.log1p(-np.minimum(scores, _BELOW_ONE))


def _shrunk(numbers: Floats) -> Floats:
    return -np.expm1(-numbers)


def ordinary_score(model: ServedModel) -> float:
    """The highest score, to six digits, whose tail probability is at least ORDINARY_TAIL."""
    low, high = 0.0, 1.0
    while high - low > 1e-6:
        middle = (low + high) / 2
        low, high = (middle, high) if model.tail_probability(middle) >= ORDINARY_TAIL else (low, middle)
    return low


def drawn(population: Population, seed: int = 0) -> Floats:
    """Vectors, (DRAWN, WIDTH), as independent features with the population's mean and spread would have them."""
    mean, spread = population_on_scale(np.array(population.mean), np.array(population.spread))
    rows = to_units(np.random.default_rng(seed).normal(mean, spread, (DRAWN, WIDTH)))
    columns = catalogue_columns()
    rows = np.clip(rows, [c.lower for c in columns], [c.upper for c in columns])
    whole = np.array([column.whole for column in columns])
    rows[:, whole] = np.round(rows[:, whole])
    for one, other in AT_MOST:
        rows[:, INDEX[other]] = np.maximum(rows[:, INDEX[other]], rows[:, INDEX[one]])
    return rows
