"""The benchmark `score`."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from resonance_modeling.scales import to_scale
from resonance_modeling.scorer import EnsembleScorer
from resonance_training.tabular import TabularDetector
from tests.bench import cores
from tests.bench.benchmark import Benchmark, Measured, Surroundings
from tests.bench.figure import Bar, Better, Figure, Of, Value
from tests.bench.rounds import in_turn, middle
from tests.support.ordinary_model import ordinary_model, ordinary_vectors

LEARNED: Final = 20_000
SCORED: Final = 200_000
BATCH: Final = 1_000
SINGLE: Final = 20_000
ROUNDS: Final = 5

Floats = NDArray[np.float64]

FIGURES: Final[Sequence[Figure]] = (
    Figure("vectors_per_second", "vectors/s", "of one core, in batches of 1,000", bar=Bar(150_000, Of.OURS)),
    Figure("one_vector_p99_ms", "ms", "of one vector alone, in process", Better.LOWER, bar=Bar(0.2, Of.OURS)),
)


def run(surroundings: Surroundings) -> Measured:
    """Scores the same vectors by what is served and by what it was exported from, in turn, on one core."""
    scored = SCORED // 20 if surroundings.trial else SCORED
    learned, rows = ordinary_vectors(LEARNED, 1), ordinary_vectors(scored, 2)
    scorer = EnsembleScorer(ordinary_model(LEARNED))
    trained = TabularDetector(to_scale(learned))
    sides: dict[str, Callable[[], float]] = {
        "served": lambda: _rate(lambda some: scorer.scores(some), rows),
        "as trained": lambda: _rate(lambda some: trained.score(to_scale(some)), rows[: scored // 10]),
    }
    with cores.on(cores.measured()):
        runs = in_turn(2 if surroundings.trial else ROUNDS, sides, surroundings.tell)
        p99 = [_single_p99_ms(scorer, rows[:SINGLE]) for _ in range(ROUNDS)]
    return Measured(
        {
            "vectors_per_second": Value(middle(runs["served"]), middle(runs["as trained"])),
            "one_vector_p99_ms": Value(middle(p99)),
        },
        "the same detectors in scikit-learn and NumPy, as they were trained",
        details={"rounds": runs, "one_vector_p99_ms": p99},
    )


def _rate(score: Callable[[Floats], object], rows: Floats) -> float:
    """Rows a second, in batches."""
    score(rows[:BATCH])
    began = time.perf_counter()
    for start in range(0, len(rows), BATCH):
        score(rows[start : start + BATCH])
    return len(rows) / (time.perf_counter() - began)


def _single_p99_ms(scorer: EnsembleScorer, rows: Floats) -> float:
    seconds = np.empty(len(rows))
    for place in range(len(rows)):
        began = time.perf_counter()
        scorer.scores(rows[place : place + 1])
        seconds[place] = time.perf_counter() - began
    return float(np.quantile(seconds, 0.99)) * 1e3


SCORE: Final = Benchmark(
    "score",
    "How fast the whole ensemble scores vectors in process: from the features' units to score, tail probability, "
    "confidence and what each detector says, on one core. A model of 20,000 vectors, 200,000 others scored in batches "
    "of 1,000, and 20,000 one by one; medians of five rounds. Beside it the same detectors as they were trained, in "
    "scikit-learn and NumPy.",
    FIGURES,
    ("resonance-modeling", "resonance-training", "onnxruntime", "scikit-learn", "numpy"),
    run,
)
