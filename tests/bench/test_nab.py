"""NAB's scoring on cases worked out by hand, and its corpus in the benchmark `detection`."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from math import exp
from pathlib import Path

import numpy as np
import pytest

from tests.bench.benchmark import Surroundings, Unmeasured
from tests.bench.detection import benchmark
from tests.bench.detection.nab import OUTSIDE, Worth, at, best, probation, worth
from tests.bench.detection.series import WINDOWS, corpus

START = datetime(2024, 1, 1)
ROWS = 100


def time(row: int) -> datetime:
    return START + row * timedelta(minutes=5)


def of_windows(*windows: tuple[int, int]) -> Worth:
    """Of a series of a hundred rows, of which the first fifteen are not judged."""
    return worth([time(row) for row in range(ROWS)], [(time(left), time(right)) for left, right in windows])


def detections(**rows: float) -> np.ndarray:
    """Scores of a hundred rows, 0 but for those that are named: r50=1.0."""
    scores = np.zeros(ROWS)
    for name, score in rows.items():
        scores[int(name[1:])] = score
    return scores


def sigmoid(position: float) -> float:
    return 2 / (1 + exp(5 * position)) - 1


ONE = of_windows((50, 59))


def test_probation_is_a_share_and_capped() -> None:
    assert [probation(rows) for rows in (100, 4_032, 5_000, 22_695)] == [15, 604, 750, 750]


def test_the_left_edge_is_worth_one_and_later_rows_less() -> None:
    assert ONE.values[50] == pytest.approx(1.0)
    assert ONE.values[55] == pytest.approx(sigmoid(-0.5) / sigmoid(-1.0)) == pytest.approx(0.8597, abs=1e-3)
    assert ONE.values[59] == pytest.approx(sigmoid(-0.1) / sigmoid(-1.0))
    assert ONE.windows[49:61].tolist() == [OUTSIDE, *[0] * 10, OUTSIDE]


def test_outside_costs_more_the_further_behind_a_window() -> None:
    assert ONE.values[:50].tolist() == [-0.11] * 50
    assert ONE.values[60] == pytest.approx(0.11 * sigmoid(1 / 9))
    assert ONE.values[68] == pytest.approx(0.11 * sigmoid(1.0))
    assert ONE.values[60 + 27 :].tolist() == [-0.11] * (ROWS - 87)


def test_the_window_before_a_row_is_the_nearest_one() -> None:
    two = of_windows((20, 29), (50, 51))
    assert two.values[30] == pytest.approx(0.11 * sigmoid(1 / 9))
    assert two.values[52] == pytest.approx(0.11 * sigmoid(1.0))
    assert two.values[55] == -0.11


@pytest.mark.parametrize(
    ("scores", "percent"),
    [
        (detections(), 0.0),
        (detections(r50=1), 100.0),
        (detections(r50=1, r51=1, r59=1), 100.0),
        (detections(r59=1), 50 * (1 + sigmoid(-0.1) / sigmoid(-1.0))),
        (detections(r50=1, r20=1), 50 * (2 - 0.11)),
        (detections(r50=1, r14=1), 100.0),
        (detections(r50=1, r60=1), 50 * (2 + 0.11 * sigmoid(1 / 9))),
        (detections(r50=0.9, r20=0.5), 100.0),
        (detections(r50=0.5, r59=0.9, r20=0.4), 100.0),
    ],
)
def test_the_score_at_the_best_threshold(scores: np.ndarray, percent: float) -> None:
    assert best([scores], [ONE]).percent == pytest.approx(percent)


def test_one_threshold_holds_for_the_whole_corpus() -> None:
    found = best([detections(r50=0.4), detections(r20=0.5, r30=0.4)], [ONE, of_windows()])
    # Two false positives are worth the window, so all three are detections: a threshold a series would spare two.
    assert found.threshold == 0.4
    assert found.gains == pytest.approx((100.0, -11.0))
    assert found.percent == pytest.approx(89.0)


def test_at_a_threshold_that_is_given_nothing_is_chosen() -> None:
    scores = [detections(r50=0.5, r20=0.9)]
    assert at(scores, [ONE], 0.9).percent == pytest.approx(-5.5)
    assert at(scores, [ONE], 0.5).percent == pytest.approx(94.5)
    assert at(scores, [ONE], 1.0).percent == 0.0


def test_where_every_detection_is_wrong_the_best_is_none() -> None:
    found = best([detections(r20=1.0)], [ONE])
    assert (found.percent, found.gains) == (0.0, (0.0,))
    assert found.threshold > 1.0


def test_without_windows_nothing_can_be_found() -> None:
    with pytest.raises(ValueError, match="No window is judged"):
        best([detections()], [of_windows()])
    with pytest.raises(ValueError, match="not in list"):
        worth([time(0)], [(time(1), time(2))])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A corpus of two series of noise, with a spike in a window in one of them."""
    for name, spike in (("quiet", None), ("spiky", 1_500)):
        values = np.random.default_rng(1).normal(size=2_000)
        if spike:
            values[spike : spike + 2] += 30.0
        path = tmp_path / benchmark.SERIES / "made" / f"{name}.csv"
        path.parent.mkdir(parents=True, exist_ok=True)
        lines = (f"{time(row)},{value}" for row, value in enumerate(values.tolist()))
        path.write_text("\n".join(["timestamp,value", *lines]))
    windows = {"made/spiky.csv": [[f"{time(1_495)}.000000", f"{time(1_595)}.000000"]], "made/quiet.csv": []}
    (tmp_path / benchmark.SERIES / WINDOWS).write_text(json.dumps(windows))
    return tmp_path


def test_ours_finds_the_spike(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(benchmark.DATA, str(folder))
    measured = benchmark.run(Surroundings(None, None, lambda _: None))
    assert set(measured.values) == {"nab", "nab_own_threshold"}
    assert measured.values["nab"].ours > 90
    assert measured.values["nab_own_threshold"].ours > 80
    assert set(measured.details["series"]) == {"made/quiet.csv", "made/spiky.csv"}


def test_a_trial_takes_series_with_windows(folder: Path) -> None:
    assert [one.name for one in corpus(folder / benchmark.SERIES, trial=True)] == ["made/spiky.csv"]


def test_a_corpus_without_windows_is_none(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / benchmark.SERIES / WINDOWS).write_text("{}")
    monkeypatch.setenv(benchmark.DATA, str(folder))
    with pytest.raises(Unmeasured, match=f"nab/\\*/\\*.csv with nab/{WINDOWS}"):
        benchmark.run(Surroundings(None, None, lambda _: None))
