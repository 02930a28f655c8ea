"""Incidents and silences over a real socket; the orchestrator's own code answers, on a real Redis."""

from __future__ import annotations

import json

import pytest

from resonance_contracts.pb.resonance.v1 import (
    action_pb2,
    alert_pb2,
    detection_pb2,
    incident_pb2,
    operations_pb2,
    request_pb2,
)
from resonance_contracts.topics import SILENCES_CHANGED, TASKS_REQUESTED
from resonance_gateway.people.pseudonyms import Pseudonyms
from resonance_llm_orchestrator.notifying.silences import Silences
from resonance_llm_orchestrator.tasks.answering import Answering
from resonance_llm_orchestrator.tasks.lookups import Lookups
from resonance_llm_orchestrator.telling.index import IncidentIndex
from resonance_runtime.errors import Problem

PSEUDONYMS = Pseudonyms("a key of pseudonyms for tests, long enough")
KEY = PSEUDONYMS.user("alice")
OPENED_US = 1_795_269_905_000_000
GRADES = (detection_pb2.SEVERITY_LOW, detection_pb2.SEVERITY_HIGH)


def incident(number: int) -> incident_pb2.Incident:
    """Every third is alice's, every second is high; two at a time were opened at the same moment."""
    alert = detection_pb2.Alert(
        alert_id=f"al_{number:032x}", user_key=KEY if number % 3 == 0 else "u_somebody", stream="live",
        kind="message_flood" if number % 5 else "token_sharing", opened_us=OPENED_US + number // 2,
        severity=GRADES[number % 2], detector=detection_pb2.DETECTOR_RULE, vectors=number + 1,
    )  # fmt: skip
    words = alert_pb2.AlertText(language="en", title=f"Flood {number}", summary="Many.", recommendations=["Look."])
    told = incident_pb2.ToldOf(notification_id="n", receiver="ops/webhook/0", reason="first", sent_us=OPENED_US)
    states = (action_pb2.ACTION_STATE_PROPOSED, action_pb2.ACTION_STATE_SUCCEEDED)
    actions = [
        action_pb2.Action(
            action_id=f"ac_{number}_{kind}", kind=kind, state=states[(number // 2 + place) % 2], order=place + 1,
            alert_id=alert.alert_id, proposed_by="policy", parameters={"rate": 1.0},
            texts=[action_pb2.ActionText(language="en", title="Limit", reason="A flood.", consequences="One user.")],
        )
        for place, kind in enumerate(("limit_user", "page_on_call_engineer"))
    ]  # fmt: skip
    verdicts = [operations_pb2.FeedbackGiven(alert_id=alert.alert_id, given_us=1, operator_key="u_o")]
    return incident_pb2.Incident(
        alert_id=alert.alert_id, version=1, state=incident_pb2.INCIDENT_STATE_OPEN, severity=alert.severity,
        enriched=alert_pb2.EnrichedAlert(alert_id=alert.alert_id, alert=alert, recipient_role="devops", texts=[words]),
        told=[told], noted_us=OPENED_US, changed_us=OPENED_US, actions=actions if number < 20 else [],
        verdicts=verdicts if number % 7 == 0 else [], silenced_by=["s1"] if number == 11 else [],
    )  # fmt: skip


def written_by_a_provider(enriched):
    """Words of one provider, after those of another were vetoed, and judged by that one."""
    enriched.stage = alert_pb2.ENRICHMENT_STAGE_JUDGED
    enriched.authorship.provider, enriched.authorship.model = "openai", "gpt-5.4-mini"
    enriched.authorship.degraded.append("anthropic: vetoed: The words break: no_blame.")
    blames = alert_pb2.JudgementFinding(principle="no_blame", reason="It blames.")
    vetoed, held = alert_pb2.JUDGEMENT_OUTCOME_VETOED, alert_pb2.JUDGEMENT_OUTCOME_HELD
    enriched.judgements.add(outcome=vetoed, author="anthropic", judge="guard", findings=[blames])
    enriched.judgements.add(outcome=held, author="openai", judge="anthropic", principles_version="1")
    enriched.judgements.add(outcome=99)  # of a later version


@pytest.fixture
async def stored(running, redis_server):
    """What the orchestrator stored; it answers the gateway's questions, and knows 60 incidents."""
    records, index = [], IncidentIndex(redis_server.url)

    async def send_all(outgoing):
        records.extend(outgoing)

    answering = Answering(Lookups(index, Silences(), send_all).handlers(), send_all, concurrency=4)

    async def ask(topic, question, answer, timeout_s):
        assert (topic, answer) == (TASKS_REQUESTED, request_pb2.TaskReply)
        said = await answering.answer(question, timeout_s)
        if isinstance(said, Problem):
            raise said
        return said

    incidents = [incident(number) for number in range(60)]
    written_by_a_provider(incidents[7].enriched)
    await index.put(incidents)
    running.gateway._requester.ask = ask
    yield records
    await index.close()


@pytest.fixture
def call(running, operator):
    async def send(method, path, status=200, body=None, headers=operator):
        data = None if body is None else json.dumps(body)
        sent = {**headers, "Content-Type": "application/json"} if body is not None else headers
        response = await running.client.request(method, path, data=data, headers=sent)
        text = await response.text()
        assert response.status == status, text
        return json.loads(text)

    return send


async def test_pages_of_incidents_hold_all_that_fit_newest_first_and_none_twice(stored, call):
    seen, cursor = [], ""
    while cursor is not None:
        page = await call("GET", f"/ml/incidents?severity=high&limit=7{cursor and '&cursor=' + cursor}")
        seen += page["incidents"]
        assert page["count"] == len(page["incidents"]) <= 7
        cursor = page["next_cursor"]
    assert [one["alert_id"] for one in seen] == [f"al_{n:032x}" for n in range(59, -1, -2)]
    assert {one["severity"] for one in seen} == {"high"}


async def test_incidents_are_found_by_user_kind_state_and_time_together(stored, call):
    found = await call("GET", f"/ml/incidents?user=alice&kind=token_sharing&state=open&until_us={OPENED_US + 20}")
    wanted = [n for n in range(60) if n % 3 == 0 and n % 5 == 0 and n // 2 < 20]
    assert [one["vectors"] for one in found["incidents"]] == [n + 1 for n in sorted(wanted, reverse=True)]
    assert {one["user_key"] for one in found["incidents"]} == {KEY}
    assert (await call("GET", "/ml/incidents?state=resolved"))["count"] == 0
    await call("GET", "/ml/incidents?cursor=nonsense", 400)
    await call("GET", "/ml/incidents?severity=huge", 400)


@pytest.mark.parametrize(
    ("query", "fits"),
    [
        ("action=limit_user", lambda n: n < 20),
        ("action_state=succeeded", lambda n: n < 20),
        ("action=limit_user&action_state=succeeded", lambda n: n < 20 and n // 2 % 2 == 1),
        ("action=page_on_call_engineer&action_state=succeeded&severity=high", lambda n: n < 20 and n % 4 == 1),
        ("action=block_user", lambda n: False),
        ("action_state=undone", lambda n: False),
        ("verdict=false", lambda n: n % 7 == 0),
        ("verdict=true", lambda n: False),
        ("silenced_by=s1", lambda n: n == 11),
    ],
)
async def test_incidents_are_found_by_what_is_done_and_said_about_them(stored, call, query, fits):
    found = await call("GET", f"/ml/incidents?{query}&limit=100")
    assert [one["vectors"] for one in found["incidents"]] == [n + 1 for n in range(59, -1, -1) if fits(n)]


@pytest.mark.parametrize("query", ["action=delete_user", "action_state=done", "verdict=perhaps"])
async def test_what_no_incident_can_have_is_refused_with_what_it_can(stored, call, query):
    problem = await call("GET", f"/ml/incidents?{query}", 400)
    assert query.split("=")[0] in str(problem["errors"][0])


async def test_an_incident_shows_its_actions_with_state_words_and_who_decided(stored, call):
    found = await call("GET", f"/ml/incidents/al_{2:032x}")
    limit, page = found["actions"]
    assert (limit["kind"], limit["state"], page["state"]) == ("limit_user", "succeeded", "proposed")
    assert (limit["proposed_by"], limit["parameters"], limit["texts"][0]["title"]) == ("policy", {"rate": 1}, "Limit")


async def test_one_incident_says_who_was_told_and_why_and_what_is_not_known_is_said_so(stored, call):
    found = await call("GET", f"/ml/incidents/al_{7:032x}")
    assert found["told"] == [
        {"notification_id": "n", "receiver": "ops/webhook/0", "reason": "first", "sent_us": OPENED_US}
    ]
    assert found["texts"][0]["title"] == "Flood 7"
    by = found["written"]
    assert (found["stage"], by["provider"], by["vetoed"]) == ("judged", "openai", ["no_blame"])
    refused, judged = by["judgements"]
    assert (refused["outcome"], refused["author"], refused["judge"]) == ("vetoed", "anthropic", "guard")
    assert refused["findings"] == [{"principle": "no_blame", "held": False, "reason": "It blames."}]
    assert (judged["outcome"], judged["judge"], judged["principles_version"]) == ("held", "anthropic", "1")
    assert by["degraded"] == ["anthropic: vetoed: The words break: no_blame."]
    await call("GET", "/ml/incidents/al_unknown", 404)


async def test_a_silence_is_made_listed_and_ended_and_names_users_by_their_pseudonyms(stored, call):
    wanted = {
        "matchers": [{"label": "user", "operator": "=", "value": "alice"}, {"label": "severity", "value": "low"}],
        "lasts_s": 60,
        "comment": "Load test",
    }
    made = await call("POST", "/ml/silences", 200, wanted)
    assert {"label": "user", "operator": "=", "value": KEY} in made["matchers"] and made["state"] == "active"
    assert [record.topic for record in stored] == [SILENCES_CHANGED] and b"alice" not in stored[0].encoded()
    listed = await call("GET", "/ml/silences?state=active")
    assert [one["silence_id"] for one in listed["silences"]] == [made["silence_id"]]
    ended = await call("DELETE", f"/ml/silences/{made['silence_id']}")
    assert ended["state"] == "expired"
    assert (await call("GET", "/ml/silences?state=active"))["count"] == 0
    await call("DELETE", "/ml/silences/unknown", 404)


async def test_silences_are_found_by_label_value_and_comment_in_pages_without_repeats(stored, call, running):
    for number, kind in enumerate(["message_flood", "token_sharing"] * 3):
        wanted = {
            "matchers": [{"label": "kind", "value": kind}, {"label": "user", "value": f"u{number}"}],
            "starts_us": running.gateway.clock.now_us() + 60_000_000 * (number // 2),
            "lasts_s": 60,
            "comment": f"Load TEST {number}",
        }
        await call("POST", "/ml/silences", 200, wanted)

    async def comments(query):
        return [one["comment"][-1] for one in (await call("GET", f"/ml/silences?{query}"))["silences"]]

    assert sorted(await comments("label=kind&value=token_sharing")) == ["1", "3", "5"]
    assert await comments("label=user&value=u3") == ["3"]
    assert await comments(f"value={PSEUDONYMS.user('u3')}") == ["3"]
    assert await comments("label=kind&value=u3") == []
    assert await comments("text=test%204") == ["4"]
    assert len(await comments("state=pending&text=load")) == 4
    seen, cursor = [], ""
    while cursor is not None:
        page = await call("GET", f"/ml/silences?limit=2{cursor and '&cursor=' + cursor}")
        seen += [one["silence_id"] for one in page["silences"]]
        assert page["count"] <= 2
        cursor = page["next_cursor"]
    assert len(seen) == len(set(seen)) == 6


@pytest.mark.parametrize(
    ("matchers", "status", "words"),
    [
        ([], 422, "matchers"),
        ([{"label": "colour", "value": "red"}], 422, "label"),
        ([{"label": "user", "operator": "=~", "value": "ali.*"}], 422, "label"),
        ([{"label": "kind", "operator": "=~", "value": "(a+)+$"}], 422, "pattern"),
        ([{"label": "kind", "operator": "!=", "value": "x"}], 409, "hold of an incident without labels"),
    ],
)
async def test_a_silence_that_cannot_be_is_refused_with_what_would_be_right(stored, call, matchers, status, words):
    body = {"matchers": matchers, "lasts_s": 60, "comment": "x"}
    assert words in json.dumps(await call("POST", "/ml/silences", status, body))
    assert not stored


async def test_viewers_see_incidents_and_silences_but_make_none(stored, call, running, operator, request):
    viewer = request.getfixturevalue("viewer")
    assert (await call("GET", "/ml/incidents?limit=1", headers=viewer))["incidents"][0]["user_id"] is None
    body = {"matchers": [{"label": "kind", "value": "x"}], "lasts_s": 60, "comment": "x"}
    await call("POST", "/ml/silences", 403, body, headers=viewer)
