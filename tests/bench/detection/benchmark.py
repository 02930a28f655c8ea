"""The benchmark `detection`."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from statistics import fmean
from typing import Final

import numpy as np
from numpy.typing import NDArray

from resonance_training.tabular import TabularDetector
from tests.bench.benchmark import Benchmark, Measured, Surroundings, Unmeasured
from tests.bench.detection import peers
from tests.bench.detection.protocol import Judged, judge, sets
from tests.bench.figure import Bar, Figure, Of, Value

DATA: Final = "RESONANCE_DATA"
DEFAULT: Final = "../shared/data"
TABLES: Final = "adbench"

FIGURES: Final[Sequence[Figure]] = (
    Figure("auroc", "%", "mean over the sets of the area under the ROC curve", bar=Bar(82, Of.OURS)),
    Figure("aucpr", "%", "the same of the average precision", bar=Bar(41, Of.OURS)),
)


def run(surroundings: Surroundings) -> Measured:
    """Measures; raises Unmeasured where there is no data."""
    folder = Path(os.environ.get(DATA, DEFAULT)) / TABLES
    found = sets(folder)
    if not found:
        raise Unmeasured(f"No sets in {folder}: set {DATA} to a folder that has {TABLES}/*.npz.")
    ours: dict[str, Judged] = {}
    for path in found[-2:] if surroundings.trial else found:
        ours[path.stem] = judge(path, _ours)
        surroundings.tell(f"{path.stem}: AUROC {ours[path.stem].auroc:.1f}, AUCPR {ours[path.stem].aucpr:.1f}.")
    theirs, version = ({}, "") if surroundings.trial else peers.means(surroundings.peers, folder, surroundings.tell)
    return Measured(
        {
            "auroc": Value(fmean(one.auroc for one in ours.values()), _best(theirs, "AUROC")),
            "aucpr": Value(fmean(one.aucpr for one in ours.values()), _best(theirs, "AUCPR")),
        },
        f"the best of PyOD {version}: {', '.join(theirs)}" if theirs else "",
        {"pyod": version} if version else {},
        {"sets": {name: asdict(one) for name, one in ours.items()}, "pyod": theirs},
    )


def _ours(learned: NDArray[np.float64], scored: NDArray[np.float64], seed: int) -> NDArray[np.float64]:
    return TabularDetector(learned, seed).score(scored)


def _best(theirs: Mapping[str, Mapping[str, float]], figure: str) -> float | None:
    return max((one[figure] for one in theirs.values()), default=None)


DETECTION: Final = Benchmark(
    "detection",
    "How well anomalies that people labelled are told from other rows, on 15 tables with 3 to 16 columns, by ADBench's "
    "protocol: 70 % of the rows to learn from, anomalies among them, 30 % to score, three splits, at most 10,000 rows "
    "of a table. One setting for all tables; labels are used to judge alone. The setting was chosen with these tables "
    "in view; the peers' are their libraries' defaults, and each figure is held against the best of them in it.",
    FIGURES,
    ("resonance-training", "scikit-learn", "numpy"),
    run,
)
