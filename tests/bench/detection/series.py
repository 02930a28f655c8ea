"""The series of NAB's corpus, a folder of folders of CSV with the windows of them all, judged by its scoring."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from resonance_client.series_file import Row, read_series
from tests.bench.detection.nab import Scored, Worth, at, best, worth

WINDOWS: Final = "combined_windows.json"
TRIAL: Final = 2

Detect = Callable[[Sequence[Row]], list[float]]
"""From the rows of a series to a score a row."""


@dataclass(frozen=True, slots=True)
class Series:
    """One series; only `worth` knows of its windows.

    Attributes:
        name: Path in the corpus.
        rows: In their order.
        worth: Of detections at each row.
    """

    name: str
    rows: tuple[Row, ...]
    worth: Worth


@dataclass(frozen=True, slots=True)
class Judged:
    """What a detector got.

    Attributes:
        best: At the threshold that is best for the corpus, as NAB judges.
        own: At the threshold that the detector names itself.
        alerts: Rows that reached its own, by series, where they are judged.
    """

    best: Scored
    own: Scored
    alerts: dict[str, int]


def corpus(folder: Path, trial: bool = False) -> list[Series]:
    """The series of a folder, by name; none where there are no windows in any of them. Two for a trial."""
    if not (folder / WINDOWS).exists():
        return []
    windows = json.loads((folder / WINDOWS).read_text(encoding="utf-8"))
    names = sorted(path.relative_to(folder).as_posix() for path in folder.glob("*/*.csv"))
    with_windows = [name for name in names if windows.get(name)]
    if not with_windows:
        return []
    if trial:
        names = with_windows[:TRIAL]
    return [_series(folder, name, windows.get(name, [])) for name in names]


def judge(series: Sequence[Series], detect: Detect, own: float) -> Judged:
    """Runs a detector on each series.

    Args:
        series: At least one, and a window in at least one of them.
        detect: The detector.
        own: The least score that it calls an alert itself.

    Raises:
        ValueError: There is no window.
    """
    scores, worths = [detect(one.rows) for one in series], [one.worth for one in series]
    alerts = {
        one.name: sum(score >= own for score in found[one.worth.first :])
        for one, found in zip(series, scores, strict=True)
    }
    return Judged(best(scores, worths), at(scores, worths, own), alerts)


def _series(folder: Path, name: str, windows: Sequence[tuple[str, str]]) -> Series:
    rows = read_series(folder / name).rows
    edges = [(datetime.fromisoformat(start), datetime.fromisoformat(end)) for start, end in windows]
    return Series(name, rows, worth([row.time for row in rows], edges))
