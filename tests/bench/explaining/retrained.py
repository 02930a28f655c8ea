"""How far the reasons of models are apart that differ in nothing but whom they learned of.

Run by `python -m tests.bench.explaining.retrained`.

Of each of three crowds of the simulator a model is learned several times, each time of as many people drawn with
replacement, and every two are compared as the gate `reasons` compares a candidate with the champion. Beside that, what
the gate is to refuse: models in whose training two columns were exchanged, and of every pair of columns a model that
takes them for one another. Its limits, in `resonance_auto_retrainer.trials.reasons` and `.exchange`, are what one such
training in a thousand would not reach (RARE), from mean and standard deviation (of logarithms, for what moves and for
distances) in the crowd in which they differ most. It takes about eight minutes.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import combinations, permutations
from typing import Final

import numpy as np
from numpy.typing import NDArray

from resonance_attribution.loaded import Loaded
from resonance_auto_retrainer.gathering import vectors_of
from resonance_auto_retrainer.holdout import unlearned
from resonance_auto_retrainer.training import train
from resonance_auto_retrainer.trials.comparing import compare
from resonance_auto_retrainer.trials.probes import probes
from resonance_auto_retrainer.trials.reasons import Reasons
from resonance_auto_retrainer.window import TrainingSet, VectorWindow
from resonance_client.simulation.plan import Scenario, make_plan
from resonance_contracts.features import FEATURE_NAMES, WIDTH
from resonance_contracts.pb.resonance.v1.features_pb2 import VectorBatch
from tests.bench.offline.model import CAPACITY
from tests.bench.offline.watch import Extractor
from tests.bench.stationary.days import Crowd
from tests.support.mistaken import Mistaken
from tests.support.resampled import exchanged, redrawn, some_rows

TIMES: Final = 12
"""Trainings of each crowd."""
Floats = NDArray[np.float64]
RARE: Final = 3.09
"""Standard deviations below the mean that one of a thousand is, of a normal distribution."""
MOST: Final = 18_000
"""Vectors of a crowd: a model of more says the same and takes longer."""

CROWDS: Final[Mapping[str, Callable[[], Iterator[VectorBatch]]]] = {
    "87 people, scenario 7": lambda: Extractor().vectors(make_plan(Scenario(seed=7)).learning.actions),
    "87 people, scenario 1": lambda: Extractor().vectors(make_plan(Scenario(seed=1)).learning.actions),
    "a day of 60 people": lambda: Crowd(0, 60, 1).vectors(1),
}


def training_set(batches: Iterator[VectorBatch]) -> TrainingSet:
    """At most MOST of the vectors, evenly."""
    window = VectorWindow(CAPACITY, WIDTH)
    for batch in batches:
        if batch.vector_id:
            window.add(vectors_of(batch))
    data = window.training_set()
    return some_rows(data, np.arange(0, len(data.values), -(-len(data.values) // MOST)))


def compared(data: TrainingSet, champion: Loaded, candidate: Loaded) -> Reasons:
    """As the gate does, on vectors of the training set."""
    return compare(candidate, champion, probes(unlearned(data.values, data.users), champion.score))


def main() -> int:
    """Prints what it finds."""
    limits: list[tuple[float, float, float, float]] = []
    for name, batches in CROWDS.items():
        data = training_set(batches())
        artifacts = [train(redrawn(data, seed), {}) for seed in range(TIMES)]
        models = [Loaded(artifact) for artifact in artifacts]
        pairs = [compared(data, one, other) for one, other in permutations(models, 2)]
        agreement = [pair.figures["reasons_agreement"] for pair in pairs]
        of_kinds = [pair.figures["reasons_agreement_least"] for pair in pairs]
        moved = [pair.moved or 0.0 for pair in pairs]
        exchanged_apart = [pair.figures["reasons_exchanged"] for pair in pairs]
        _say(name, "overlap", agreement)
        _say(name, "overlap, least of the kinds", of_kinds)
        _say(name, "moved by noise", moved)
        _say(name, "distance, two features exchanged", exchanged_apart)
        above, below = np.exp(-_below(-np.log(moved))), np.exp(_below(np.log(exchanged_apart)))
        limits.append((_below(agreement), _below(of_kinds), float(above), float(below)))
        print(f"{name}: {sum(not pair.gate.passed for pair in pairs)} of {len(pairs)} refused.", flush=True)
        swapped = [
            compared(data, models[0], Loaded(train(exchanged(data, one, (one + 1) % WIDTH), {})))
            for one in range(0, WIDTH, 3)
        ]
        _say(name, "overlap, two columns exchanged", [one.figures["reasons_agreement"] for one in swapped])
        for one, found in zip(range(0, WIDTH, 3), swapped, strict=True):
            print(f"    {FEATURE_NAMES[one]}, {FEATURE_NAMES[(one + 1) % WIDTH]}: {found.said}")
        mistaken = {
            f"{FEATURE_NAMES[one]}, {FEATURE_NAMES[other]}": compared(
                data, models[0], Mistaken(artifacts[1], one, other)
            )
            for one, other in combinations(range(WIDTH), 2)
        }
        passed = [pair for pair, found in mistaken.items() if found.gate.passed]
        print(
            f"{name}: of {len(mistaken)} pairs taken for one another {len(passed)} pass: {'; '.join(passed)}.",
            flush=True,
        )
    overlaps, kinds, moves, distances = zip(*limits, strict=True)
    below = f"overlap below {min(overlaps):.3f}, of a kind {min(kinds):.3f}, distance below {min(distances):.3f}"
    print(f"One in a thousand: {below}, moved above {max(moves):.3f}.")
    return 0


def _below(values: Sequence[float] | Floats) -> float:
    return float(np.mean(values) - RARE * np.std(values))


def _say(crowd: str, what: str, values: Sequence[float]) -> None:
    low, middle, high = np.quantile(values, [0.0, 0.5, 1.0])
    print(f"{crowd}: {what} {low:.3f} to {high:.3f}, median {middle:.3f}, of {len(values)}.", flush=True)


if __name__ == "__main__":
    sys.exit(main())
