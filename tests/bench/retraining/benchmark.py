"""The benchmark `retrain`."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from statistics import median
from typing import Any, Final

from resonance_auto_retrainer.companion import Companion
from resonance_auto_retrainer.gathering import Gatherer, vectors_of
from resonance_auto_retrainer.policy import Policy
from resonance_auto_retrainer.recipes import BehaviourRecipe, LoadRecipe
from resonance_auto_retrainer.retrainer import Retrainer
from resonance_auto_retrainer.trainings import Trainings
from resonance_auto_retrainer.window import VectorWindow
from resonance_contracts.features import WIDTH
from resonance_modeling.artifact import ANOMALY_DETECTION, Manifest
from resonance_modeling.registry import Registry
from resonance_runtime.records import Outgoing
from tests.bench import cores
from tests.bench.benchmark import Benchmark, Measured, Surroundings, Unmeasured
from tests.bench.figure import Bar, Better, Figure, Of, Value
from tests.bench.retraining.store import store
from tests.bench.stationary.days import Crowd

VECTORS: Final = 100_000
PEOPLE: Final = 80
ROUNDS: Final = 3
CORES: Final = 2
SEARCH_S: Final = 60.0
BY: Final = "benchmark"
POLICY: Final = Policy(min_vectors=5_000, min_users=20, min_span_us=120 * 60_000_000, retrain_every_us=0)
MEMBERS: Final = ("isolation_forest", "one_class_svm", "autoencoder", "lstm")

FIGURES: Final[Sequence[Figure]] = (
    Figure(
        "seconds",
        "s",
        "until the ensemble, the load model and the model of kinds of users are in service",
        Better.LOWER,
        Bar(120, Of.OURS),
    ),
    Figure("search_seconds", "s", "of a search of parameters in a later training, budget 60 s", Better.LOWER),
    Figure("search_gain", "points", "of average precision by it, incidents planted in people and times unseen"),
)


class Line:
    """An auto-retrainer without its topics: filled by hand, and what it tells is passed over.

    Attributes:
        registry: Of a real store.
        gatherer: What it learns from.
        trainings: What it did.
        retrainer, companions: What does it.
    """

    def __init__(self, registry: Registry, gatherer: Gatherer, search_s: float = 0.0) -> None:
        self.registry, self.gatherer = registry, gatherer
        self.trainings = Trainings(_publish)
        self.retrainer = Retrainer(
            gatherer, registry, _publish, POLICY, promoter=BY, settle_s=0.0, search_s=search_s, trainings=self.trainings
        )
        self.companions = [
            Companion(one, registry, _publish, retrain_every_us=0, promoter=BY, trainings=self.trainings)
            for one in (LoadRecipe(gatherer), BehaviourRecipe(gatherer, POLICY.min_span_us))
        ]

    async def look(self) -> dict[str, float]:
        """One look of each; seconds of it by model."""
        seconds, parts = {}, {ANOMALY_DETECTION: self.retrainer} | {one.name: one for one in self.companions}
        for name, part in parts.items():
            began = time.perf_counter()
            await part.look()
            seconds[name] = time.perf_counter() - began
        return seconds

    async def stored(self, name: str) -> Manifest:
        """Manifest of what is in service."""
        champion = await self.registry.alias(name, "champion")
        if champion is None:
            said = "; ".join(one.message for one in self.trainings.newest())
            raise Unmeasured(f"{name} did not come into service: {said}")
        return await self.registry.manifest(name, champion.change.model_version)


async def _publish(_: Outgoing) -> None:
    """Nobody reads it."""


def gathered(vectors: int, people: int) -> Gatherer:
    """The newest vectors of a day of the simulator's people."""
    gatherer = Gatherer(VectorWindow(vectors, WIDTH))
    for batch in Crowd(0, people, 1).vectors(1):
        if batch.vector_id:
            some = vectors_of(batch)
            gatherer.window.add(some)
            gatherer.load.add(some.stream, some.users, some.end_us, some.values)
    return gatherer


