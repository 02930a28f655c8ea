"""Actions within incidents, through a broker and Redis: kept with their incident, found by it, forgotten with it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from resonance_contracts.pb.resonance.v1 import action_pb2, people_pb2
from resonance_contracts.topics import ACTIONS_CHANGED, USERS_ERASED
from resonance_llm_orchestrator.telling.index import IncidentIndex, Search
from resonance_runtime.records import Outgoing
from tests.support.broker import embedded_broker
from tests.support.telling import MakeAlert, Scene, scene_on
from tests.support.waiting import PATIENCE_S, Eventually

pytestmark = pytest.mark.embedded

USER, OPERATOR = "u_erased5678901234567890123", "u_operator"


@pytest.fixture(scope="module")
def bootstrap() -> Iterator[str]:
    with embedded_broker() as address:
        yield address


@pytest.fixture
async def scene(bootstrap: str, redis_url: str, tmp_path: Path, alert: MakeAlert) -> AsyncIterator[Scene]:
    async with scene_on(bootstrap, redis_url, tmp_path, alert) as found:
        yield found


@pytest.fixture
async def index(redis_url: str) -> AsyncIterator[IncidentIndex]:
    found = IncidentIndex(redis_url)
    yield found
    await found.close()


async def act(scene: Scene, alert_id: str, revision: int, state: int, kind: str = "limit_user", user: str = "") -> None:
    """An action takes a step, as `actions.changed` tells it."""
    action = action_pb2.Action(
        action_id=f"ac_{alert_id}_{kind}", revision=revision, state=action_pb2.ActionState.Name(state), kind=kind,
        alert_id=alert_id, user_key=user, order=1, proposed_us=5, changed_us=5 + revision, runner="r", step_id="s",
        decided_by=OPERATOR if revision > 1 else "", decided_us=5,
        texts=[action_pb2.ActionText(language="en", title="Limit the user", reason="A flood.", consequences="One.")],
    )  # fmt: skip
    id_ = f"{action.action_id}/{revision}"
    await scene.runtime.publisher.send(Outgoing(ACTIONS_CHANGED, action, id_, 5, key=action.action_id.encode()))


def state_of(scene: Scene, alert_id: str) -> list[int]:
    """States of an incident's actions, as its newest record has them."""
    incident = scene.incidents.get(alert_id)
    return [] if incident is None else [action.state for action in incident.actions]


async def found(index: IncidentIndex, **facets: str) -> list[str]:
    incidents, _ = await index.search(Search(facets, 0, 2**62, 10))
    return [incident.alert_id for incident in incidents]


async def until_found(index: IncidentIndex, ids: list[str], **facets: str) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while await found(index, **facets) != ids:
            await asyncio.sleep(0.02)


async def test_an_action_is_found_with_its_incident_whichever_of_both_comes_first_and_after_redis_lost_it(
    scene: Scene, index: IncidentIndex, eventually: Eventually
) -> None:
    await act(scene, "acted", 1, action_pb2.ACTION_STATE_PROPOSED)
    await scene.tell("acted", kind="acted_kind")
    await eventually(lambda: state_of(scene, "acted") == [action_pb2.ACTION_STATE_PROPOSED])
    await until_found(index, ["acted"], action="limit_user", action_state="proposed")
    await act(scene, "acted", 2, action_pb2.ACTION_STATE_SUCCEEDED)
    await act(scene, "acted", 1, action_pb2.ACTION_STATE_PROPOSED, kind="page_on_call_engineer")
    await until_found(index, ["acted"], action_in_state="limit_user/succeeded")
    await until_found(index, ["acted"], action_in_state="page_on_call_engineer/proposed")
    assert await found(index, action_in_state="limit_user/proposed") == []
    assert await found(index, action_in_state="page_on_call_engineer/succeeded") == []
    (kept,) = await index.find(["acted"])
    assert [(one.runner, one.step_id, one.texts[0].title) for one in kept.actions] == [("", "", "Limit the user")] * 2
    await index._redis.flushall()
    await until_found(index, ["acted"], action_in_state="limit_user/succeeded")


async def test_what_was_done_while_nobody_told_of_incidents_is_taken_by_whoever_begins(
    scene: Scene, index: IncidentIndex, eventually: Eventually
) -> None:
    await scene.tell("alone", kind="alone_kind")
    await eventually(lambda: "alone" in scene.incidents)
    await scene.leave()
    await act(scene, "alone", 1, action_pb2.ACTION_STATE_PROPOSED)
    await scene.end()
    await scene.begin("two")
    await eventually(lambda: state_of(scene, "alone") == [action_pb2.ACTION_STATE_PROPOSED])
    await until_found(index, ["alone"], kind="alone_kind", action_state="proposed")


async def test_of_a_person_who_was_erased_neither_actions_nor_decisions_are_left(
    scene: Scene, index: IncidentIndex, eventually: Eventually
) -> None:
    await scene.tell("of-person", kind="person_kind", user_key=USER, last_received_us=5)
    await scene.tell("of-other", kind="other_kind")
    await act(scene, "of-person", 1, action_pb2.ACTION_STATE_PROPOSED, user=USER)
    await act(scene, "never-came", 1, action_pb2.ACTION_STATE_PROPOSED, user=USER)
    await act(scene, "of-other", 2, action_pb2.ACTION_STATE_APPROVED)
    await until_found(index, ["of-other"], operator=OPERATOR, kind="other_kind")
    await eventually(lambda: bool(state_of(scene, "of-person")))
    for user in (USER, OPERATOR):
        erased = people_pb2.UserErased(user_key=user, erased_us=10, erasure_id=user)
        await scene.runtime.publisher.send(Outgoing(USERS_ERASED, erased, user, 10, user_key=user))
    await eventually(lambda: "of-person" in scene.gone)
    await until_found(index, [], operator=OPERATOR)
    assert await index.find(["of-person"]) == [] and await found(index, user=USER) == []
    assert [action.decided_by for action in scene.incidents["of-other"].actions] == [""]
    # What is read again of both says no more than is left.
    await act(scene, "of-person", 2, action_pb2.ACTION_STATE_REJECTED, user=USER)
    await act(scene, "of-other", 3, action_pb2.ACTION_STATE_SUCCEEDED)
    await eventually(lambda: state_of(scene, "of-other") == [action_pb2.ACTION_STATE_SUCCEEDED])
    assert [action.decided_by for action in scene.incidents["of-other"].actions] == [""]
    await scene.tell("never-came", kind="never_kind", user_key="u_somebody")
    await eventually(lambda: "never-came" in scene.incidents)
    assert state_of(scene, "never-came") == [] and await index.find(["of-person"]) == []
