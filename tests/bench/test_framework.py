"""Figures, results, comparisons and the exit status of `python -m tests.bench`."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.bench import __main__ as command
from tests.bench import catalogue, cores, document, result, rounds
from tests.bench.benchmark import Benchmark, Measured, Surroundings, Unmeasured
from tests.bench.figure import Bar, Better, Figure, Of, Value, entry, ratio, reached
from tests.bench.regression import compare, lost
from tests.bench.table import table
from tests.bench.usage import Meter, busy_s, cpu_s

RATE = Figure("per_second", "1/s", "a rate", bar=Bar(10, Of.RATIO))
DELAY = Figure("delay_ms", "ms", "a delay", Better.LOWER, Bar(5, Of.OURS))


def test_a_ratio_says_how_many_times_better_ours_is() -> None:
    assert ratio(RATE, Value(20, 10)) == 2
    assert ratio(DELAY, Value(10, 20)) == 2
    assert ratio(RATE, Value(20)) is None


@pytest.mark.parametrize(
    ("figure", "value", "is_reached"),
    [
        (RATE, Value(100, 10), True),
        (RATE, Value(99, 10), False),
        (RATE, Value(100), None),
        (DELAY, Value(5), True),
        (DELAY, Value(5.1), False),
        (Figure("rate", "1/s", "", bar=Bar(5, Of.OURS)), Value(5), True),
        (Figure("rate", "1/s", "", bar=Bar(5, Of.OURS)), Value(4.9), False),
        (Figure("free", "1/s", ""), Value(1, 1), None),
    ],
)
def test_a_bar_is_one_of_the_ratio_or_of_ours(figure: Figure, value: Value, is_reached: bool | None) -> None:
    assert reached(figure, value) is is_reached


def test_an_entry_has_what_is_agreed() -> None:
    assert entry(RATE, Value(123_456, 10_000)).items() >= {
        "unit": "1/s", "ours": 123_500, "peer": 10_000, "ratio": 12.35, "bar": 10, "reached": True
    }.items()  # fmt: skip


def test_sides_run_in_turn() -> None:
    order: list[str] = []

    def side(name: str) -> Callable[[], str]:
        return lambda: order.append(name) or name  # type: ignore[func-returns-value]  # append gives None

    runs = rounds.in_turn(3, {"a": side("a"), "b": side("b")}, lambda _: None)
    assert order == ["a", "b"] * 3
    assert runs == {"a": ["a"] * 3, "b": ["b"] * 3}


def of(ratio_: float | None) -> dict[str, Any]:
    return {"figures": {"per_second": {"ratio": ratio_}}}


def test_a_fifth_may_be_lost_and_no_more() -> None:
    assert [c.regressed for c in compare(of(10.0), of(8.0))] == [False]
    assert [c.regressed for c in compare(of(10.0), of(7.9))] == [True]
    assert compare(of(10.0), of(None)) == compare(of(None), of(1.0)) == []


def test_what_was_recorded_and_is_not_there_is_named() -> None:
    assert lost(of(10.0), {"figures": {}}) == ["per_second"]
    assert lost(of(10.0), of(None)) == ["the ratio of per_second"]
    assert lost(of(10.0), of(1.0)) == lost(of(None), of(None)) == []


def test_processor_time_grows_with_work() -> None:
    before, deadline = cpu_s(os.getpid()), time.monotonic() + 30
    while cpu_s(os.getpid()) < before + 0.05:
        assert time.monotonic() < deadline, "working takes processor time"
    used = cpu_s(os.getpid())
    assert used <= time.process_time() + 0.1, "and no more than the process's own clock says"


def test_processor_time_of_the_machine_has_that_of_this_process() -> None:
    before, began = (busy_s(), cpu_s(os.getpid())), time.monotonic()
    while cpu_s(os.getpid()) < before[1] + 0.2:
        assert time.monotonic() < began + 30, "working takes processor time"
    # Each of the two is counted in ticks of its own.
    most = (os.cpu_count() or 1) * (time.monotonic() - began)
    assert 0.15 <= busy_s() - before[0] <= most + 0.1


def test_cores_are_given_back() -> None:
    before = os.sched_getaffinity(0)
    with cores.on(cores.measured()):
        assert os.sched_getaffinity(0) == cores.measured() == {min(before)}
    assert os.sched_getaffinity(0) == before


def test_what_is_started_goes_first_where_that_is_allowed() -> None:
    before = os.sched_getscheduler(0)
    asked = [sys.executable, "-c", "import os; print(os.sched_getscheduler(0) == os.SCHED_FIFO)"]
    with cores.first() as allowed:
        said = subprocess.run(asked, check=True, capture_output=True, text=True).stdout.strip()
    assert said == str(allowed)
    assert os.sched_getscheduler(0) == before


def test_processor_time_is_read_between_samples() -> None:
    meter = Meter(0, [10.0, 11.0, 13.0], [1.0, 2.0, 3.0])
    assert meter.between(10.5, 12.0) == 1.0
    assert meter.between(0.0, 99.0) == 3.0


@pytest.fixture
def measured() -> list[Measured | Unmeasured]:
    """What the benchmark of these tests gives next."""
    return []


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, measured: list[Measured | Unmeasured]) -> Path:
    """A place of our own for results, with one benchmark, `speed`."""

    def run(_: Surroundings) -> Measured:
        outcome = measured.pop(0)
        if isinstance(outcome, Unmeasured):
            raise outcome
        return outcome

    benchmark = Benchmark("speed", "How fast.", (RATE, DELAY), ("pytest",), run)
    monkeypatch.setattr(catalogue, "BENCHMARKS", {"speed": benchmark})
    monkeypatch.setattr(result, "ROOT", tmp_path)
    for function, at in ((result.write, "bench-results"), (document.write, "benchmarks.md")):
        monkeypatch.setattr(function, "__defaults__", (tmp_path / at,))
    monkeypatch.setattr(result.recorded, "__defaults__", (tmp_path / "bench-results",))
    return tmp_path


def fast(times: float) -> Measured:
    return Measured({"per_second": Value(times * 100, 100), "delay_ms": Value(4)}, "snail 1.0", {"snail": "1.0"})


def test_a_run_writes_its_result_and_the_document(
    here: Path, measured: list[Measured | Unmeasured], capsys: pytest.CaptureFixture[str]
) -> None:
    measured.append(fast(9))
    assert command.main([]) == 0, "a missed bar is no failure of the run"
    written = json.loads((here / "bench-results" / "speed.json").read_text(encoding="utf-8"))
    assert written.keys() >= {"name", "commit", "machine", "versions", "figures"}
    assert written["versions"].keys() >= {"python", "pytest", "snail"}
    assert written["figures"]["per_second"]["reached"] is False
    assert "missed" in capsys.readouterr().out
    text = (here / "benchmarks.md").read_text(encoding="utf-8")
    assert text == document.document({"speed": written})
    assert "| 900 | 100 | 9× | ≥10× | missed |" in text
    assert "| 4 | – | – | ≤5 | reached |" in text


@pytest.mark.parametrize(("now", "status"), [(12.0, 0), (8.1, 0), (7.9, 1)])
def test_a_check_fails_on_a_regression_and_records_nothing(
    here: Path, measured: list[Measured | Unmeasured], now: float, status: int
) -> None:
    measured += [fast(10), fast(now)]
    command.main(["speed"])
    before = (here / "bench-results" / "speed.json").read_bytes()
    assert command.main(["--check", "speed"]) == status
    assert (here / "bench-results" / "speed.json").read_bytes() == before


def test_a_check_that_compared_nothing_does_not_pass(here: Path, measured: list[Measured | Unmeasured]) -> None:
    measured += [fast(10), fast(10), Measured({"per_second": Value(1000)})]
    assert command.main(["--check"]) == 2, "nothing is recorded"
    command.main([])
    assert command.main(["--check"]) == 2, "no peer ran"


def test_what_did_not_run_says_so(
    here: Path, measured: list[Measured | Unmeasured], capsys: pytest.CaptureFixture[str]
) -> None:
    measured.append(Unmeasured("Kafka did not start."))
    assert command.main(["speed"]) == 2
    assert "speed did not run. Kafka did not start." in capsys.readouterr().err
    assert not (here / "bench-results").exists()
    assert command.main(["no-such"]) == 3


def test_a_table_shows_what_is_not_there_as_a_dash(here: Path) -> None:
    benchmark = catalogue.BENCHMARKS["speed"]
    lines = table(result.result(benchmark, Measured({"per_second": Value(1234.5)}), 0.0)).splitlines()
    assert lines[0] == "speed, without a peer"
    assert lines[2].split() == ["per_second", "1/s", "1,234", "–", "–", "≥10×"]


def test_the_document_is_that_of_the_recorded_results() -> None:
    assert document.PATH.read_text(encoding="utf-8") == document.document(result.recorded()), (
        "docs/benchmarks.md is not current: python -m tests.bench --document"
    )