def run(surroundings: Surroundings) -> Measured:
    """Trains everything several times, each time into an empty store, then searches once."""
    gatherer = gathered(VECTORS // 10 if surroundings.trial else VECTORS, PEOPLE)
    with cores.on(set(sorted(cores.all_of_them())[:CORES])):
        return asyncio.run(_run(surroundings, gatherer))


async def _run(surroundings: Surroundings, gatherer: Gatherer) -> Measured:
    runs: list[dict[str, float]] = []
    names: list[str] = []
    for number in range(1 if surroundings.trial else ROUNDS):
        async with store() as objects:
            line = Line(Registry(objects), gatherer)
            runs.append(await line.look())
            names = list(runs[-1])
            manifests = [await line.stored(name) for name in names]
            surroundings.tell(f"Round {number + 1}: {sum(runs[-1].values()):.1f} s.")
            if number == len(range(1 if surroundings.trial else ROUNDS)) - 1:
                searched = await _searched(line, 3.0 if surroundings.trial else SEARCH_S)
    ensemble = manifests[0]
    if not {*MEMBERS} <= {member.name for member in ensemble.members or ()}:
        raise Unmeasured("The ensemble lacks one of its models.")
    gain = searched["search_average_precision"] - searched["search_default_average_precision"]
    rows = [(name, *(f"{one[name]:.1f}" for one in runs)) for name in names]
    return Measured(
        {
            "seconds": Value(median(sum(one.values()) for one in runs)),
            "search_seconds": Value(searched["search_seconds"]),
            "search_gain": Value(100 * gain),
        },
        details={
            "notes": [
                f"{ensemble.data_window.vectors:,} ordinary vectors of {ensemble.data_window.users} people; "
                f"{searched['search_trials']:.0f} trials.",
                f"Average precision {searched['search_default_average_precision']:.3f} with the defaults, "
                f"{searched['search_average_precision']:.3f} with what was found, on the set that the search was not "
                "judged by.",
                f"The training set that is stored beside the ensemble takes {_size(ensemble) / 1e6:.1f} MB.",
            ],
            "tables": [{"head": ("seconds", *(f"round {n + 1}" for n in range(len(runs)))), "rows": rows}],
            "rounds": runs,
            "parity": {one.model_name: one.parity.largest for one in manifests},
            "searched": searched,
        },
    )


async def _searched(line: Line, search_s: float) -> dict[str, Any]:
    """Figures of a training that is asked for when there is a champion."""
    later = Line(line.registry, line.gatherer, search_s)
    await later.retrainer.recover()
    training_id = await later.trainings.request(ANOMALY_DETECTION, False, "benchmark")
    await later.retrainer.look()
    training = later.trainings.get(training_id)
    if training is None or "search_trials" not in training.metrics:
        raise Unmeasured(f"Nothing was searched: {training}")
    return dict(training.metrics)


def _size(manifest: Manifest) -> int:
    return 0 if manifest.snapshot is None else manifest.snapshot.size


RETRAIN: Final = Benchmark(
    "retrain",
    "How long the auto-retrainer takes from a window of 100,000 vectors of a day of simulated people to models in "
    "service: isolation forest, tails of columns, robust covariance, one-class SVM, autoencoder and LSTM as one "
    "ensemble, calibrated on people unseen five times over, the load model, and the model of kinds of users; each "
    "exported, compared with what was learned, stored with its training set and manifest in a real store "
    "(SeaweedFS), and promoted, by the parts of the service that do it. Two cores, medians of three rounds into empty "
    "stores. A later training may search parameters for a minute: that is not among these seconds.",
    FIGURES,
    ("resonance-auto-retrainer", "resonance-training", "scikit-learn", "onnx", "onnxruntime", "numpy", "optuna"),
    run,
)
