"""The benchmark `score`."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from resonance_auto_retrainer.crossfit import DEFAULTS
from resonance_auto_retrainer.foreseeing import foresee
from resonance_auto_retrainer.training import train
from resonance_contracts.features import WIDTH
from resonance_modeling.scales import to_scale
from resonance_modeling.scorer import EnsembleScorer, Scores
from resonance_modeling.sequences import STEPS
from resonance_training.fusion import FusedDetector
from resonance_training.sequence import expected
from resonance_training.tabular import TabularDetector
from tests.bench import cores
from tests.bench.benchmark import Benchmark, Measured, Surroundings
from tests.bench.figure import Bar, Better, Figure, Of, Value
from tests.bench.rounds import in_turn, middle
from tests.support.ordinary_model import ordinary_set, ordinary_vectors

LEARNED: Final = 20_000
SCORED: Final = 200_000
BATCH: Final = 1_000
SINGLE: Final = 20_000
ROUNDS: Final = 5

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Asked:
    """Vectors, (n, WIDTH), and those before each on the scales of comparison, (n, STEPS, WIDTH)."""

    vectors: Floats
    recent: NDArray[np.float32]

    def part(self, some: slice) -> Asked:
        """Some of them."""
        return Asked(self.vectors[some], self.recent[some])


def recent_vectors(n: int) -> NDArray[np.float32]:
    """What was before each of `n` vectors, one of ten with fewer than all steps."""
    found = to_scale(ordinary_vectors(n * STEPS, 3)).astype(np.float32).reshape(n, STEPS, WIDTH)
    found[::10, : STEPS - 1] = np.nan
    return found


FIGURES: Final[Sequence[Figure]] = (
    Figure("vectors_per_second", "vectors/s", "of one core, in batches of 1,000", bar=Bar(150_000, Of.OURS)),
    Figure("one_vector_p99_ms", "ms", "of one vector alone, in process", Better.LOWER, bar=Bar(0.2, Of.OURS)),
)


def run(surroundings: Surroundings) -> Measured:
    """Scores the same vectors by what is served and by what it was exported from, in turn, on one core."""
    scored = SCORED // 20 if surroundings.trial else SCORED
    data = ordinary_set(LEARNED)
    scorer = EnsembleScorer(train(data, {}))
    nobody = np.zeros(LEARNED, dtype=np.bool_)
    trained = FusedDetector(TabularDetector(to_scale(data.values), 0, DEFAULTS), foresee(data, nobody).foresight)
    asked = Asked(ordinary_vectors(scored, 2), recent_vectors(scored))
    sides: dict[str, Callable[[], float]] = {
        "served": lambda: _rate(lambda some: served(scorer, some), asked),
        "as trained": lambda: _rate(lambda some: _as_trained(trained, some), asked.part(slice(scored // 10))),
    }
    with cores.on(cores.measured()):
        runs = in_turn(2 if surroundings.trial else ROUNDS, sides, surroundings.tell)
        p99 = [_single_p99_ms(scorer, asked.part(slice(SINGLE))) for _ in range(ROUNDS)]
    return Measured(
        {
            "vectors_per_second": Value(middle(runs["served"]), middle(runs["as trained"])),
            "one_vector_p99_ms": Value(middle(p99)),
        },
        "the same detectors in scikit-learn and NumPy, as they were trained",
        details={"rounds": runs, "one_vector_p99_ms": p99},
    )


def served(scorer: EnsembleScorer, asked: Asked) -> Scores:
    """As the predictor does it."""
    return scorer.judge(to_scale(asked.vectors), scorer.expected(asked.recent))


def _as_trained(detector: FusedDetector, asked: Asked) -> Floats:
    assert detector.foresight is not None
    return detector.score(to_scale(asked.vectors), expected(detector.foresight.weights, asked.recent))


def _rate(score: Callable[[Asked], object], asked: Asked) -> float:
    """Rows a second, in batches."""
    score(asked.part(slice(BATCH)))
    began = time.perf_counter()
    for start in range(0, len(asked.vectors), BATCH):
        score(asked.part(slice(start, start + BATCH)))
    return len(asked.vectors) / (time.perf_counter() - began)


def _single_p99_ms(scorer: EnsembleScorer, asked: Asked) -> float:
    seconds = np.empty(len(asked.vectors))
    for place in range(len(seconds)):
        one = asked.part(slice(place, place + 1))
        began = time.perf_counter()
        served(scorer, one)
        seconds[place] = time.perf_counter() - began
    return float(np.quantile(seconds, 0.99)) * 1e3


SCORE: Final = Benchmark(
    "score",
    "How fast the whole ensemble scores vectors in process, as the predictor does: from the 16 vectors before each one "
    "to what was expected, and from that and the features' units to score, tail probability, confidence and what each "
    "of the six detectors says, on one core. A model of 20,000 vectors, 200,000 others scored in batches of 1,000, and "
    "20,000 one by one; medians of five rounds. Beside it the same detectors as they were trained, in scikit-learn and "
    "NumPy.",
    FIGURES,
    ("resonance-modeling", "resonance-training", "onnxruntime", "scikit-learn", "numpy"),
    run,
)
