"""The load test asks what it should, and a sweep finds the knee, the way back, and what was lost."""

from __future__ import annotations

import re
from pathlib import Path
from random import Random
from typing import Any

import pytest
import yaml

from tests.crowd.process import Account
from tests.loads.judging import nothing_lost
from tests.loads.plot import plot
from tests.loads.scenarios import FOLDER, LEVELS, SCRIPT, WEIGHTS, judge, levels_table
from tests.loads.sweep import Step, Swept
from tests.loads.table import cost_table, rates_table, sentences, shed_table

ACCOUNT = Account("ann", "c_1", sent=3, acked=2, refused={}, ended="left without a farewell")


@pytest.fixture(scope="module")
def script() -> dict[str, Any]:
    """What Artillery plays."""
    loaded: dict[str, Any] = yaml.safe_load((FOLDER / SCRIPT).read_text(encoding="utf-8"))
    return loaded


def test_the_scenarios_have_the_weights_that_were_asked_for(script: dict[str, Any]) -> None:
    assert {one["name"]: one["weight"] for one in script["scenarios"]} == WEIGHTS


def test_artillery_holds_the_answers_to_the_same_levels(script: dict[str, Any]) -> None:
    conditions = " ".join(one["expression"] for one in script["config"]["ensure"]["conditions"])
    shares = {
        name: float(share) for name, share in re.findall(r"slo\.(\w+)\.within / slo\.\w+\.all >= ([\d.]+)", conditions)
    }
    assert shares == {level.name: level.share for level in LEVELS}
    processor = (FOLDER / "processor.js").read_text(encoding="utf-8")
    named = re.search(r"const LEVELS = \{(.*)\}", processor)
    assert named is not None
    assert {name: int(ms) for name, ms in re.findall(r"(\w+): (\d+)", named[1])} == {
        level.name: level.within_ms for level in LEVELS
    }


def report(xai_within: int = 95) -> dict[str, Any]:
    """What Artillery says of a hundred answers a level."""
    counters = {f"slo.{level.name}.all": 100 for level in LEVELS} | {
        f"slo.{level.name}.within": 100 for level in LEVELS
    }
    counters |= {"slo.xai.within": xai_within, "vusers.created": 50, "vusers.completed": 50}
    times = {"p50": 10.0, "p95": 20.0, "p99": 30.0, "max": 40.0}
    return {"counters": counters, "summaries": {f"slo.{level.name}.ms": times for level in LEVELS}}


def test_levels_that_hold_pass() -> None:
    assert all(one.passed for one in judge(report()))
    assert "**no**" not in "\n".join(levels_table(report()))


def test_a_level_that_does_not_hold_is_told() -> None:
    assert [one.faults for one in judge(report(94)) if not one.passed] == [["94.00% of 100 were; 95.0% must be"]]
    assert "**no**" in "\n".join(levels_table(report(94)))


def test_a_level_that_nothing_was_asked_of_does_not_hold() -> None:
    empty = report()
    empty["counters"]["slo.smart.all"] = 0
    assert [one.what for one in judge(empty) if not one.passed] == [f"{LEVELS[-1].about}, within 3000 ms"]


def swept(takes_s: tuple[float, ...], back_s: tuple[float, ...]) -> Swept:
    """Rates that double, ten seconds each, whose frames take so long; then seconds of the way back."""
    found, chance, at_s = Swept(), Random(1), 1_000.0
    for number, takes in enumerate(takes_s):
        counts: dict[str, Any] = {"held_back": 0, "refused": {}, "online": 100, "late_s": 0.0}
        step = Step(100.0 * 2**number, at_s, at_s + 10)
        step.before = counts | {"at_s": at_s, "sent": 0, "acked": 0}
        step.after = counts | {"at_s": at_s + 10, "sent": 1000, "acked": 990, "refused": {"rate_limited": 3}}
        names = ("gateway", "feature-extractor", "predictor", "xai", "llm-orchestrator", "kafka")
        step.cores = dict.fromkeys((*names, "crowd"), 0.1)
        step.resident_bytes = dict.fromkeys(names, 2**27)
        found.steps.append(step)
        _see(found, at_s, [takes] * 10, chance)
        at_s += 10
    found.fell_s, last = at_s, found.steps[-1]
    found.back = Step(
        50.0, at_s, at_s + len(back_s), last.before, last.after, {}, last.cores, last.resident_bytes, 0.0
    )  # fmt: skip
    _see(found, at_s, back_s, chance)
    return found


def _see(found: Swept, at_s: float, takes_s: list[float] | tuple[float, ...], chance: Random) -> None:
    for second, takes in enumerate(takes_s):
        for _ in range(50):
            found.onlooker.scores.received_s.append(at_s + second + chance.random() * 0.99)
            found.onlooker.scores.took_s.append(takes)


def test_the_knee_is_the_last_rate_before_one_that_does_not_hold() -> None:
    found = swept((0.2, 0.3, 0.9, 0.4), (0.2,) * 20)
    knee = found.knee()
    assert knee is not None and knee.rate == 200.0
    assert "between 200 (in bold) and 400" in "\n".join(sentences(found))


def test_where_no_rate_holds_there_is_no_knee() -> None:
    assert swept((0.9, 0.9), (0.2,) * 20).knee() is None


def test_the_way_back_ends_with_the_last_second_that_was_too_slow() -> None:
    assert swept((0.2, 3.0), (3.0, 2.0, 0.2, 1.0, *(0.2,) * 20)).recovered_s() == 4.0


def test_what_does_not_come_back_is_told() -> None:
    found = swept((0.2, 3.0), (3.0,) * 20)
    assert found.recovered_s() is None
    assert "120 s were not enough" in "\n".join(sentences(found))


def test_where_nothing_was_seen_nothing_is_said_of_the_way_back() -> None:
    found = swept((0.2, 3.0), ())
    assert found.back is not None
    found.back.ended_s += 20
    assert found.recovered_s() is None


def test_tables_and_picture_are_made_of_it(tmp_path: Path) -> None:
    found = swept((0.2, 0.3, 0.9), (0.2,) * 20)
    assert {len(list(of(found))) for of in (rates_table, cost_table, shed_table)} == {6}
    plot(found, tmp_path / "load.svg")
    assert "frame to score" in (tmp_path / "load.svg").read_text(encoding="utf-8")


def test_an_acknowledged_frame_that_is_not_stored_is_lost() -> None:
    assert nothing_lost([ACCOUNT], {"c_1": [1, 2]}).passed
    assert not nothing_lost([ACCOUNT], {"c_1": [1]}).passed


def test_a_frame_that_is_stored_twice_or_never_was_written_is_told() -> None:
    assert not nothing_lost([ACCOUNT], {"c_1": [1, 2, 2]}).passed
    assert not nothing_lost([ACCOUNT], {"c_1": [1, 2, 3, 4]}).passed
