"""One draft for each enriched alert, from one record; what lacks the necessary is rejected."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from resonance_contracts.pb.resonance.v1 import detection_pb2, explanation_pb2
from resonance_contracts.tellings import order_of_words
from resonance_llm_orchestrator.drafts import (
    ESCALATED,
    EXPLAINED,
    FACTS,
    JUDGED,
    RESOLVED,
    Draft,
    of_escalated,
    of_explanation,
    of_raised,
    of_resolved,
)
from resonance_llm_orchestrator.enriched import enriched_offline
from resonance_runtime.errors import Reject

MakeAlert = Callable[..., detection_pb2.Alert]
MakeExplanation = Callable[..., explanation_pb2.Explanation]


def test_each_stage_has_its_revision_id_and_event_time(
    alert: MakeAlert, resolved: MakeAlert, explanation: MakeExplanation
) -> None:
    raised, over = of_raised(alert()), of_resolved(resolved())
    (explained,) = of_explanation(explanation(alert()))
    assert [d.stage for d in (raised, explained, over)] == [FACTS, EXPLAINED, RESOLVED]
    assert [d.id for d in (raised, explained, over)] == ["alert-1/1", "alert-1/2", "alert-1/4"]
    assert raised.time_us == explained.time_us == alert().opened_us
    assert over.time_us == resolved().resolved_us


def test_each_rise_has_words_of_its_own_and_what_is_over_is_so_however_often_it_rose(
    alert: MakeAlert, resolved: MakeAlert, escalated: MakeAlert, explanation: MakeExplanation
) -> None:
    drafts = []
    for grades in ((2,), (2, 4)):
        risen = escalated(*grades)
        told = explanation()
        told.anomaly.escalated.append(risen)
        drafts += [of_escalated(risen), *of_explanation(told), Draft(JUDGED, risen)]
    assert [draft.stage for draft in drafts] == [ESCALATED, EXPLAINED, JUDGED] * 2
    assert [draft.revision for draft in drafts] == [3] * 6
    assert [draft.id for draft in drafts] == [
        f"alert-1/3/{of}/{stage}" for of in (2, 3) for stage in ("escalated", "explained", "judged")
    ]
    assert [draft.time_us - alert().opened_us for draft in drafts] == [10_000_000] * 3 + [20_000_000] * 3
    orders = [order_of_words(enriched_offline(draft)) for draft in drafts]
    over = of_resolved(resolved(revision=4, rises=escalated(2, 4).rises))
    first = order_of_words(enriched_offline(Draft(JUDGED, alert())))
    assert sorted(orders) == orders and first < orders[0] and orders[-1] < order_of_words(enriched_offline(over))
    assert (over.id, over.revision, over.time_us) == ("alert-1/4", 4, resolved().resolved_us)


def test_an_alert_that_did_not_rise_is_not_taken_for_one_that_did(alert: MakeAlert, escalated: MakeAlert) -> None:
    with pytest.raises(Reject, match="rises"):
        of_escalated(alert())
    with pytest.raises(Reject, match="state"):
        of_escalated(escalated(state=detection_pb2.ALERT_STATE_RESOLVED))


def test_a_rise_of_a_later_version_is_told_as_the_gravest(escalated: MakeAlert) -> None:
    told = of_escalated(escalated(99)).alert
    (rise,) = told.rises
    assert {told.severity, rise.severity, rise.finding.severity} == {detection_pb2.SEVERITY_CRITICAL}
    assert enriched_offline(of_escalated(escalated(99))).texts


def test_an_explanation_gives_a_draft_for_each_alert_it_opened(alert: MakeAlert, explanation: MakeExplanation) -> None:
    drafts = of_explanation(explanation(alert(), alert(alert_id="alert-2", kind="unusual_volume")))
    assert [d.id for d in drafts] == ["alert-1/2", "alert-2/2"]
    assert of_explanation(explanation()) == []


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"alert_id": ""}, "alert_id"),
        ({"alert_id": "x" * 257}, "alert_id"),
        ({"user_key": ""}, "user_key"),
        ({"user_key": "u" * 10_000}, "user_key"),
        ({"kind": ""}, "kind"),
        ({"severity": 0}, "severity"),
        ({"detector": 0}, "detector"),
        ({"opened_us": 0}, "opened_us"),
        ({"opened_us": -1}, "opened_us"),
        ({"opened_us": 2**63 - 1}, "opened_us"),
        ({"state": detection_pb2.ALERT_STATE_RESOLVED}, "state"),
    ],
)
def test_a_bad_alert_is_rejected_with_the_field_named(
    alert: MakeAlert, explanation: MakeExplanation, changes: dict[str, Any], named: str
) -> None:
    with pytest.raises(Reject, match=named):
        of_raised(alert(**changes))
    with pytest.raises(Reject, match=named):
        of_explanation(explanation(alert(), alert(**changes)))


def test_an_alert_of_a_later_version_is_told_as_the_gravest(alert: MakeAlert, explanation: MakeExplanation) -> None:
    later = alert(severity=99, detector=99, finding=detection_pb2.Finding(severity=99))  # open enum
    for draft in (of_raised(later), *of_explanation(explanation(later))):
        assert draft.alert.severity == draft.alert.finding.severity == detection_pb2.SEVERITY_CRITICAL
        assert draft.alert.detector == detection_pb2.DETECTOR_MODEL
        assert draft.alert.alert_id == later.alert_id
    assert of_raised(alert()).alert == alert()


def test_a_resolved_alert_says_when(resolved: MakeAlert, alert: MakeAlert) -> None:
    with pytest.raises(Reject, match="resolved_us"):
        of_resolved(resolved(resolved_us=0))
    with pytest.raises(Reject, match="state"):
        of_resolved(alert())
