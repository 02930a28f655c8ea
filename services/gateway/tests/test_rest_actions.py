"""`/ml/actions` over a real socket; the orchestrator's own code answers, and what it decides is in force here."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from resonance_contracts.pb.resonance.v1 import detection_pb2, operations_pb2, request_pb2
from resonance_contracts.pb.resonance.v1.people_pb2 import UserErased
from resonance_contracts.topics import LIMITS_ADJUSTED, TASKS_REQUESTED
from resonance_gateway.people.pseudonyms import Pseudonyms
from resonance_llm_orchestrator.actions.executors.gateway_limits import GatewayLimits
from resonance_llm_orchestrator.actions.policy import read_policy
from resonance_llm_orchestrator.actions.records import message_of
from resonance_llm_orchestrator.tasks.answering import Answering
from resonance_runtime.errors import Problem
from resonance_runtime.records import Record
from tests.support.acting import Clock, Log, Process, alert

PSEUDONYMS = Pseudonyms("a key of pseudonyms for tests, long enough")
ALICE, OLGA = PSEUDONYMS.user("alice"), PSEUDONYMS.user("olga")


@pytest.fixture
async def orchestrator(running):
    """The orchestrator's part, whose answers the gateway gets; limits are carried out, all else is a dry run."""
    log, clock = Log(), Clock()
    clock.us = running.gateway.clock.now_us()
    process = Process(log, clock, read_policy(None), active=500)
    executor = GatewayLimits(log.send_all, process.desk.book.limiting, clock)
    process.worker._executors = {"limits": executor}
    answering = Answering(process.handlers(), log.send_all, concurrency=1)

    async def ask(topic: Any, question: Any, answer: Any, timeout_s: float) -> Any:
        assert (topic, answer) == (TASKS_REQUESTED, request_pb2.TaskReply)
        said = await answering.answer(question, timeout_s)
        if isinstance(said, Problem):
            raise said
        return said

    async def raised(**changes: Any) -> None:
        await process.raised(alert(user_key=ALICE, last_received_us=clock(), opened_us=clock(), **changes))
        for action in process.desk.book:
            running.gateway.actions.take(message_of(action))

    async def carry_out() -> None:
        await process.look()
        for action in process.desk.book:
            running.gateway.actions.take(message_of(action))
        await running.gateway.limits.handle(limit_records(log))

    running.gateway._requester.ask = ask
    return SimpleNamespace(process=process, log=log, clock=clock, raised=raised, carry_out=carry_out)


def limit_records(log: Log) -> list[Record[Any]]:
    return [Record(LIMITS_ADJUSTED, 0, 0, "", 0, None, limit, {}) for limit in log.limits()]


@pytest.fixture
def ask(running, operator):
    async def send(method, path, body=None, status=200, headers=operator, **more):
        response = await running.client.request(method, path, json=body, headers={**headers, **more})
        answer = await response.json()
        assert response.status == status, answer
        return answer

    return send


async def test_the_plan_of_an_incident_is_listed_in_its_order_with_reasons_in_both_languages(orchestrator, ask):
    await orchestrator.raised()
    listed = await ask("GET", "/ml/actions?alert_id=al_1&state=proposed")
    assert [one["kind"] for one in listed["actions"]] == [
        "limit_user", "trigger_auto_scaling", "page_on_call_engineer", "notify_devops_team", "create_incident_ticket",
    ]  # fmt: skip
    assert [one["order"] for one in listed["actions"]] == [1, 2, 3, 4, 5]
    assert [one["dry_run"] for one in listed["actions"]] == [False, True, True, True, True]
    first = listed["actions"][0]
    assert first["title"] == "Limit the user for 15 min: 1 a second, 5 at once"
    assert first["reason"].endswith("severity critical.")
    assert (first["users_touched"], first["users_active"], first["proposed_by"]) == (1, 500, "policy")
    russian = await ask("GET", f"/ml/actions/{first['action_id']}", **{"Accept-Language": "ru"})
    assert russian["title"].startswith("Ограничить пользователя") and "критическая" in russian["reason"]


