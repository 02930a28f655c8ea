"""What Alertmanager's pipeline does in corner cases (`notify/mute.go`, `retry_stage.go`, `dedup_stage.go`), and what a
page at once adds to it."""

from __future__ import annotations

import pytest

from resonance_contracts.pb.resonance.v1 import alert_pb2, detection_pb2, incident_pb2
from resonance_llm_orchestrator.notifying.decision import Decision, Outcome, to_wire
from resonance_llm_orchestrator.notifying.matchers import parsed
from resonance_llm_orchestrator.notifying.reasons import Reason
from resonance_llm_orchestrator.notifying.silences import silence_of
from tests.support.notifying import MakeAlert, S, Scene


@pytest.fixture
def scene(alert: MakeAlert) -> Scene:
    return Scene(alert)


def silence(scene: Scene, matcher: str, seconds: float) -> None:
    scene.silences.take(
        silence_of([parsed(matcher)], scene.now, scene.now + round(seconds * S), "u_o", "quiet", scene.now)
    )


def for_security(scene: Scene, id_: str, *, over: bool = False) -> None:
    """An incident for a receiver that wants to hear of no ends."""
    state = detection_pb2.ALERT_STATE_RESOLVED if over else detection_pb2.ALERT_STATE_OPEN
    alert = scene.alert(alert_id=id_, state=state, resolved_us=scene.now if over else 0)
    enriched = alert_pb2.EnrichedAlert(
        alert_id=id_, revision=3 if over else 1, alert=alert, recipient_role="security"
    )  # fmt: skip
    scene.desk.enriched(enriched, scene.now)


def test_the_end_of_what_was_silenced_and_never_told_is_not_told_beside_what_is_open(scene: Scene) -> None:
    scene.comes("seen")
    scene.after(31)
    silence(scene, 'alert_id="hidden"', 7200)
    scene.comes("hidden")
    scene.after(301)
    scene.ends("hidden")
    assert scene.after(3600) == []
    assert all("hidden" not in decision.alert_ids for decision in scene.told)


def test_the_end_of_what_was_inhibited_and_never_told_is_not_told_either(scene: Scene) -> None:
    scene.comes("grave", kind="takeover", severity=detection_pb2.SEVERITY_CRITICAL)
    scene.comes("others", severity=detection_pb2.SEVERITY_LOW, user_key="u_other")
    scene.comes("slight", severity=detection_pb2.SEVERITY_LOW)
    scene.after(31)
    scene.ends("slight", severity=detection_pb2.SEVERITY_LOW)
    assert scene.after(600) == []


def test_the_end_of_what_was_told_before_it_was_silenced_is_told(scene: Scene) -> None:
    scene.comes("a")
    scene.after(31)
    silence(scene, 'kind="message_flood"', 7200)
    scene.ends("a")
    assert scene.after(301) == [("ops", Reason.RESOLVED)]


def test_what_opened_and_ended_between_two_looks_is_told_as_over_beside_what_is_open(scene: Scene) -> None:
    scene.comes("a")
    scene.after(31)
    scene.comes("brief")
    scene.ends("brief")
    assert scene.after(301) == [("ops", Reason.SOME_RESOLVED)]


def test_whoever_wants_no_ends_hears_of_what_is_open_alone(scene: Scene) -> None:
    for_security(scene, "a")
    for_security(scene, "b")
    assert scene.after(31) == [("security", Reason.FIRST)]
    for_security(scene, "a", over=True)
    for_security(scene, "c")
    assert scene.after(301) == [("security", Reason.NEW)]
    told = scene.told[-1]
    assert (set(told.alert_ids), len(told.firing), len(told.resolved)) == ({"b", "c"}, 2, 0)


def test_what_is_silenced_of_a_group_that_was_told_is_no_end_and_is_repeated_when_it_is_time(scene: Scene) -> None:
    scene.comes("a")
    scene.after(31)
    silence(scene, 'kind="message_flood"', 1000)
    assert scene.after(900) == []
    assert scene.after(4 * 3600) == [("ops", Reason.REPEAT)]


def decided(scene: Scene) -> Decision:
    """The notification that is on its way and stored as such."""
    (decision,) = scene.desk.decided.values()
    scene.store()
    scene.log[decision.place] = to_wire(decision, None)
    scene.desk.stored({}, {decision.place: decision})
    return decision


def critical(scene: Scene, id_: str) -> None:
    alert = scene.alert(alert_id=id_, severity=detection_pb2.SEVERITY_CRITICAL)
    enriched = alert_pb2.EnrichedAlert(alert_id=id_, revision=1, alert=alert, recipient_role="devops")
    scene.desk.enriched(enriched, scene.now)
    scene.desk.look(scene.now)


def test_a_page_overtakes_what_is_still_on_its_way_to_the_same_receiver_and_says_that_too(scene: Scene) -> None:
    scene.comes("a")
    scene.now += 31 * S
    scene.desk.look(scene.now)
    slow = decided(scene)
    critical(scene, "grave")
    page = decided(scene)
    assert (page.reason, page.sequence, set(page.alert_ids)) == (Reason.PAGE, slow.sequence + 1, {"a", "grave"})
    assert set(page.news) == {"a", "grave"}, "whether the other one arrived is not known"
    # The other one ends after all; what holds is what the page says.
    scene.desk.ended(slow, Outcome(scene.now, 3, "It was given up."))
    scene.desk.ended(page, Outcome(scene.now, 1))
    scene.store()
    assert scene.after(600) == []
    assert {told.reason for told in scene.incidents["a"].told} == {"page at once"}


def test_a_page_does_not_overtake_a_page(scene: Scene) -> None:
    critical(scene, "one")
    first = decided(scene)
    scene.now += 11 * S
    critical(scene, "two")
    assert not scene.desk.decided
    scene.desk.ended(first, Outcome(scene.now, 2))
    scene.desk.look(scene.now)
    assert [decision.reason for decision in scene.desk.decided.values()] == [Reason.PAGE]


def test_after_a_death_a_page_that_overtook_is_sent_again_under_its_id(scene: Scene) -> None:
    scene.comes("a")
    scene.now += 31 * S
    scene.desk.look(scene.now)
    decided(scene)
    critical(scene, "grave")
    page = decided(scene)
    (resumed,) = scene.dies_and_begins_anew()
    assert (resumed.id, resumed.reason, resumed.firing) == (page.id, Reason.PAGE, page.firing)
    scene.send(resumed)
    assert scene.after(600) == []
    assert scene.log[page.place].state == incident_pb2.NOTIFICATION_STATE_SENT
