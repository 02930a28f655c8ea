"""Who is told of what, when and why: by a clock of the test's own."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from resonance_contracts.pb.resonance.v1 import alert_pb2, detection_pb2, incident_pb2
from resonance_llm_orchestrator.drafts import JUDGED, Draft, of_escalated, of_resolved
from resonance_llm_orchestrator.enriched import enriched_offline
from resonance_llm_orchestrator.notifying.decision import Decision, to_wire
from resonance_llm_orchestrator.notifying.matchers import parsed
from resonance_llm_orchestrator.notifying.reasons import Reason, Told
from resonance_llm_orchestrator.notifying.silences import silence_of
from tests.support.notifying import START, MakeAlert, S, Scene


@pytest.fixture
def scene(alert: MakeAlert) -> Scene:
    return Scene(alert)


def test_a_group_waits_for_its_first_notification_and_tells_what_came_meanwhile_in_one(scene: Scene) -> None:
    scene.comes("a")
    assert scene.after(29) == []
    scene.comes("b", user_key="u_other")
    assert scene.after(2) == [("ops", Reason.FIRST)]
    assert set(scene.told[0].alert_ids) == {"a", "b"}


def test_what_comes_later_is_new_in_the_group_after_the_interval_and_what_stays_is_repeated(scene: Scene) -> None:
    scene.comes("a")
    scene.after(31)
    scene.comes("b")
    assert scene.after(298) == []
    assert scene.after(2) == [("ops", Reason.NEW)]
    assert scene.after(4 * 3600 + 300) == [("ops", Reason.REPEAT)]


def test_of_what_is_over_its_group_is_told_once_and_of_what_was_never_told_nobody_is(scene: Scene) -> None:
    scene.comes("a")
    scene.comes("b")
    scene.after(31)
    scene.ends("a")
    assert scene.after(300) == [("ops", Reason.SOME_RESOLVED)]
    scene.ends("b")
    assert scene.after(300) == [("ops", Reason.RESOLVED)]
    assert scene.desk.groups == 0
    scene.comes("c", kind="other")
    scene.ends("c", kind="other")
    assert scene.after(3600) == [] and scene.desk.groups == 0


def test_a_critical_page_waits_for_nothing_and_more_of_the_same_group_come_together(scene: Scene) -> None:
    critical = detection_pb2.SEVERITY_CRITICAL
    scene.comes("a", severity=critical)
    assert [d.reason for d in scene.told] == [Reason.PAGE] and scene.told[0].decided_us == scene.now
    for number in range(50):
        scene.comes(f"b{number}", severity=critical)
    assert scene.after(9) == []
    assert scene.after(2) == [("ops", Reason.PAGE)]
    assert len(scene.told[-1].firing) == 51


def test_a_severity_that_rises_is_told_at_the_next_look_and_at_once_where_it_is_critical_now(scene: Scene) -> None:
    scene.comes("a", severity=detection_pb2.SEVERITY_LOW)
    scene.after(31)
    scene.comes("a", severity=detection_pb2.SEVERITY_HIGH, revision=2)
    assert scene.after(300) == [("ops", Reason.SEVERITY)]
    scene.comes("a", severity=detection_pb2.SEVERITY_CRITICAL, revision=4)
    assert scene.told[-1].reason is Reason.PAGE


def test_words_of_before_it_rose_change_nothing_and_its_end_ends_it(scene: Scene, escalated: MakeAlert) -> None:
    scene.comes("a", severity=detection_pb2.SEVERITY_HIGH)
    scene.after(31)
    risen = enriched_offline(of_escalated(escalated(alert_id="a")))
    scene.desk.enriched(risen, scene.now)
    scene.look()
    assert scene.told[-1].reason is Reason.PAGE
    late = scene.incidents["a"].version
    judged = Draft(JUDGED, scene.alert(alert_id="a", severity=detection_pb2.SEVERITY_HIGH))
    scene.desk.enriched(enriched_offline(judged), scene.now)
    scene.look()
    assert scene.incidents["a"].version == late and scene.incidents["a"].enriched == risen
    over = scene.alert(alert_id="a", state=detection_pb2.ALERT_STATE_RESOLVED, resolved_us=scene.now, revision=2)
    scene.desk.enriched(enriched_offline(of_resolved(over)), scene.now)
    scene.look()
    assert scene.incidents["a"].state == incident_pb2.INCIDENT_STATE_RESOLVED, "also as an older predictor tells it"


def test_what_is_silenced_is_held_with_the_silences_id_and_told_once_it_is_over(scene: Scene) -> None:
    matchers = [parsed('kind="message_flood"')]
    silence = silence_of(matchers, scene.now, scene.now + 3600 * S, "u_o", "maintenance", scene.now)
    scene.silences.take(silence)
    scene.comes("a")
    assert scene.after(3500) == []
    assert scene.incidents["a"].silenced_by == [silence.id]
    assert scene.after(500) == [("ops", Reason.FIRST)]
    assert not scene.incidents["a"].silenced_by


def test_a_silence_holds_back_critical_pages_too(scene: Scene) -> None:
    scene.silences.take(silence_of([parsed('user=~"u_.*"')], scene.now, scene.now + 60 * S, "u_o", "", scene.now))
    scene.comes("a", severity=detection_pb2.SEVERITY_CRITICAL)
    assert scene.told == []


def test_what_is_critical_inhibits_what_is_slight_of_the_same_user_alone(scene: Scene) -> None:
    scene.comes("grave", kind="takeover", severity=detection_pb2.SEVERITY_CRITICAL)
    scene.comes("slight", severity=detection_pb2.SEVERITY_LOW)
    scene.comes("others", severity=detection_pb2.SEVERITY_LOW, user_key="u_other")
    scene.after(31)
    assert scene.told[-1].alert_ids == ("others",)
    assert scene.incidents["slight"].inhibited_by == ["grave"]
    scene.ends("grave", kind="takeover", severity=detection_pb2.SEVERITY_CRITICAL)
    assert ("ops", Reason.NEW) in scene.after(301)


def test_whoever_wants_no_ends_is_told_of_none_and_hears_of_what_is_new_as_the_first(scene: Scene) -> None:
    security = "security"
    alert = scene.alert(alert_id="a")
    scene.desk.enriched(alert_pb2.EnrichedAlert(alert_id="a", revision=1, alert=alert, recipient_role=security), START)
    assert scene.after(31) == [("security", Reason.FIRST)]
    alert = scene.alert(alert_id="a", state=detection_pb2.ALERT_STATE_RESOLVED, resolved_us=scene.now)
    scene.desk.enriched(
        alert_pb2.EnrichedAlert(alert_id="a", revision=3, alert=alert, recipient_role=security), scene.now
    )
    scene.after(301)
    assert scene.told[-1].quiet and scene.desk.groups == 0


def test_what_did_not_arrive_is_told_again_with_the_same_reason(scene: Scene) -> None:
    scene.down = True
    scene.comes("a")
    assert scene.after(31) == [("ops", Reason.FIRST)]
    assert not scene.incidents["a"].told
    scene.ends("b")
    scene.down = False
    assert scene.after(300) == [("ops", Reason.FIRST)]
    assert [decision.sequence for decision in scene.told] == [1, 2]
    assert [told.reason for told in scene.incidents["a"].told] == ["first"]


def test_after_a_death_nothing_is_told_twice_and_the_pace_is_kept(scene: Scene) -> None:
    scene.comes("a")
    scene.after(31)
    scene.comes("b")
    scene.after(100)
    assert scene.dies_and_begins_anew() == []
    assert scene.after(198) == []
    assert scene.after(2) == [("ops", Reason.NEW)]
    scene.ends("a")
    scene.ends("b")
    scene.dies_and_begins_anew()
    assert scene.after(301) == [("ops", Reason.RESOLVED)]
    scene.dies_and_begins_anew()
    assert scene.after(8 * 3600) == []


def test_a_death_before_a_decision_is_stored_gives_the_same_decision_again(scene: Scene) -> None:
    scene.comes("a")
    scene.now += 31 * S
    scene.desk.look(scene.now)
    (first,) = scene.desk.decided.values()
    scene.store()
    scene.dies_and_begins_anew()
    scene.desk.look(scene.now)
    (again,) = scene.desk.decided.values()
    assert (again.id, again.reason, again.firing) == (first.id, first.reason, first.firing)


def test_a_death_between_decision_and_outcome_sends_the_same_notification_again_and_no_other(scene: Scene) -> None:
    scene.comes("a")
    scene.now += 31 * S
    scene.desk.look(scene.now)
    (decision,) = scene.desk.decided.values()
    scene.store()
    scene.log[decision.place] = to_wire(decision, None)
    (resumed,) = scene.dies_and_begins_anew()
    assert (resumed.id, resumed.reason, resumed.firing) == (decision.id, decision.reason, decision.firing)
    scene.desk.look(scene.now + 600 * S)
    assert not scene.desk.decided
    scene.send(resumed)
    assert scene.after(600) == []


def test_the_record_of_a_notification_of_very_many_is_no_larger_than_a_broker_takes() -> None:
    marks = tuple(range(8, 8 * 90_001, 8))
    before = Told(1, dict.fromkeys(range(90_000), 2), frozenset(), START)
    decision = Decision(
        "g", "k", {}, "ops", "webhook/0", 2, Reason.NEW, START, marks, (), ("a",), (), False, before, {}
    )  # fmt: skip
    record = to_wire(decision, None)
    assert record.ByteSize() < 1_000_000 and len(record.firing) == record.firing_count == 90_000


def test_a_storm_of_ten_thousand_gives_a_handful_of_notifications_with_the_right_counts(scene: Scene) -> None:
    kinds = ("message_flood", "address_rotation", "unusual_timing")
    for number in range(10_000):
        severity = detection_pb2.SEVERITY_HIGH if number % 7 else detection_pb2.SEVERITY_MEDIUM
        kind = kinds[number % 3]
        alert = scene.alert(alert_id=f"s{number}", kind=kind, user_key=f"u_{number % 2500}", severity=severity)
        enriched = alert_pb2.EnrichedAlert(alert_id=alert.alert_id, revision=1, alert=alert, recipient_role="devops")
        scene.desk.enriched(enriched, scene.now)
        if number % 500 == 499:
            scene.now += S
            scene.look()
    scene.comes("page", kind="takeover", severity=detection_pb2.SEVERITY_CRITICAL)
    assert scene.told[-1].reason is Reason.PAGE and scene.told[-1].decided_us == scene.now
    scene.after(600)
    assert len(scene.incidents) == 10_001
    newest = {decision.group_labels["kind"]: decision for decision in scene.told}
    counted = Counter(kinds[number % 3] for number in range(10_000)) | Counter({"takeover": 1})
    assert {kind: len(decision.firing) for kind, decision in newest.items()} == counted
    assert len(scene.told) <= 8
    assert all(incident.told for incident in scene.incidents.values())
    for number in range(10_000):
        alert = scene.alert(
            alert_id=f"s{number}", kind=kinds[number % 3], user_key=f"u_{number % 2500}",
            state=detection_pb2.ALERT_STATE_RESOLVED, resolved_us=scene.now,
        )  # fmt: skip
        enriched = alert_pb2.EnrichedAlert(alert_id=alert.alert_id, revision=3, alert=alert, recipient_role="devops")
        scene.desk.enriched(enriched, scene.now)
    assert scene.after(301) == [("ops", Reason.RESOLVED)] * 3


@pytest.mark.parametrize("severity", [detection_pb2.SEVERITY_HIGH, detection_pb2.SEVERITY_CRITICAL])
def test_words_that_were_judged_are_kept_and_nobody_is_told_of_them(scene: Scene, severity: Any) -> None:
    def comes(revision: int, title: str, **changes: Any) -> None:
        words = alert_pb2.AlertText(language="en", title=title)
        alert = scene.alert(alert_id="a", severity=severity, **changes)
        scene.desk.enriched(
            alert_pb2.EnrichedAlert(
                alert_id="a", revision=revision, alert=alert, recipient_role="devops", texts=[words],
                judgements=[alert_pb2.Judgement(outcome=alert_pb2.JUDGEMENT_OUTCOME_REVISED)] if revision == 3 else [],
            ), scene.now,
        )  # fmt: skip
        scene.look()

    comes(1, "facts")
    comes(2, "explained")
    scene.after(40)
    page = severity == detection_pb2.SEVERITY_CRITICAL
    assert [decision.reason for decision in scene.told] == [Reason.PAGE if page else Reason.FIRST]
    comes(3, "judged")
    assert scene.after(3000) == []
    assert scene.incidents["a"].enriched.texts[0].title == "judged"
    assert len(scene.incidents["a"].enriched.judgements) == 1
    comes(4, "over", state=detection_pb2.ALERT_STATE_RESOLVED, resolved_us=scene.now)
    assert [reason for _, reason in scene.after(301)] == [Reason.RESOLVED]
    comes(3, "judged late")
    assert scene.after(3000) == []
    assert scene.incidents["a"].enriched.texts[0].title == "over"


def test_words_of_an_end_that_had_another_number_before_are_not_replaced_by_a_late_judgement(scene: Scene) -> None:
    scene.comes("a")
    scene.ends("a", revision=2)
    assert scene.incidents["a"].enriched.revision == 3
    late = alert_pb2.EnrichedAlert(alert_id="a", revision=3, alert=scene.alert(alert_id="a"), recipient_role="devops")
    scene.desk.enriched(late, scene.now)
    scene.look()
    assert scene.incidents["a"].enriched.alert.state == detection_pb2.ALERT_STATE_RESOLVED