async def test_an_operator_approves_and_the_limit_of_the_action_is_in_force_before_the_models(
    orchestrator, ask, running
):
    await orchestrator.raised()
    model = operations_pb2.LimitAdjusted(
        user_key=ALICE, source=operations_pb2.LIMIT_SOURCE_MODEL, rate=50, burst=100, reason="The model's.",
        adjusted_us=orchestrator.clock(), expires_us=orchestrator.clock() + 10**9,
    )  # fmt: skip
    await running.gateway.limits.handle([Record(LIMITS_ADJUSTED, 0, 0, "", 0, None, model, {})])
    assert (await ask("GET", "/ml/limits/alice"))["source"] == "model"
    (first, *_) = (await ask("GET", "/ml/actions"))["actions"]
    approved = await ask("POST", f"/ml/actions/{first['action_id']}/approve", {"reason": "It is spam."})
    assert (approved["state"], approved["decided_by"], approved["decided_why"]) == ("approved", OLGA, "It is spam.")
    await orchestrator.carry_out()
    assert (await ask("GET", f"/ml/actions/{first['action_id']}"))["state"] == "succeeded"
    limits = await ask("GET", "/ml/limits/alice")
    assert (limits["source"], limits["rate"], limits["burst"]) == ("action", 1, 5)
    assert [one["source"] for one in limits["adjustments"]] == ["action", "model"]
    # A later word of the model changes nothing, an operator's does.
    model.adjusted_us += 1
    await running.gateway.limits.handle([Record(LIMITS_ADJUSTED, 0, 0, "", 0, None, model, {})])
    assert (await ask("GET", "/ml/limits/alice"))["source"] == "action"
    by_hand = await ask("PUT", "/ml/limits/alice", {"rate": 7, "burst": 7, "reason": "Looked at it."})
    assert (by_hand["source"], by_hand["rate"]) == ("operator", 7)
    undone = await ask("POST", f"/ml/actions/{first['action_id']}/undo", {"reason": "Not spam."})
    assert undone["state"] == "undoing"
    await orchestrator.carry_out()
    assert (await ask("GET", f"/ml/actions/{first['action_id']}"))["state"] == "undone"
    assert (await ask("GET", "/ml/limits/alice"))["source"] == "model"


async def test_a_block_is_in_force_before_a_limit_and_the_limit_again_when_it_is_taken_back(orchestrator, ask):
    await orchestrator.raised()
    block = await ask("POST", "/ml/actions", {"alert_id": "al_1", "kind": "block_user", "reason": "Now."}, 201)
    assert (block["proposed_by"], block["proposed_why"], block["order"]) == (OLGA, "Now.", 6)
    limit = next(a for a in (await ask("GET", "/ml/actions"))["actions"] if a["kind"] == "limit_user")
    for one in (block, limit):
        await ask("POST", f"/ml/actions/{one['action_id']}/approve", {})
        await orchestrator.carry_out()
    assert (await ask("GET", "/ml/limits/alice"))["blocked"] is True
    await ask("POST", f"/ml/actions/{block['action_id']}/undo", {})
    await orchestrator.carry_out()
    limits = await ask("GET", "/ml/limits/alice")
    assert (limits["blocked"], limits["source"], limits["rate"]) == (False, "action", 1)


async def test_the_same_proposal_again_is_the_one_that_is_there(orchestrator, ask):
    await orchestrator.raised()
    body = {"alert_id": "al_1", "kind": "limit_user", "parameters": {"rate": 3}, "dry_run": True}
    first, again = [await ask("POST", "/ml/actions", body, 201) for _ in range(2)]
    assert (first["action_id"], first["revision"]) == (again["action_id"], 1)
    assert (first["dry_run"], first["parameters"]["rate"], first["parameters"]["lasts_s"]) == (True, 3, 900)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"kind": "limit_user"}, 422),
        ({"alert_id": "al_1", "kind": "delete_user"}, 422),
        ({"alert_id": "al_1", "kind": "limit_user", "parameters": {"rate": 0}}, 422),
        ({"alert_id": "al_1", "kind": "limit_user", "parameters": {"rate": 1e9}}, 422),
        ({"alert_id": "al_1", "kind": "limit_user", "parameters": {"colour": 1}}, 422),
        ({"alert_id": "al_1", "kind": "limit_user", "parameters": {"lasts_s": 60.5}}, 422),
        ({"alert_id": "al_1", "kind": "limit_user", "reason": "x" * 501}, 422),
        ({"alert_id": "al_9", "kind": "limit_user"}, 404),
        ({"alert_id": "al_low", "kind": "block_user"}, 409),
    ],
)
async def test_what_is_not_in_the_catalogue_or_not_for_the_incident_is_refused_with_a_sentence(
    orchestrator, ask, body, status
):
    await orchestrator.raised()
    await orchestrator.raised(alert_id="al_low", severity=detection_pb2.SEVERITY_LOW)
    known = len(orchestrator.process.desk.book)
    assert (await ask("POST", "/ml/actions", body, status))["detail"].endswith(".")
    assert len(orchestrator.process.desk.book) == known


