"""The benchmark `logs` on a small log of its own: lines are judged by the truth beside it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.bench.benchmark import Surroundings, Unmeasured
from tests.bench.logs import benchmark
from tests.bench.logs.large import write_large
from tests.bench.logs.truth import grouping_accuracy, labelled


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with one log of two templates."""
    (tmp_path / benchmark.LOGS).mkdir()
    lines = [f"2024-05-31 10:00:0{number} INFO a: value {number} was set" for number in range(9)]
    truth = [f"{number},value {number} was set,E1" for number in range(9)]
    lines.append("2024-05-31 10:00:09 ERROR a: it failed")
    truth.append("9,it failed,E2")
    (tmp_path / benchmark.LOGS / "Own_2k.log").write_text("\r\n".join(lines) + "\r\n", newline="")
    (tmp_path / benchmark.LOGS / "Own_2k.log_structured.csv").write_text(
        "\n".join(["LineId,Content,EventId", *truth]) + "\n"
    )
    return tmp_path


def test_only_groups_that_are_exactly_the_truths_count() -> None:
    assert grouping_accuracy("aabbc", "xxyyz") == 100
    assert grouping_accuracy("aabbb", "xxyyz") == 40
    assert grouping_accuracy("abcde", "xxyyz") == 20
    assert grouping_accuracy("aaaaa", "xxyyz") == 0


def test_lines_are_grouped_with_their_headers_on(folder: Path) -> None:
    (log,) = labelled(folder / benchmark.LOGS)
    assert log.name == "Own"
    assert grouping_accuracy(benchmark.ours(log.lines), log.truth) == 100


def test_it_measures_ours_and_the_peer(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(benchmark.DATA, str(folder))
    measured = benchmark.run(Surroundings(None, None, lambda _: None, trial=True))
    assert measured.values["grouping_accuracy"].ours == 100
    assert measured.values["grouping_accuracy"].peer is not None
    assert measured.values["mb_per_second"].ours > 0
    assert 5 < measured.values["rss_mib"].ours < 200
    assert set(measured.details["sets"]["Own"]) >= {"grouping_accuracy", "drain3"}


def test_without_data_it_says_what_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(benchmark.DATA, str(tmp_path))
    with pytest.raises(Unmeasured, match="RESONANCE_DATA"):
        benchmark.run(Surroundings(None, None, lambda _: None))


def test_a_large_log_is_as_large_as_asked(tmp_path: Path) -> None:
    path = tmp_path / "large.log"
    write_large(path, [["one 12345 line", "another"], ["third"]], 20_000)
    assert 20_000 <= path.stat().st_size < 20_100
