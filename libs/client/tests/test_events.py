from __future__ import annotations

import json

import pytest

from resonance_client.alerts.events import Alert, AlertEvent, Enriched, Explanation, parse_told
from resonance_client.errors import ProtocolViolation

ALERT = {
    "type": "alert", "state": "open", "alert_id": "i1", "revision": 1, "user_key": "u_x", "user_id": "anna",
    "stream": "replay:s", "kind": "message_flood", "severity": "high", "detector": "rule", "vector_id": "v1",
    "finding": None, "opened_us": 5, "last_seen_us": 5, "resolved_us": 0, "vectors": 1, "last_received_us": 7,
}  # fmt: skip


def event_in(text: str) -> AlertEvent | None:
    return parse_told(text).event


def test_an_alert_is_typed_and_fields_of_later_versions_are_kept() -> None:
    event = event_in(json.dumps(ALERT | {"invented_later": [1]}))
    assert isinstance(event, Alert)
    assert (event.who, event.kind, event.severity, event.state) == ("anna", "message_flood", "high", "open")
    assert json.loads(event.model_dump_json())["invented_later"] == [1]


def test_the_pseudonym_stands_for_a_user_who_is_not_resolved() -> None:
    event = event_in(json.dumps(ALERT | {"user_id": None}))
    assert isinstance(event, Alert)
    assert event.who == "u_x"


@pytest.mark.parametrize(("severity", "state"), [("SEVERITY_HIGH", "ALERT_STATE_OPEN"), (3, "OPEN")])
def test_names_and_numbers_of_the_protobuf_enums_are_understood(severity: str | int, state: str) -> None:
    event = event_in(json.dumps(ALERT | {"severity": severity, "state": state, "opened_us": "5"}))
    assert isinstance(event, Alert)
    assert (event.severity, event.state, event.opened_us) == ("high", "open", 5)


def test_an_explanation_speaks_the_language_asked_for_or_any() -> None:
    texts = [{"language": "en", "technical": "t", "natural": "why"}, {"language": "ru", "natural": "почему"}]
    event = event_in(json.dumps({"type": "explanation", "vector_id": "v", "alert_ids": ["i1"], "texts": texts}))
    assert isinstance(event, Explanation)
    assert event.natural("ru") == "почему"
    assert event.natural("de") == "why"
    assert Explanation(vector_id="v").natural("en") == ""


def test_words_of_an_enriched_alert() -> None:
    texts = [{"language": "en", "title": "T", "summary": "S", "recommendations": ["a", "b"]}]
    event = event_in(json.dumps({"type": "enriched", "alert_id": "i1", "stage": "facts", "texts": texts}))
    assert isinstance(event, Enriched)
    words = event.words("ru")
    assert words is not None
    assert words.recommendations == ("a", "b")


def test_an_enriched_alert_says_who_wrote_and_who_judged_its_words() -> None:
    said = {"outcome": "contested", "author": "openai", "judge": "anthropic", "model": "m", "principles_version": "1"}
    finding = {"principle": "facts", "held": False, "reason": "Too sure."}
    fields = {"type": "enriched", "alert_id": "i1", "stage": "judged", "judgements": [said | {"findings": [finding]}]}
    event = event_in(json.dumps(fields | {"authorship": {"provider": "openai", "model": "m", "degraded": []}}))
    assert isinstance(event, Enriched) and event.authorship is not None
    assert (event.authorship.provider, event.judgements[0].judge) == ("openai", "anthropic")
    assert [(one.principle, one.reason) for one in event.judgements[0].findings if not one.held] == [
        ("facts", "Too sure.")
    ]
    old = event_in(json.dumps({"type": "enriched", "alert_id": "i1"}))
    assert isinstance(old, Enriched) and (old.authorship, old.judgements) == (None, ())


def test_each_telling_of_an_incident_has_a_key_of_its_own_and_a_place_in_their_order() -> None:
    graver = ALERT | {"revision": 2, "severity": "critical", "rises": [{"before": "high", "severity": "critical"}]}
    tellings = [("facts", 1, ALERT), ("explained", 2, ALERT), ("judged", 3, ALERT)]
    tellings += [(stage, 3, graver) for stage in ("escalated", "explained", "judged")]
    tellings += [("resolved", 4, ALERT | {"revision": 3, "state": "resolved"})]
    found = []
    for stage, revision, alert in tellings:
        frame = {"type": "enriched", "alert_id": "i1", "revision": revision, "stage": stage, "alert": alert}
        told = event_in(json.dumps(frame))
        assert isinstance(told, Enriched)
        found.append(told)
    orders = [told.order for told in found]
    assert sorted(set(orders)) == orders
    assert len({told.key for told in found}) == len(found)
    risen = event_in(json.dumps(graver | {"rises": [{"before": "high", "severity": "critical", "end_us": 7}]}))
    assert isinstance(risen, Alert) and (risen.rises[0].before, risen.time_us) == ("high", 7)


def test_types_of_later_versions_are_passed_over() -> None:
    assert event_in('{"type":"weather"}') is None


def test_where_a_reader_is_stands_beside_what_it_is_told() -> None:
    told = parse_told(json.dumps(ALERT | {"position": "e1.7"}))
    assert (told.position, told.caught_up) == ("e1.7", False)
    caught_up = parse_told('{"type":"caught_up","position":"e1.8","recovered":true}')
    assert (caught_up.event, caught_up.position, caught_up.caught_up) == (None, "e1.8", True)


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"type":[]}', '{"type":"alert"}', json.dumps(ALERT | {"severity": "dreadful"})]
)
def test_what_is_no_event_is_a_violation(text: str) -> None:
    with pytest.raises(ProtocolViolation, match=r"Expected an (alert|event)"):
        event_in(text)
