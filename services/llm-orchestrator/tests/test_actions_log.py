"""Actions on a log: proposed, decided, run once however processes break, taken back; quotas hold for all of them."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from prometheus_client import REGISTRY

from resonance_contracts.pb.resonance.v1 import detection_pb2
from resonance_contracts.pb.resonance.v1.people_pb2 import UserErased
from resonance_llm_orchestrator.actions import steps
from resonance_llm_orchestrator.actions.action import POLICY, Action, State
from resonance_llm_orchestrator.actions.book import Book
from resonance_llm_orchestrator.actions.errors import Failed, NotAllowed
from resonance_llm_orchestrator.actions.planning import planned
from resonance_llm_orchestrator.actions.policy import Policy
from resonance_llm_orchestrator.actions.worker import LEASE_US
from resonance_runtime.errors import Unavailable
from tests.support.acting import USER, Broke, Clock, Counting, Log, Process, alert, states


def policy(**limit: Any) -> Policy:
    """Limits alone, by an executor "it"."""
    automatic = limit.pop("automatic", False)
    return Policy.model_validate(
        {
            "expires_s": 600,
            "executors": {"it": {"kind": "gateway_limits"}},
            "actions": {"limit_user": {"executor": "it", **limit}},
            "rules": [{"name": "all", "propose": [{"action": "limit_user", "automatic": automatic}]}],
        }
    )


AUTOMATIC = {"automatic": True, "automatic_per_hour": 3, "automatic_share": 1.0}


async def by_hand(process: Process, decision: Any = steps.approved) -> Action:
    return await process.desk.step(process.only().id, lambda a: decision(a, "u_olga", "It is right.", process.clock()))


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


async def test_policy_approves_no_more_than_its_quota_in_an_hour_however_many_processes_look() -> None:
    log, clock, it = Log(), Clock(), Counting()
    many = [Process(log, clock, policy(**AUTOMATIC), {"it": it}, active=1000) for _ in range(3)]
    await many[0].raised(*(alert(alert_id=f"al_{i}", user_key=f"u_{i}") for i in range(10)))
    await asyncio.gather(*(process.look() for process in many))
    assert (len(it.runs), len(set(it.runs))) == (3, 3)
    assert sorted(states(log)) == ["proposed"] * 7 + ["succeeded"] * 3
    waiting = next(a for a in many[0].desk.book if a.state is State.PROPOSED)
    await many[1].desk.step(waiting.id, lambda a: steps.approved(a, "u_olga", "", clock()))
    await asyncio.gather(*(process.look() for process in many))
    assert len(set(it.runs)) == 4


async def test_approvals_by_policy_that_were_written_at_once_count_in_the_order_of_the_log() -> None:
    log, clock = Log(), Clock()
    one, two = (Process(log, clock, policy(**AUTOMATIC), active=1000) for _ in range(2))
    await one.raised(*(alert(alert_id=f"al_{i}", user_key=f"u_{i}") for i in range(6)))

    def take(action: Action) -> Action:
        return steps.approved(action, POLICY, "", clock())

    asked = [one.desk.step(a.id, take) for a in one.desk.book] + [two.desk.step(a.id, take) for a in two.desk.book]
    await asyncio.gather(*asked, return_exceptions=True)
    assert [a.state for a in one.desk.book] == [a.state for a in two.desk.book]
    assert sum(a.state is State.APPROVED for a in one.desk.book) == 3


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


@pytest.mark.parametrize(("active", "share", "expected"), [(0, 1.0, 0), (99, 0.01, 0), (100, 0.01, 1), (250, 0.01, 2)])
async def test_policy_touches_no_more_than_a_share_of_the_active_users(
    active: int, share: float, expected: int
) -> None:
    it = Counting()
    terms = {"automatic": True, "automatic_per_hour": 100, "automatic_share": share}
    one = Process(Log(), Clock(), policy(**terms), {"it": it}, active=active)
    await one.raised(*(alert(alert_id=f"al_{i}", user_key=f"u_{i}") for i in range(5)))
    await one.look()
    assert len(it.runs) == expected


async def test_no_more_proposals_wait_than_may() -> None:
    few = policy().model_copy(update={"most_waiting": 4})
    one = Process(Log(), Clock(), few)
    await one.raised(*(alert(alert_id=f"al_{i}") for i in range(10)))
    await one.raised(*(alert(alert_id=f"al_{i}") for i in range(10, 20)))
    assert one.desk.book.waiting == 4


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


def counted(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(name, labels) or 0.0


async def test_each_step_is_counted_once_by_whoever_took_it_and_the_success_rate_is_of_what_was_run() -> None:
    log, clock, it = Log(), Clock(), Counting()
    names = {
        "proposed": ("resonance_actions_proposed_total", {"action": "limit_user", "by": "policy"}),
        "decided": (
            "resonance_actions_decided_total",
            {"action": "limit_user", "decision": "approved", "by": "operator"},
        ),
        "done": ("resonance_actions_executed_total", {"action": "limit_user", "outcome": "succeeded"}),
        "failed": ("resonance_actions_executed_total", {"action": "limit_user", "outcome": "failed"}),
    }
    before = {name: counted(metric, **labels) for name, (metric, labels) in names.items()}
    both = [Process(log, clock, policy(), {"it": it}) for _ in range(2)]
    await both[0].raised(*(alert(alert_id=f"al_{i}") for i in range(4)))
    for action in list(both[0].desk.book):
        it.failure = Failed("No.") if action.subject.alert_id == "al_3" else None
        await both[1].desk.step(action.id, lambda a: steps.approved(a, "u_olga", "", clock()))
        await asyncio.gather(*(process.look() for process in both))
    later = await Process(log, clock, policy()).catch_up()
    await later.look()
    after = {name: counted(metric, **labels) - before[name] for name, (metric, labels) in names.items()}
    assert after == {"proposed": 4, "decided": 4, "done": 3, "failed": 1}
    assert counted("resonance_actions_success_ratio", action="limit_user") == 0.75
    assert counted("resonance_actions", state="succeeded") == 3


async def test_a_quota_that_is_used_up_is_counted_once_for_each_action() -> None:
    name, labels = "resonance_actions_over_quota_total", {"action": "limit_user"}
    before = counted(name, **labels)
    one = Process(Log(), Clock(), policy(**AUTOMATIC), {"it": Counting()}, active=1000)
    await one.raised(*(alert(alert_id=f"al_{i}") for i in range(5)))
    await one.look(5)
    assert counted(name, **labels) - before == 2


# -- as any log at all

TAKES: dict[str, Any] = {
    "approve": lambda a, now: steps.approved(a, "u_olga", "", now),
    "by policy": lambda a, now: steps.approved(a, POLICY, "", now),
    "reject": lambda a, now: steps.rejected(a, "u_olga", "", now),
    "expire": lambda a, now: steps.expired(a, "Late.", now),
    "claim": lambda a, now: steps.claimed(a, "me", 1_000_000, now),
    "prepare": lambda a, now: steps.prepared(a, {"before": 1}, now),
    "succeed": lambda a, now: steps.succeeded(a, "Done.", now),
    "fail": lambda a, now: steps.failed(a, "No.", now),
    "undo": lambda a, now: steps.undo_asked(a, "u_olga", "", now),
    "undone": lambda a, now: steps.undone(a, "Back.", now),
    "still": lambda a, now: steps.still_there(a, "No.", now),
}


def proposals(count: int, per_hour: int, active: int, share: float) -> list[Action]:
    terms = {"automatic": True, "automatic_per_hour": per_hour, "automatic_share": share}
    found = []
    for i in range(count):
        (subject,) = planned(alert(alert_id=f"al_{i}", user_key=f"u_{i}"), policy(**terms), active, Clock().us)
        found.append(steps.proposed(subject))
    return found


@settings(max_examples=150, deadline=None)
@given(data=st.data(), per_hour=st.integers(0, 3), active=st.integers(0, 400))
def test_whatever_is_written_in_whatever_order_all_readers_agree_and_quotas_hold(
    data: st.DataObject, per_hour: int, active: int
) -> None:
    starts, now = proposals(4, per_hour, active, 0.01), Clock().us
    written = list(starts)
    seen: list[Action] = []
    for _ in range(data.draw(st.integers(1, 40))):
        now += data.draw(st.sampled_from([0, 1, 30_000_000, 900_000_000]))
        base = data.draw(st.sampled_from(starts + seen))
        name = data.draw(st.sampled_from(["propose", *["by policy"] * 6, *TAKES]))
        try:
            step = base if name == "propose" else TAKES[name](base, now)
        except NotAllowed:
            continue
        seen.append(step)
        written += [replace(step, step_id=str(len(written)))] * data.draw(st.integers(1, 2))
    books = Book(), Book()
    counted = [step for step in written if books[0].take(step)]
    for step in written:
        books[1].take(step)
    assert list(books[0]) == list(books[1])
    of: dict[str, list[Action]] = {}
    for step in counted:
        of.setdefault(step.id, []).append(step)
    for trail in of.values():
        assert [step.revision for step in trail] == list(range(1, len(trail) + 1))
        assert all(b.state in steps.FOLLOWS[a.state] for a, b in pairwise(trail))
        assert trail[-1].state is not State.SUCCEEDED or any(step.state is State.APPROVED for step in trail)
    automatic = [s.changed_us for s in counted if s.state is State.APPROVED and s.decided_by == POLICY]
    assert all(sum(at - 3_600_000_000 < one <= at for one in automatic) <= per_hour for at in automatic)
    assert not automatic or active >= 100
