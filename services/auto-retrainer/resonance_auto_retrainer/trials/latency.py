"""How long a version takes to score: one vector, and many at once.

A version scores in one thread, so its processor time as the timer leaves out what else the machine does.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from resonance_contracts.features import WIDTH
from resonance_modeling.scorer import EnsembleScorer
from resonance_modeling.sequences import STEPS

ROUNDS: Final = 3
"""The best of so many rounds counts: whatever disturbs only adds."""
SINGLES: Final = 200
WARM_UP: Final = 20
BATCH: Final = 1024

Timer = Callable[[], float]


@dataclass(frozen=True, slots=True)
class Latency:
    """Seconds to score one vector, 99th percentile, and vectors a second in batches."""

    single_s: float
    rows_per_s: float


def measure(scorers: list[EnsembleScorer], rows: NDArray[np.float64], timer: Timer) -> list[Latency]:
    """Measures versions in turn, in the same place.

    Args:
        scorers: What is measured.
        rows: On the scales of comparison, (n, WIDTH), n >= 1.
        timer: Seconds, ascending.
    """
    batch = np.resize(rows, (BATCH, WIDTH))
    best = [Latency(np.inf, 0.0)] * len(scorers)
    for _ in range(ROUNDS):
        for i, scorer in enumerate(scorers):
            single, rate = _single_s(scorer, batch, timer), _rows_per_s(scorer, batch, timer)
            best[i] = Latency(min(best[i].single_s, single), max(best[i].rows_per_s, rate))
    return best


def _single_s(scorer: EnsembleScorer, batch: NDArray[np.float64], timer: Timer) -> float:
    took = []
    for i in range(WARM_UP + SINGLES):
        row = batch[i : i + 1]
        began = timer()
        _score(scorer, row)
        took.append(timer() - began)
    return float(np.quantile(took[WARM_UP:], 0.99))


def _rows_per_s(scorer: EnsembleScorer, batch: NDArray[np.float64], timer: Timer) -> float:
    began = timer()
    _score(scorer, batch)
    return len(batch) / max(timer() - began, 1e-9)


def _score(scorer: EnsembleScorer, rows: NDArray[np.float64]) -> None:
    recent = np.repeat(rows.astype(np.float32)[:, np.newaxis], STEPS, axis=1) if scorer.looks_back else None
    scorer.judge(rows, None if recent is None else scorer.expected(recent))
