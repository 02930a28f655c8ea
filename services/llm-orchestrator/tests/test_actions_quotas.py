"""What runs without a person, within quotas that hold for all processes together, and what is counted of it."""

from __future__ import annotations

import asyncio

import pytest
from prometheus_client import REGISTRY

from resonance_llm_orchestrator.actions import steps
from resonance_llm_orchestrator.actions.action import POLICY, Action, State
from resonance_llm_orchestrator.actions.errors import Failed
from tests.support.acting import Clock, Counting, Log, Process, alert, states
from tests.support.acting_policy import AUTOMATIC, policy


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
