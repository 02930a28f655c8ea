"""The benchmark `detection`."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from statistics import fmean
from typing import Final

import numpy as np
from numpy.typing import NDArray

from resonance_training.series.detector import ALERT_ABOVE, score_series
from resonance_training.tabular import TabularDetector
from tests.bench.benchmark import Benchmark, Measured, Surroundings, Unmeasured
from tests.bench.detection import peers
from tests.bench.detection.protocol import Judged, judge, sets
from tests.bench.detection.series import WINDOWS, Series, corpus
from tests.bench.detection.series import judge as judge_series
from tests.bench.figure import Bar, Figure, Of, Value

DATA: Final = "RESONANCE_DATA"
DEFAULT: Final = "../shared/data"
TABLES: Final = "adbench"

SERIES: Final = "nab"

FIGURES: Final[Sequence[Figure]] = (
    Figure("auroc", "%", "mean over the tables of the area under the ROC curve", bar=Bar(82, Of.OURS)),
    Figure("aucpr", "%", "the same of the average precision", bar=Bar(41, Of.OURS)),
    Figure("nab", "%", "NAB's score of the series, standard profile", bar=Bar(62.2, Of.OURS)),
    Figure("nab_own_threshold", "%", "the same at the threshold that the detector names, not at the best one"),
)


def run(surroundings: Surroundings) -> Measured:
    """Measures what there is data for; raises Unmeasured where there is none."""
    folder = Path(os.environ.get(DATA, DEFAULT))
    tables, series = sets(folder / TABLES), corpus(folder / SERIES, surroundings.trial)
    if not tables and not series:
        raise Unmeasured(
            f"No data in {folder}: set {DATA} to a folder that has {TABLES}/*.npz, or {SERIES}/*/*.csv with "
            f"{SERIES}/{WINDOWS}."
        )
    on_tables = _on_tables(tables, surroundings) if tables else Measured({})
    on_series = _on_series(series, surroundings) if series else Measured({})
    return replace(
        on_tables,
        values={**on_tables.values, **on_series.values},
        details={**on_tables.details, **on_series.details},
    )


def _on_tables(found: Sequence[Path], surroundings: Surroundings) -> Measured:
    ours: dict[str, Judged] = {}
    for path in found[-2:] if surroundings.trial else found:
        ours[path.stem] = judge(path, _ours)
        surroundings.tell(f"{path.stem}: AUROC {ours[path.stem].auroc:.1f}, AUCPR {ours[path.stem].aucpr:.1f}.")
    folder = found[0].parent
    theirs, version = ({}, "") if surroundings.trial else peers.means(surroundings.peers, folder, surroundings.tell)
    return Measured(
        {
            "auroc": Value(fmean(one.auroc for one in ours.values()), _best(theirs, "AUROC")),
            "aucpr": Value(fmean(one.aucpr for one in ours.values()), _best(theirs, "AUCPR")),
        },
        f"the best of PyOD {version} on the tables: {', '.join(theirs)}" if theirs else "",
        {"pyod": version} if version else {},
        {"sets": {name: asdict(one) for name, one in ours.items()}, "pyod": theirs},
    )


def _on_series(series: Sequence[Series], surroundings: Surroundings) -> Measured:
    # A detection reaches NAB's threshold; an alert is above ours.
    own = float(np.nextafter(ALERT_ABOVE, 1.0))
    judged = judge_series(series, lambda rows: score_series((row.time, row.value) for row in rows), own)
    surroundings.tell(
        f"{len(series)} series: {judged.best.percent:.1f}, and {judged.own.percent:.1f} at our threshold."
    )
    details = {
        one.name: {"of_the_score": gain, "alerts": judged.alerts[one.name], "rows": len(one.rows)}
        for one, gain in zip(series, judged.own.gains, strict=True)
    }
    return Measured(
        {"nab": Value(judged.best.percent), "nab_own_threshold": Value(judged.own.percent)},
        details={"series": details, "threshold": {"best": judged.best.threshold, "own": ALERT_ABOVE}},
    )


def _ours(learned: NDArray[np.float64], scored: NDArray[np.float64], seed: int) -> NDArray[np.float64]:
    return TabularDetector(learned, seed).score(scored)


def _best(theirs: Mapping[str, Mapping[str, float]], figure: str) -> float | None:
    return max((one[figure] for one in theirs.values()), default=None)


DETECTION: Final = Benchmark(
    "detection",
    "How well anomalies that people labelled are told from other rows. On 15 tables with 3 to 16 columns, by ADBench's "
    "protocol: 70 % of the rows to learn from, anomalies among them, 30 % to score, three splits, at most 10,000 rows "
    "of a table. On 35 series of the Numenta Anomaly Benchmark, by its own scoring: one pass, each score from earlier "
    "rows alone, one threshold for all series, the best one; 0 is to detect nothing, 100 every window at its left edge "
    "and nothing else. The result files that NAB publishes get, in this scoring and on these series, ARTime 67.8, "
    "Numenta HTM 66.6, ContextOSE 62.2, KNN-CAD 53.0, Skyline 47.5; the first three read each file's range beforehand. "
    "On NAB's other 23 series, which were not in view, ours got 64, ContextOSE 78 and ARTime 82. "
    "One setting for all tables and one for all series; labels are used to judge alone. The settings were chosen with "
    "these tables and series in view; the peers' are their libraries' defaults, and each figure of the tables is held "
    "against the best of them in it.",
    FIGURES,
    ("resonance-training", "resonance-client", "scikit-learn", "numpy"),
    run,
)
