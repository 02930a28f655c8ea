"""The life of an incident: words, verdicts and actions, put together from what is said of it."""

from __future__ import annotations

import pytest

from resonance_contracts.pb.resonance.v1 import action_pb2, incident_pb2, operations_pb2
from resonance_llm_orchestrator.notifying import incidents
from resonance_llm_orchestrator.notifying.incidents import MOST_ACTIONS
from resonance_llm_orchestrator.notifying.labels import labels_of
from resonance_llm_orchestrator.telling.facets import facets_of
from tests.support.notifying import MakeAlert, Scene

PROPOSED, REJECTED = action_pb2.ACTION_STATE_PROPOSED, action_pb2.ACTION_STATE_REJECTED


@pytest.fixture
def scene(alert: MakeAlert) -> Scene:
    return Scene(alert)


def test_the_same_alert_again_and_words_of_an_earlier_stage_change_nothing(scene: Scene) -> None:
    scene.comes("a", revision=2)
    version = scene.incidents["a"].version
    scene.comes("a", revision=2)
    scene.comes("a", revision=1)
    assert scene.incidents["a"].version == version
    scene.ends("a")
    scene.comes("a", revision=2)
    assert scene.incidents["a"].state == incident_pb2.INCIDENT_STATE_RESOLVED


def test_verdicts_are_kept_with_the_incident_the_newest_last_and_repeats_once(scene: Scene) -> None:
    scene.comes("a")
    for given_us in (1, 2, 2, 1):
        given = operations_pb2.FeedbackGiven(alert_id="a", given_us=given_us, true_alarm=True, alert=scene.alert())
        scene.desk.verdict(given, scene.now)
    scene.store()
    assert [verdict.given_us for verdict in scene.incidents["a"].verdicts] == [1, 2]
    assert not scene.incidents["a"].verdicts[0].HasField("alert")


def test_an_incident_that_is_forgotten_is_told_of_no_more_and_leaves_only_its_id(scene: Scene) -> None:
    scene.comes("a")
    scene.desk.forget("a", scene.now)
    scene.store()
    assert scene.after(3600) == []
    left = scene.incidents["a"]
    assert left.state == incident_pb2.INCIDENT_STATE_FORGOTTEN and not left.HasField("enriched")


def test_an_incident_of_a_later_version_has_labels_too(scene: Scene) -> None:
    scene.comes("a")
    later = scene.incidents["a"]
    later.severity, later.enriched.alert.detector = 99, 99  # open enums
    assert labels_of(later) | {"severity": "critical", "detector": "model"} == labels_of(later)
    assert ("severity", "critical") in facets_of(later)


def action(number: int, revision: int = 1, state: int = PROPOSED, **fields: object) -> action_pb2.Action:
    """The action of this place in the plan of incident "a"."""
    given = {"alert_id": "a", "kind": "limit_user", "order": number, "changed_us": 10 * number + revision} | fields
    return action_pb2.Action(
        action_id=f"ac_{number}", revision=revision, state=action_pb2.ActionState.Name(state), **given
    )


def kept(scene: Scene) -> list[tuple[str, int]]:
    """Actions of the incident "a" as it is stored, with their revisions."""
    scene.store()
    return [(one.action_id, one.revision) for one in scene.incidents["a"].actions]


def test_the_newest_state_of_each_action_is_kept_in_the_order_of_the_plan(scene: Scene) -> None:
    scene.comes("a")
    for one in (action(2), action(1, 2, REJECTED), action(1), action(2, 3), action(2, 2)):
        scene.desk.acted(one, scene.now)
    assert kept(scene) == [("ac_1", 2), ("ac_2", 3)]
    version = scene.incidents["a"].version
    scene.desk.acted(action(2, 3), scene.now)
    assert not scene.desk.unstored and scene.incidents["a"].version == version


def test_actions_that_come_before_their_incident_wait_for_it_and_only_for_it(scene: Scene) -> None:
    scene.desk.acted(action(1, 2), scene.now)
    scene.desk.acted(action(1), scene.now)
    scene.comes("b")
    assert not scene.incidents["b"].actions
    scene.comes("a")
    assert kept(scene) == [("ac_1", 2)]


def test_of_more_actions_than_there_is_room_for_those_go_first_that_are_over(scene: Scene) -> None:
    scene.comes("a")
    for number in range(MOST_ACTIONS):
        scene.desk.acted(action(number, state=PROPOSED if number % 2 else REJECTED), scene.now)
    for number in range(100, 103):
        scene.desk.acted(action(number), scene.now)
    left = [id_ for id_, _ in kept(scene)]
    assert len(left) == MOST_ACTIONS
    assert {"ac_0", "ac_2", "ac_4"}.isdisjoint(left) and {"ac_1", "ac_6", "ac_102"} <= set(left)


def test_what_executors_alone_need_is_not_kept_with_the_incident(scene: Scene) -> None:
    scene.comes("a")
    scene.desk.acted(action(1, memo={"replicas": 2.0}, runner="r", lease_until_us=7, step_id="s"), scene.now)
    scene.store()
    (shown,) = scene.incidents["a"].actions
    assert (dict(shown.memo), shown.runner, shown.lease_until_us, shown.step_id) == ({}, "", 0, "")


def test_an_incident_that_was_forgotten_takes_no_actions(scene: Scene) -> None:
    scene.comes("a")
    scene.desk.forget("a", scene.now)
    left = scene.desk.unstored["a"]
    assert incidents.with_action(left, action(1), scene.now) is None


def test_actions_are_there_after_a_death_and_nobody_is_told_twice_for_them(scene: Scene) -> None:
    scene.comes("a")
    scene.after(31)
    scene.desk.acted(action(1), scene.now)
    scene.store()
    scene.dies_and_begins_anew()
    scene.desk.acted(action(1), scene.now)
    assert not scene.desk.unstored and scene.after(600) == []
    assert [one.action_id for one in scene.incidents["a"].actions] == ["ac_1"]


def test_an_incident_is_found_by_what_is_done_and_said_about_it(scene: Scene) -> None:
    scene.comes("a")
    scene.desk.acted(action(1, 2, REJECTED, proposed_by="policy", decided_by="u_olga"), scene.now)
    scene.desk.acted(action(2, kind="page_on_call_engineer"), scene.now)
    alert = scene.alert(alert_id="a")
    for true_alarm, at_us in ((False, 5), (True, 6)):
        given = operations_pb2.FeedbackGiven(
            alert_id="a", true_alarm=true_alarm, given_us=at_us, operator_key="u_ivan", alert=alert
        )
        scene.desk.verdict(given, scene.now)
    scene.store()
    found = facets_of(scene.incidents["a"])
    by = {facet: {value for name, value in found if name == facet} for facet, _ in found}
    assert by["action"] == {"limit_user", "page_on_call_engineer"}
    assert by["action_in_state"] == {"limit_user/rejected", "page_on_call_engineer/proposed"}
    assert by["verdict"] == {"true"}, "the newest one holds"
    assert by["operator"] == {"u_olga", "u_ivan"}