async def test_what_was_decided_is_not_decided_again_and_what_is_unknown_is_not_found(orchestrator, ask):
    await orchestrator.raised()
    (first, *_) = (await ask("GET", "/ml/actions"))["actions"]
    await ask("POST", f"/ml/actions/{first['action_id']}/reject", {"reason": "It is a test."})
    problem = await ask("POST", f"/ml/actions/{first['action_id']}/approve", {}, 409)
    assert problem["detail"] == "It is rejected; approved cannot follow."
    missing = "ac_" + "0" * 32
    await ask("GET", f"/ml/actions/{missing}", status=404)
    await ask("POST", f"/ml/actions/{missing}/undo", {}, 404)
    await ask("GET", "/ml/actions/ac_1", status=400)


async def test_an_incident_that_is_over_lets_nobody_be_limited(orchestrator, ask):
    await orchestrator.raised()
    (first, *_) = (await ask("GET", "/ml/actions"))["actions"]
    orchestrator.process.incidents.take(alert(revision=9, user_key=ALICE, state=detection_pb2.ALERT_STATE_RESOLVED))
    problem = await ask("POST", f"/ml/actions/{first['action_id']}/approve", {}, 409)
    assert "this one is over" in problem["detail"]


async def test_viewers_read_pseudonyms_and_decide_nothing(orchestrator, ask, viewer, running):
    await orchestrator.raised()
    running.gateway._directory.learn(ALICE, "alice")
    (first, *_) = (await ask("GET", "/ml/actions", headers=viewer))["actions"]
    assert (first["user_key"], first["user_id"]) == (ALICE, None)
    assert (await ask("GET", "/ml/actions"))["actions"][0]["user_id"] == "alice"
    for decision in ("approve", "reject", "undo"):
        await ask("POST", f"/ml/actions/{first['action_id']}/{decision}", {}, 403, viewer)
    await ask("POST", "/ml/actions", {"alert_id": "al_1", "kind": "limit_user"}, 403, viewer)


async def test_actions_are_found_by_kind_state_user_and_time_together(orchestrator, ask):
    await orchestrator.raised()
    began_us = orchestrator.clock()
    orchestrator.clock.pass_s(10)
    await orchestrator.raised(alert_id="al_2")

    async def found(query: str) -> list[tuple[str, str]]:
        answer = await ask("GET", f"/ml/actions?{query}")
        return [(one["alert_id"], one["kind"]) for one in answer["actions"]]

    assert await found("kind=limit_user") == [("al_2", "limit_user"), ("al_1", "limit_user")]
    assert await found(f"kind=limit_user&from_us={began_us + 1}") == [("al_2", "limit_user")]
    assert await found(f"kind=limit_user&user=alice&until_us={began_us + 1}") == [("al_1", "limit_user")]
    assert await found(f"kind=limit_user&user={ALICE}&alert_id=al_1") == [("al_1", "limit_user")]
    assert await found("user=bob") == [] and await found("kind=block_user") == []
    assert await found("kind=limit_user&state=succeeded") == []
    assert len(await found("user=alice&state=proposed")) == 10
    await ask("GET", "/ml/actions?kind=delete_user", status=400)


async def test_pages_neither_repeat_nor_skip(orchestrator, ask):
    for i in range(3):
        await orchestrator.raised(alert_id=f"al_{i}")
        orchestrator.clock.pass_s(1)
    seen, cursor = [], ""
    while cursor is not None:
        answer = await ask("GET", f"/ml/actions?limit=4{cursor and '&cursor=' + cursor}")
        seen += [one["action_id"] for one in answer["actions"]]
        cursor = answer["next_cursor"]
    assert len(seen) == len(set(seen)) == len(orchestrator.process.desk.book)


async def test_nothing_is_listed_of_a_user_who_was_erased(orchestrator, ask, running):
    await orchestrator.raised()
    running.gateway.actions._erasures.take(UserErased(user_key=ALICE, erased_us=orchestrator.clock() + 1))
    assert (await ask("GET", "/ml/actions"))["count"] == 0
