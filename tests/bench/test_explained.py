"""What is said of how soon anomalies were explained."""

from __future__ import annotations

from dataclasses import replace

from tests.bench.explained.judging import judged
from tests.bench.explained.reading import Told, Topics

SAID = Told(100.5, b"said", brief=False, failed=False)


def test_delays_are_told_apart_by_the_kill_and_the_first_explanation_counts() -> None:
    found = {"a": 100.0, "b": 109.0, "c": 111.0, "d": 120.0}
    told = {
        "a": [SAID, replace(SAID, at_s=112.0)],
        "b": [replace(SAID, at_s=112.5)],
        "c": [replace(SAID, at_s=112.6, brief=True)],
        "d": [replace(SAID, at_s=120.1, failed=True)],
    }
    found_of = judged(Topics(found, told), killed_s=110.0)
    before, through, after = (found_of.phases[name] for name in ("before the kill", "through it", "after it"))
    assert (before.anomalies, through.anomalies, after.anomalies) == (1, 2, 1)
    assert before.most == 0.5 and through.most == 3.5 and through.late == 1 and through.brief == 1
    assert found_of.whole.late == 1 and found_of.repeats == 1 and found_of.failed == 1
    assert found_of.gap_s == 112.0 - 100.5


def test_what_is_missing_unasked_or_different_is_named() -> None:
    told = {"a": [SAID, replace(SAID, content=b"otherwise")], "x": [SAID]}
    found_of = judged(Topics({"a": 100.0, "b": 100.0}, told), killed_s=None)
    assert (found_of.missing, found_of.unasked, found_of.different) == (("b",), ("x",), ("a",))
    assert found_of.gap_s == 0.0
