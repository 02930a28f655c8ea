"""`resonance detect --series`: a series in, NAB's result format out, and sentences where something is wrong."""

from __future__ import annotations

import csv
import sys
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from resonance_client.cli.main import main

START = datetime(2024, 3, 30)
HEADER = "timestamp,value\n"


def series_of(path: Path, rows: int = 1_500, spike: int | None = 1_200) -> str:
    values = np.random.default_rng(1).normal(10, 1, rows)
    if spike is not None:
        values[spike] = 60.0
    lines = (f"{START + place * timedelta(minutes=5)},{value!r}\n" for place, value in enumerate(values.tolist()))
    path.write_text(HEADER + "".join(lines))
    return str(path)


def detect(series: str, out: Path) -> list[list[str]]:
    assert main(["detect", "--series", series, "-o", str(out)]) == 0
    with out.open(newline="") as file:
        return list(csv.reader(file))


def test_the_rows_come_back_as_they_were_with_their_scores(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    series = series_of(tmp_path / "series.csv")
    found = detect(series, tmp_path / "out.csv")
    with open(series, newline="") as file:
        given = list(csv.reader(file))
    assert [row[:2] for row in found] == given
    assert found[0][2] == "anomaly_score"
    scores = [float(row[2]) for row in found[1:]]
    assert int(np.argmax(scores)) == 1_200
    assert 0.55 < max(scores) <= 1
    assert min(scores) == 0
    assert "Scored 1,500 rows, of which the first 150 only teach" in capsys.readouterr().err


def test_labels_change_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    plain = series_of(tmp_path / "plain.csv")
    labelled = tmp_path / "labelled.csv"
    lines = Path(plain).read_text().splitlines()
    labelled.write_text("\n".join(["label,value, timestamp", *(",".join([f"{n % 2}", *line.split(",")[::-1]])
                                                               for n, line in enumerate(lines[1:]))]))  # fmt: skip
    assert detect(str(labelled), tmp_path / "1.csv") == detect(plain, tmp_path / "2.csv")
    assert "label left out, since" in capsys.readouterr().err


def test_gaps_and_hours_that_come_twice_are_scored_and_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    minutes = [*range(0, 120, 5), *range(60, 180, 5), *range(300, 360, 5), 600]
    path = tmp_path / "clocks.csv"
    path.write_text(HEADER + "".join(f"{START + timedelta(minutes=one)},1\n" for one in minutes))
    assert len(detect(str(path), tmp_path / "out.csv")) == len(minutes) + 1
    said = capsys.readouterr().err
    assert "2 times rows are further apart than the usual 0:05:00, at most 4:05:00, after line 61." in said
    assert "Once a row is no later than the one before, first in line 26." in said


def test_a_series_of_nothing_or_little_is_scored_too(tmp_path: Path) -> None:
    assert detect(series_of(tmp_path / "none.csv", 0, None), tmp_path / "1.csv") == [
        ["timestamp", "value", "anomaly_score"]
    ]
    assert [row[2] for row in detect(series_of(tmp_path / "two.csv", 2, None), tmp_path / "2.csv")[1:]] == ["0", "0"]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "first line names a column timestamp 0 times, and must do so once: timestamp,value above a time and a"),
        (b"2024-05-01 00:00:00,1\n", "first line names a column timestamp 0 times"),
        (b"timestamp,value,value\n", "first line names a column value 2 times"),
        (b"timestamp,value\n2024-05-01,1\n\n2024-05-02,1,2\n", "line 4: 3 values where there are 2 columns"),
        (b"timestamp,value\n1714521600,1\n", "line 2: '1714521600' is no time such as 2024-05-31 23:55:00"),
        (b"timestamp,value\n2024-05-01,1\n2024-05-02,n/a\n", "line 3: the value 'n/a' is no number; leave the row out"),
        (b"timestamp,value\n2024-05-01,\n", "line 2: the value '' is no number"),
        (b"timestamp,value\n2024-05-01,nan\n", "line 2: the value nan is not finite"),
        (b"timestamp,value\n2024-05-01,1e999\n", "line 2: the value 1e999 is not finite"),
        (b"timestamp,value\n2024-05-02,1\n2024-05-01,1\n", "line 3: 2024-05-01 is earlier than 2024-05-02 before it"),
        (
            b"timestamp,value\n2024-05-01T00:00:00Z,1\n2024-05-01T00:05:00,1\n",
            "line 3: of 2024-05-01T00:00:00Z and 2024-05-01T00:05:00 only one names its zone",
        ),
        (b"timestamp,value\n\xff\n", "cannot be read"),
    ],
)
def test_a_wrong_series_is_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: bytes, sentence: str
) -> None:
    wrong, out = tmp_path / "wrong.csv", tmp_path / "out.csv"
    wrong.write_bytes(content)
    assert main(["detect", "--series", str(wrong), "-o", str(out)]) == 2
    error = capsys.readouterr().err.splitlines()[-1]
    assert error.startswith(f"resonance: {wrong}")
    assert sentence in error
    assert not out.exists()


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ([], "Expected TRAIN and SCORE, rows to learn from and rows to score, or --series FILE"),
        (["train.csv"], "Expected TRAIN and SCORE"),
        (["train.csv", "--series", "series.csv"], "--series scores one file alone, so train.csv has no place beside"),
        (["--series", "series.csv", "--seed", "1"], "--seed means nothing with --series"),
        (["--series", "none.csv"], "none.csv cannot be read"),
    ],
)
def test_what_does_not_go_together_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], given: list[str], sentence: str
) -> None:
    assert main(["detect", *given, "-o", str(tmp_path / "out.csv")]) == 2
    assert sentence in capsys.readouterr().err


def test_where_it_cannot_write_or_is_not_installed_it_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    series = series_of(tmp_path / "series.csv", 10, None)
    assert main(["detect", "--series", series, "-o", str(tmp_path / "none" / "out.csv")]) == 2
    assert "The scores cannot be written to" in capsys.readouterr().err
    monkeypatch.setitem(sys.modules, "resonance_training.series.detector", None)
    assert main(["detect", "--series", series, "-o", str(tmp_path / "out.csv")]) == 2
    assert "pip install 'resonance-client[detect]'" in capsys.readouterr().err
