"""`resonance detect`: files in, a score a row out, labels never read, and sentences where something is wrong."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

from resonance_client.cli.main import main

ROWS = np.random.default_rng(1).normal(size=(200, 3))
ODD = np.array([9.0, -9.0, 9.0])


def csv_of(path: Path, rows: np.ndarray, names: str = "") -> str:
    np.savetxt(path, rows, delimiter=",", header=names, comments="")
    if not names:
        path.write_text(path.read_text().lstrip("\n"))
    return str(path)


def npz_of(path: Path, **arrays: np.ndarray) -> str:
    np.savez(path, **arrays)
    return str(path)


def parquet_of(path: Path, **columns: object) -> str:
    parquet.write_table(pa.table(columns), path)
    return str(path)


def detect(train: str, score: str, out: Path) -> list[float]:
    assert main(["detect", train, score, "-o", str(out)]) == 0
    return [float(line) for line in out.read_text().splitlines()]


def test_a_row_unlike_the_others_has_the_highest_score(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    scored = np.vstack([ROWS[:50], ODD])
    scores = detect(csv_of(tmp_path / "a.csv", ROWS), npz_of(tmp_path / "b.npz", X=scored), tmp_path / "out.txt")
    assert len(scores) == 51
    assert int(np.argmax(scores)) == 50
    said = capsys.readouterr().err
    assert "Learned from 200 rows of 3 columns" in said
    assert "Scored 51 rows" in said


def test_labels_change_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    labels = np.zeros((200, 1))
    plain = csv_of(tmp_path / "plain.csv", ROWS, "a,b,c")
    labelled = csv_of(tmp_path / "labelled.csv", np.hstack([labels, ROWS]), "Label,a,b,c")
    first = detect(plain, plain, tmp_path / "1.txt")
    assert detect(labelled, labelled, tmp_path / "2.txt") == first
    assert capsys.readouterr().err.count("labelled.csv: Label left out") == 2
    array = npz_of(tmp_path / "x.npz", X=ROWS, y=labels)
    assert detect(array, array, tmp_path / "3.txt") == pytest.approx(first, rel=1e-6)
    columns = dict(zip("abc", ROWS.T, strict=True))
    table = parquet_of(tmp_path / "x.parquet", **columns, y=["normal"] * 200)
    assert detect(table, table, tmp_path / "4.txt") == pytest.approx(first, rel=1e-6)


def test_what_is_wrong_with_a_parquet_file_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    train = parquet_of(tmp_path / "train.parquet", a=ROWS[:, 0], b=ROWS[:, 1])
    text = parquet_of(tmp_path / "text.parquet", a=["x"], b=[1.0])
    holes = parquet_of(tmp_path / "holes.parquet", a=[1.0, None], b=[1, 2])
    (tmp_path / "none.parquet").write_text("a,b")
    for score, sentence in (
        (text, "column a is string, not numbers"),
        (holes, "row 1, column 0 is nan"),
        (str(tmp_path / "none.parquet"), "is not a Parquet file"),
    ):
        assert main(["detect", train, score, "-o", str(tmp_path / "out.txt")]) == 2
        assert sentence in capsys.readouterr().err


def test_columns_are_matched_by_name(tmp_path: Path) -> None:
    train = csv_of(tmp_path / "train.csv", ROWS * [1, 10, 100], "a,b,c")
    here = csv_of(tmp_path / "here.csv", ROWS * [1, 10, 100], "a,b,c")
    there = csv_of(tmp_path / "there.csv", (ROWS * [1, 10, 100])[:, ::-1], "c,b,a")
    assert detect(train, here, tmp_path / "1.txt") == detect(train, there, tmp_path / "2.txt")


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("a,b,c\n1,2,3\n1,two,3\n", "row 3, column b: 'two' is no number"),
        ("1,2,3\n1,2\n", "row 2: 2 values where there are 3 columns"),
        ("", "is empty"),
        ("1,2\n3,4\n", "has 2 columns; the rows to learn from have 3"),
        ("1,2,nan\n", "wrong.csv: Every value must be finite, but row 0, column 2 is nan"),
        ("a,b,a\n1,2,3\n", "names the column a more than once"),
    ],
)
def test_a_wrong_file_is_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: str, sentence: str
) -> None:
    train, wrong, out = csv_of(tmp_path / "train.csv", ROWS), tmp_path / "wrong.csv", tmp_path / "out.txt"
    wrong.write_text(content)
    assert main(["detect", train, str(wrong), "-o", str(out)]) == 2
    error = capsys.readouterr().err.splitlines()[-1]
    assert error.startswith("resonance: ")
    assert sentence in error
    assert not out.exists()


def test_other_files_and_names_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    train = csv_of(tmp_path / "train.csv", ROWS, "a,b,c")
    other = csv_of(tmp_path / "other.csv", ROWS, "a,b,d")
    for score, sentence in (
        (other, "differ in the columns c, d"),
        (str(tmp_path / "rows.txt"), "is none of .csv, .npz, .parquet"),
        (str(tmp_path / "none.csv"), "cannot be read"),
        (npz_of(tmp_path / "y.npz", Z=ROWS), "has no array X; it has Z"),
    ):
        assert main(["detect", train, score, "-o", str(tmp_path / "out.txt")]) == 2
        assert sentence in capsys.readouterr().err


def test_without_the_detectors_it_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "resonance_training.tabular", None)
    assert main(["detect", "a.csv", "b.csv", "-o", str(tmp_path / "out.txt")]) == 2
    assert "pip install 'resonance-client[detect]'" in capsys.readouterr().err
