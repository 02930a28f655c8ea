"""The ledger of a game day finds what is lost, doubled, or told in two ways."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from resonance_contracts.pb.resonance.v1.alert_pb2 import EnrichedAlert
from resonance_contracts.pb.resonance.v1.detection_pb2 import Alert, Anomaly, Rise
from resonance_contracts.pb.resonance.v1.explanation_pb2 import Explanation
from resonance_contracts.topics import (
    ALERTS_ENRICHED,
    ALERTS_ESCALATED,
    ALERTS_RAISED,
    ALERTS_RESOLVED,
    ANOMALIES_DETECTED,
    EXPLANATIONS_PRODUCED,
    Topic,
)
from resonance_llm_orchestrator.drafts import ESCALATED, EXPLAINED, FACTS, RESOLVED, id_of
from tests.gameday.ledger import TOPICS, Ledger, check_ledger
from tests.gameday.planting import KIND
from tests.support.topic_scan import Seen

Found = dict[str, list[Seen]]


def seen(topic: Topic, id_: str, value: bytes, stamp_ms: int = 0) -> Seen:
    return Seen(topic, 0, None, value, {"ce_id": id_}, stamp_ms)


@pytest.fixture
def found() -> Found:
    """One planted incident that became graver, from its anomaly to the words that it is over."""
    alert = Alert(alert_id="a-1", user_key="key-1", kind=KIND, revision=1)
    graver = Alert(alert_id="a-1", user_key="key-1", kind=KIND, revision=2, rises=[Rise()])
    words = [
        seen(
            ALERTS_ENRICHED,
            id_of(of, stage),
            EnrichedAlert(alert_id="a-1", stage=stage, alert=of).SerializeToString(),
            1000 * stage,
        )
        for stage, of in ((FACTS, alert), (EXPLAINED, alert), (ESCALATED, graver), (RESOLVED, graver))
    ]
    return {
        ANOMALIES_DETECTED.name: [seen(ANOMALIES_DETECTED, "v-1", Anomaly(vector_id="v-1").SerializeToString())],
        ALERTS_RAISED.name: [seen(ALERTS_RAISED, "a-1", alert.SerializeToString())],
        ALERTS_ESCALATED.name: [seen(ALERTS_ESCALATED, "a-1/2", graver.SerializeToString())],
        ALERTS_RESOLVED.name: [seen(ALERTS_RESOLVED, "a-1", alert.SerializeToString())],
        EXPLANATIONS_PRODUCED.name: [
            seen(EXPLANATIONS_PRODUCED, "v-1", Explanation(vector_id="v-1").SerializeToString())
        ],
        ALERTS_ENRICHED.name: words,
    }


def faults(found: Found, shown: Sequence[str] = ("a-1",)) -> list[str]:
    outcomes = check_ledger(Ledger.of(found), {"key-1": "planted-1"}, shown)
    return [fault for outcome in outcomes for fault in outcome.faults]


def test_one_incident_told_at_each_stage_is_as_it_must_be(found: Found) -> None:
    assert faults(found) == []
    assert Ledger.of(found).latest_s("key-1", EXPLAINED) == EXPLAINED


def test_an_incident_that_nobody_raised_is_lost(found: Found) -> None:
    found[ALERTS_RAISED.name] = []
    assert "planted-1 had 0 incidents" in faults(found)


def test_a_second_incident_of_one_planted_user_is_one_too_many(found: Found) -> None:
    again = Alert(alert_id="a-2", user_key="key-1", kind=KIND).SerializeToString()
    found[ALERTS_RAISED.name].append(seen(ALERTS_RAISED, "a-2", again))
    assert "planted-1 had 2 incidents" in faults(found)


def test_a_rise_without_words_is_found(found: Found) -> None:
    del found[ALERTS_ENRICHED.name][2]
    assert faults(found) == ["a-1/2 is not among what was told to be graver"]


@pytest.mark.parametrize("topic", TOPICS[2:], ids=lambda topic: topic.name)
def test_whatever_is_missing_of_what_follows_is_found(found: Found, topic: Topic) -> None:
    found[topic.name].pop()
    assert len(faults(found)) == 1


def test_a_record_that_came_again_with_other_bytes_is_told_in_two_ways(found: Found) -> None:
    found[ALERTS_ENRICHED.name].append(found[ALERTS_ENRICHED.name][0])
    assert faults(found) == []
    assert Ledger.of(found).repeats == 1
    other = EnrichedAlert(alert_id="a-1", stage=FACTS, recipient_role="owner").SerializeToString()
    found[ALERTS_ENRICHED.name].append(seen(ALERTS_ENRICHED, found[ALERTS_ENRICHED.name][0].id, other))
    assert len(faults(found)) == 1


def test_an_incident_that_the_screen_did_not_show_is_missed(found: Found) -> None:
    assert faults(found, shown=()) == ["a-1 was not shown"]
