"""How good attributions are: whether what was done comes out on top, whether what is on top matters, and whether it
stays where it is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from resonance_attribution.loaded import Loaded
from resonance_contracts.features import FEATURES, WIDTH
from resonance_modeling.scales import to_scale, to_units

Floats = NDArray[np.float64]
Attribute = Callable[[Loaded, Floats], Floats]
"""From a model and a vector to what each feature adds to its score, (WIDTH,)."""

MOVED: Final = 6.0
"""Spreads, on the scales of comparison, by which the culprit is moved."""

ORDINARY: Final = 0.9
CANDIDATES: Final = 5_000

NOISE: Final = 0.02
"""The same of noise."""

RANDOM_ORDERS: Final = 20
_LOWER: Final = np.array([feature.lower for feature in FEATURES])
_UPPER: Final = np.array([feature.upper for feature in FEATURES])


def planted(model: Loaded, ordinary: Floats, n: int, seed: int = 1) -> tuple[Floats, NDArray[np.intp]]:
    """Ordinary vectors, (n, WIDTH), of each of which one feature was moved, and which, (n,).

    They are of those that the model finds the least surprising, ORDINARY of all: of what was learned from, some vectors
    are unusual in themselves.

    A feature is moved away from the median by MOVED spreads, to the side where it can go further; one that never
    changed in what was learned, by one.
    """
    rng = np.random.default_rng(seed)
    scaled = to_scale(ordinary)
    middle, spread = np.median(scaled, axis=0), np.maximum(scaled.std(axis=0), 1.0 / MOVED)
    ends = to_scale(np.stack([_LOWER, np.minimum(_UPPER, 1e9)]))
    up = ends[1] - middle >= middle - ends[0]
    there = np.clip(np.where(up, middle + MOVED * spread, middle - MOVED * spread), ends[0], ends[1])
    moved = rng.integers(WIDTH, size=n)
    drawn = ordinary[rng.integers(len(ordinary), size=CANDIDATES)]
    scores = model.score(drawn)
    quiet = drawn[scores <= np.quantile(scores, ORDINARY)]
    vectors = quiet[rng.integers(len(quiet), size=n)].copy()
    vectors[np.arange(n), moved] = to_units(there[np.newaxis])[0][moved]
    return vectors, moved


def on_top(model: Loaded, vectors: Floats, moved: NDArray[np.intp], attribute: Attribute) -> int:
    """Of how many vectors the feature that was moved has the largest attribution."""
    return sum(int(np.argmax(attribute(model, one))) == place for one, place in zip(vectors, moved, strict=True))


def deletion(model: Loaded, vector: Floats, order: NDArray[np.intp]) -> float:
    """Mean score, as a share of the way from the reference's to the vector's, as features go back to the reference's
    values in this order: the lower, the more the first ones matter."""
    return _along(model, vector, model.reference, order)


def insertion(model: Loaded, vector: Floats, order: NDArray[np.intp]) -> float:
    """The same as features come to the reference in this order: the higher, the more the first ones matter."""
    return _along(model, model.reference, vector, order)


def _along(model: Loaded, begin: Floats, end: Floats, order: NDArray[np.intp]) -> float:
    rows = np.tile(begin, (WIDTH + 1, 1))
    for step, place in enumerate(order, start=1):
        rows[step:, place] = end[place]
    scores = model.score(rows)
    low, high = sorted((float(scores[0]), float(scores[-1])))
    return float(np.trapezoid(scores - low) / WIDTH / (high - low))


def random_orders(seed: int) -> Sequence[NDArray[np.intp]]:
    """Orders of the features."""
    rng = np.random.default_rng(seed)
    return [rng.permutation(WIDTH) for _ in range(RANDOM_ORDERS)]


def order_of(values: Floats) -> NDArray[np.intp]:
    """Features by attribution, largest first."""
    return np.argsort(-values, kind="stable")


def noisy(vector: Floats, ordinary: Floats, seed: int) -> Floats:
    """The vector with a little noise in every feature that changes."""
    spread = to_scale(ordinary).std(axis=0)
    shifted = to_scale(vector[np.newaxis])[0] + NOISE * spread * np.random.default_rng(seed).normal(size=WIDTH)
    return np.clip(to_units(shifted), _LOWER, _UPPER)


def moved_by(before: Floats, after: Floats) -> float:
    """How far attributions moved, as a share of their length; 1 where they had none."""
    length = float(np.linalg.norm(before))
    return float(np.linalg.norm(after - before)) / length if length else 1.0
