"""What is said of a fault is what was measured between it and the next one."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from resonance_llm_orchestrator.drafts import EXPLAINED, FACTS
from tests.gameday.checks import only_killed_start_again
from tests.gameday.fault import Fault, Played
from tests.gameday.ledger import Ledger
from tests.gameday.probing import READY, Answer, Look
from tests.gameday.seen import Saw, seen


@pytest.fixture
def day() -> Any:
    """Two faults, at 100 and at 200 s; traffic from 90 to 250 s."""
    fault = Fault("kill-it", "SIGKILL of it", lambda hands: None)
    ledger = Ledger()
    ledger.opened |= {"key-1": {"a-1"}, "key-2": {"a-2", "a-3"}}
    ledger.stamped_s = {("a-1", FACTS): 105.0, ("a-1", EXPLAINED): 106.0}
    return SimpleNamespace(
        begin_s=90.0,
        end_s=250.0,
        played=[Played(fault, 100.0, 101.0, 108.0, restarts=("it",)), Played(fault, 200.0, 201.0, None, "it is ill")],
        accounts={1: [{"cuts": [{"at": 102.0, "again": 104.5}]}], 2: [{"cuts": []}]},
        progress=[(95.0, 1), (99.0, 2), (102.0, 2), (109.0, 3), (190.0, 4), (205.0, 5)],
        probing=SimpleNamespace(
            answers=[Answer(101.0, "xai", 503, 1.0), Answer(102.0, "xai", 0, 8.0), Answer(103.0, "gateway", 404, 0.5)],
            looks=[
                Look(99.0, "xai", "unready"),
                Look(103.0, "gateway", READY),
                Look(104.0, "xai", "degraded", ("model: none",)),
            ],
        ),
        planted=[SimpleNamespace(user=f"planted-{n}", sent_s=at) for n, at in ((1, 104.0), (2, 203.0), (3, 204.0))],
        keys={f"key-{n}": f"planted-{n}" for n in (1, 2, 3)},
        ledger=ledger,
    )


def test_users_operators_and_probes_are_told_of_by_the_fault_that_they_saw(day: Any) -> None:
    first: Saw = next(seen(day))
    assert (first.at_s, first.lasted_s, first.well_s, first.restarts) == (10.0, 1.0, 7.0, ("it",))
    assert (first.connections, first.lost_connections, first.without_s) == (2, 1, 2.5)
    assert (first.answers, first.failed, first.failed_of, first.slowest_s) == (3, 2, ("xai",), 0.5)
    assert (first.noticed, first.noticed_s) == ("xai degraded: model: none", 4.0)
    assert (first.facts_s, first.explained_s) == (1.0, 2.0)


def test_silence_counts_from_the_fault_to_the_first_frame_that_was_stored(day: Any) -> None:
    assert next(seen(day)).silent_s == 81.0


def test_incidents_that_were_not_told_or_told_as_two_are_counted(day: Any) -> None:
    first, second = seen(day)
    assert (first.incidents, first.lost, first.doubled) == (1, 0, 0)
    assert (second.incidents, second.lost, second.doubled) == (2, 1, 1)
    assert second.well_s is None and second.unwell == "it is ill"


def test_a_service_that_ended_by_itself_is_a_fault_and_so_is_one_that_stayed_away(day: Any) -> None:
    assert only_killed_start_again(day).faults == ["SIGKILL of it: it ended, too"]
    killing = Fault("kill-it", "SIGKILL of it", lambda hands: None, ends=("it",))
    day.played = [Played(killing, 100.0, restarts=("it",)), Played(killing, 200.0)]
    assert only_killed_start_again(day).faults == ["SIGKILL of it: it was not started again"]
