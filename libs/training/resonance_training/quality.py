"""How well a model tells what it must find from what is ordinary, measured without a single label.

Ordinary rows that a model was not learned from are taken, and incidents are planted in a part of them; models that are
asked the same can be compared. Synthetic anomalies by which
unsupervised detectors are told apart are those of Han et al. 2022, "ADBench: Anomaly Detection Benchmark" (local,
global, dependency), made of the catalogue's features here; mass-volume curves (Goix 2016, "How to Evaluate the Quality
of Unsupervised Anomaly Detection Algorithms?") need no anomalies, but say nothing of which ones are found.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from resonance_contracts.features import WIDTH
from resonance_training.planting import PLANTS
from resonance_training.rows import BadRows, Floats, checked

SHARE: Final = 0.1
"""Of the rows, that incidents are planted in."""

MIXED: Final = 0.15
"""Of the planted ones, those whose values are ordinary one by one, and together are not."""

LEAST_ROWS: Final = 2


@dataclass(frozen=True, slots=True)
class Planted:
    """Rows, some of which must be found.

    Attributes:
        rows: On the scales of comparison, (n, width).
        anomalous: Which have an incident in them, (n,).
    """

    rows: Floats
    anomalous: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Quality:
    """How well scores tell the anomalous rows from the others, 0 to 1 each; the higher, the better.

    Attributes:
        auroc: Probability that an anomalous row scores higher than an ordinary one; 0.5 is chance.
        average_precision: Mean precision over the anomalous rows found, from the highest score down; their share is
            chance.
    """

    auroc: float
    average_precision: float


def planted(rows: ArrayLike, seed: int) -> Planted:
    """Plants incidents in a tenth of the rows, one at least; the same rows and seed always give the same.

    Args:
        rows: Ordinary rows of the catalogue's features on the scales of comparison, (n, width), n >= LEAST_ROWS.
        seed: Of which rows, which incidents, and how strong they are.

    Raises:
        BadRows: Too few rows, another width, or a value that is not finite.
    """
    given = checked(rows, WIDTH, LEAST_ROWS)
    random = np.random.default_rng(seed)
    count = max(1, round(SHARE * len(given)))
    places = random.choice(len(given), count, replace=False)
    kinds = random.integers(len(PLANTS), size=count)
    strengths = random.random(count)
    mixed = random.random(count) < MIXED
    changed = given[places]
    for number, plant in enumerate(PLANTS):
        some = (kinds == number) & ~mixed
        part = changed[some]
        plant(part, strengths[some])
        changed[some] = part
    changed[mixed] = _mixed(changed[mixed], given, random)
    found, anomalous = given.copy(), np.zeros(len(given), dtype=np.bool_)
    found[places], anomalous[places] = changed, True
    return Planted(found, anomalous)


def quality(scores: ArrayLike, anomalous: ArrayLike) -> Quality:
    """How well scores, (n,), tell the anomalous rows, (n,), from the others; rows that tie are shared evenly.

    Raises:
        BadRows: The shapes differ, a score is NaN, or there is none of either kind.
    """
    given, wanted = np.asarray(scores, dtype=np.float64), np.asarray(anomalous, dtype=np.bool_)
    if given.ndim != 1 or given.shape != wanted.shape or np.isnan(given).any():
        raise BadRows(
            f"Expected a score for each of {wanted.size} rows and none that is NaN, but got shape {given.shape}."
        )
    if wanted.all() or not wanted.any():
        raise BadRows("Expected anomalous rows and ordinary ones, but all are of one kind.")
    _, level = np.unique(given, return_inverse=True)
    hits = np.bincount(level, weights=wanted)[::-1]
    others = np.bincount(level, weights=~wanted)[::-1]
    found = np.cumsum(hits)
    precision = found / np.cumsum(hits + others)
    # Ordinary rows that score lower than each anomalous one, and half of those that tie with it.
    below = others.sum() - np.cumsum(others) + others / 2.0
    return Quality(
        float((hits * below).sum() / (found[-1] * others.sum())), float((hits * precision).sum() / found[-1])
    )


def _mixed(rows: Floats, of: Floats, random: np.random.Generator) -> Floats:
    """Rows in which each value is that of another row as often as not."""
    others = of[random.integers(len(of), size=rows.shape), np.arange(rows.shape[1])]
    found: Floats = np.where(random.random(rows.shape) < 0.5, others, rows)
    return found
