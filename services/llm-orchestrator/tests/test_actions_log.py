"""Actions on a log: proposed, decided, run once however processes break, taken back."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from resonance_contracts.pb.resonance.v1 import detection_pb2
from resonance_contracts.pb.resonance.v1.people_pb2 import UserErased
from resonance_llm_orchestrator.actions import steps
from resonance_llm_orchestrator.actions.action import State
from resonance_llm_orchestrator.actions.errors import Failed, NotAllowed
from resonance_llm_orchestrator.actions.policy import Policy
from resonance_llm_orchestrator.actions.worker import LEASE_US
from resonance_runtime.errors import Unavailable
from tests.support.acting import USER, Broke, Clock, Counting, Log, Process, alert
from tests.support.acting_policy import AUTOMATIC, by_hand, policy


async def test_an_action_is_proposed_waits_for_a_person_is_run_and_taken_back() -> None:
    log, clock, it = Log(), Clock(), Counting()
    one = Process(log, clock, policy(), {"it": it})
    await one.raised(alert())
    await one.look()
    assert (one.only().state, it.runs) == (State.PROPOSED, [])
    await by_hand(one)
    await one.look()
    assert (one.only().state, one.only().outcome, len(it.runs)) == (State.SUCCEEDED, "Done.", 1)
    await by_hand(one, steps.undo_asked)
    await one.look()
    assert (one.only().state, it.done) == (State.UNDONE, set())
    trail = [(a.previous, a.action.state, a.action.decided_by, a.action.decided_why) for a in log.audited()]
    assert [state for _, state, *_ in trail] == [1, 2, 5, 6, 8, 8, 9]
    assert [previous for previous, *_ in trail] == [0, 1, 2, 5, 6, 8, 8]
    assert {who for _, state, who, _ in trail if state == 2} == {"u_olga"}
    assert {why for _, state, _, why in trail if state == 2} == {"It is right."}
    (kept,) = log.kept().values()
    assert (kept.state, kept.revision) == (9, 7)


async def test_the_same_incident_again_proposes_nothing_new() -> None:
    log, clock = Log(), Clock()
    one, two = (Process(log, clock, policy()) for _ in range(2))
    await one.raised(alert())
    await two.raised(alert())
    await one.raised(alert(revision=2))
    assert len(log.audited()) == 1


async def test_a_higher_severity_proposes_what_is_new_for_it() -> None:
    log, clock = Log(), Clock()
    one = Process(log, clock, Policy.model_validate({"rules": [
        {"name": "all", "propose": [{"action": "notify_devops_team"}]},
        {"name": "grave", "min_severity": "critical", "propose": [{"action": "page_on_call_engineer"}]},
    ]}))  # fmt: skip
    await one.raised(alert(severity=detection_pb2.SEVERITY_LOW))
    await one.raised(alert(revision=2))
    assert [a.subject.kind for a in one.desk.book] == ["notify_devops_team", "page_on_call_engineer"]


async def test_what_becomes_graver_after_hours_is_as_new_as_its_rise() -> None:
    log, clock = Log(), Clock()
    one = Process(log, clock, policy())
    before_us, now_us = clock() - 10 * 3600 * 1_000_000, clock()
    old, new = (
        alert(alert_id=f"rose-{at}", last_received_us=before_us, rises=[detection_pb2.Rise(last_received_us=at)])
        for at in (before_us, now_us)
    )
    await one.raised(alert(alert_id="long-ago", last_received_us=before_us), old, new)
    assert [action.subject.alert_id for action in one.desk.book] == [new.alert_id]


@pytest.mark.parametrize(
    "changes",
    [
        {"stream": "replay"},
        {"severity": detection_pb2.SEVERITY_LOW},
        {"last_received_us": 1},
        {"state": detection_pb2.ALERT_STATE_RESOLVED},
        {"severity": 0},
        {"severity": 77},
        {"alert_id": ""},
        {"opened_us": 0},
    ],
)
async def test_nothing_is_proposed_for_replays_what_is_too_small_old_or_over(changes: dict[str, Any]) -> None:
    one = Process(Log(), Clock(), policy())
    await one.raised(alert(**changes))
    assert len(one.desk.book) == 0


async def test_a_proposal_ends_when_nobody_decides_or_its_incident_is_over() -> None:
    for later in ("time", "over"):
        clock = Clock()
        one = Process(Log(), clock, policy(), {"it": Counting()})
        await one.raised(alert())
        if later == "time":
            clock.pass_s(601)
        else:
            one.incidents.take(alert(revision=5, state=detection_pb2.ALERT_STATE_RESOLVED))
        await one.look()
        assert one.only().state is State.EXPIRED
        with pytest.raises(NotAllowed, match="expired"):
            await by_hand(one)


async def test_what_was_approved_is_not_run_once_its_incident_is_over_or_slight() -> None:
    for change in ({"state": detection_pb2.ALERT_STATE_RESOLVED}, {"severity": detection_pb2.SEVERITY_LOW}):
        it = Counting()
        one = Process(Log(), Clock(), policy(), {"it": it})
        await one.raised(alert())
        await by_hand(one)
        one.incidents.take(alert(revision=5, **change))
        await one.look()
        assert (one.only().state, it.runs) == (State.EXPIRED, [])
        assert "over" in one.only().decided_why or "severity" in one.only().decided_why


async def test_a_decision_after_its_time_is_refused_even_before_anybody_looked() -> None:
    clock = Clock()
    one = Process(Log(), clock, policy())
    await one.raised(alert())
    clock.pass_s(600)
    with pytest.raises(NotAllowed, match="in time"):
        await by_hand(one)


async def test_of_two_decisions_at_once_the_first_counts_and_the_other_hears_of_it() -> None:
    log, clock = Log(), Clock()
    one, two = (Process(log, clock, policy(), {"it": Counting()}) for _ in range(2))
    await one.raised(alert())
    done = await asyncio.gather(by_hand(one), by_hand(two, steps.rejected), return_exceptions=True)
    assert sorted(type(d).__name__ for d in done) == ["Action", "NotAllowed"]
    assert one.only() == two.only()
    assert one.only().state in (State.APPROVED, State.REJECTED)


async def test_two_processes_that_look_at_once_run_an_action_once() -> None:
    log, clock, it = Log(), Clock(), Counting()
    both = [Process(log, clock, policy(), {"it": it}) for _ in range(2)]
    await both[0].raised(alert())
    await by_hand(both[0])
    await asyncio.gather(*(process.look() for process in both))
    assert len(it.runs) == 1
    assert {process.only().state for process in both} == {State.SUCCEEDED}


async def test_what_failed_says_why_and_a_person_may_let_it_run_once_more() -> None:
    log, clock, it = Log(), Clock(), Counting()
    one = Process(log, clock, policy(), {"it": it})
    it.failure = Failed("The webhook it answered with 500.")
    await one.raised(alert())
    await by_hand(one)
    await one.look()
    assert (one.only().state, one.only().outcome) == (State.FAILED, "The webhook it answered with 500.")
    it.failure = None
    await by_hand(one)
    await one.look()
    assert (one.only().state, it.runs) == (State.SUCCEEDED, [one.only().id] * 2)


async def test_what_cannot_be_taken_back_stays_as_it_is_and_says_why() -> None:
    one = Process(Log(), Clock(), policy(), {"it": (it := Counting())})
    await one.raised(alert())
    await by_hand(one)
    await one.look()
    it.failure = Failed("Somebody else scaled it.")
    await by_hand(one, steps.undo_asked)
    await one.look()
    assert (one.only().state, one.only().outcome) == (State.SUCCEEDED, "Somebody else scaled it.")


async def test_a_limit_ends_by_itself() -> None:
    log, clock = Log(), Clock()
    one = Process(log, clock, policy(), {"it": Counting()})
    await one.raised(alert())
    await by_hand(one)
    await one.look()
    clock.pass_s(899)
    await one.look()
    assert one.only().state is State.SUCCEEDED
    clock.pass_s(1)
    await one.look()
    assert (one.only().state, one.only().outcome) == (State.UNDONE, "It ended by itself.")


async def test_a_dry_run_asks_no_executor() -> None:
    one = Process(Log(), Clock(), policy(dry_run=True), {"it": (it := Counting())})
    await one.raised(alert())
    await by_hand(one)
    await one.look()
    assert (one.only().state, it.runs) == (State.SUCCEEDED, [])
    assert one.only().outcome == "Dry run: nothing was done."


async def test_what_never_comes_to_an_end_is_left_alone_after_three_times() -> None:
    log, clock, it = Log(), Clock(), Counting()
    one = Process(log, clock, policy(), {"it": it})
    it.failure = Unavailable("The broker is away.")
    await one.raised(alert())
    await by_hand(one)
    for _ in range(5):
        await one.look()
        clock.us += LEASE_US
    assert len(it.runs) == 3
    assert (one.only().state, "3 times" in one.only().outcome) == (State.FAILED, True)


@pytest.mark.parametrize("stored", [True, False], ids=["stored", "lost"])
@pytest.mark.parametrize("after", range(1, 8))
async def test_a_process_that_breaks_between_any_two_sends_loses_and_doubles_nothing(after: int, stored: bool) -> None:
    log, clock, it = Log(breaks_at=after, stored=stored), Clock(), Counting()
    it.memo = {"before": 1.0}
    broke = 0
    for _ in range(4):
        one = await Process(log, clock, policy(**AUTOMATIC), {"it": it}, active=100).catch_up()
        try:
            await one.raised(alert())
            await one.look(6)
            break
        except Broke:
            broke += 1
            clock.us += LEASE_US
    assert broke == 1, "it broke where it was to"
    final = await Process(log, clock, policy()).catch_up()
    assert (final.only().state, it.done) == (State.SUCCEEDED, {final.only().id})
    assert len(it.runs) <= 2 and set(it.runs) == {final.only().id}
    assert len({a.action.action_id for a in log.audited()}) == 1
    clock.pass_s(6)
    await final.desk.tell(caught_up=True)
    assert [kept.state for kept in log.kept().values()] == [int(State.SUCCEEDED)]


async def test_a_repeat_does_what_was_prepared_for_the_first_run() -> None:
    log, clock, it = Log(), Clock(), Counting()
    one = Process(log, clock, policy(), {"it": it})
    await one.raised(alert())
    await by_hand(one)
    it.memo, it.failure = {"replicas_before": 2.0, "replicas_after": 3.0}, Unavailable("The broker is away.")
    await one.look()
    it.memo, it.failure = {"replicas_before": 3.0, "replicas_after": 4.0}, None
    clock.us += LEASE_US
    await one.look()
    assert it.memos == [{"replicas_before": 2.0, "replicas_after": 3.0}] * 2


async def test_nothing_is_known_or_done_about_a_user_who_was_erased() -> None:
    log, clock, it = Log(), Clock(), Counting()
    one = Process(log, clock, policy(), {"it": it})
    await one.raised(alert())
    await by_hand(one)
    await one.desk.tell(caught_up=True)
    one.erasures.take(UserErased(user_key=USER, erased_us=clock() + 1))
    await one.look()
    assert (list(one.desk.book), it.runs, log.kept()) == ([], [], {})
    later = Process(log, clock, policy(), {"it": it})
    later.erasures.take(UserErased(user_key=USER, erased_us=clock() + 1))
    await later.catch_up()
    assert list(later.desk.book) == []


async def test_a_broker_that_is_away_takes_no_step() -> None:
    log, clock = Log(), Clock()
    one = Process(log, clock, policy())
    await one.raised(alert())
    log.away = True
    with pytest.raises(Unavailable):
        await by_hand(one)
    log.away = False
    assert one.only().state is State.PROPOSED
    await by_hand(one)
    assert one.only().state is State.APPROVED
