"""The protocol of ADBench (Han et al. 2022, "ADBench: Anomaly Detection Benchmark"), as its peers run it.

70 % of a set to learn from, anomalies among them, 30 % to score, stratified; three splits; at most 10,000 rows.
Columns are scaled to 0 to 1 by what is learned from. Labels are used to judge alone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import average_precision_score, roc_auc_score
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import MinMaxScaler

SEEDS: Final = (0, 1, 2)
MOST_ROWS: Final = 10_000
SCORED_SHARE: Final = 0.3

Floats = NDArray[np.float64]
Detect = Callable[[Floats, Floats, int], Floats]
"""From rows to learn from, rows to score and a seed to a score a row."""


@dataclass(frozen=True, slots=True)
class Judged:
    """How well the anomalies of a set were found: means over the splits, in percent."""

    auroc: float
    aucpr: float


def sets(folder: Path) -> list[Path]:
    """The files of a folder in ADBench's format, by name."""
    return sorted(folder.glob("*.npz"))


def judge(path: Path, detect: Detect) -> Judged:
    """Runs a detector on one set."""
    with np.load(path) as arrays:
        rows, labels = arrays["X"].astype(np.float64), arrays["y"].astype(np.int64)
    if len(rows) > MOST_ROWS:
        rows, _, labels, _ = train_test_split(rows, labels, train_size=MOST_ROWS, stratify=labels, random_state=0)
    splits = [_split(rows, labels, seed, detect) for seed in SEEDS]
    auroc, aucpr = np.mean(splits, axis=0) * 100
    return Judged(float(auroc), float(aucpr))


def _split(rows: Floats, labels: NDArray[np.int64], seed: int, detect: Detect) -> tuple[float, float]:
    learned, scored, _, truth = train_test_split(
        rows, labels, test_size=SCORED_SHARE, stratify=labels, random_state=seed
    )
    scale = MinMaxScaler().fit(learned)
    scores = detect(scale.transform(learned), scale.transform(scored), seed)
    return float(roc_auc_score(truth, scores)), float(average_precision_score(truth, scores))
