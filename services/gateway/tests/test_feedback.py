"""`/ml/feedback`: verdicts as operators give them, and as everybody reads them back."""

from __future__ import annotations

import pytest

from resonance_contracts.pb.resonance.v1 import detection_pb2 as pb
from resonance_contracts.pb.resonance.v1.operations_pb2 import FeedbackGiven
from resonance_contracts.pb.resonance.v1.people_pb2 import UserErased
from resonance_contracts.topics import ALERTS_RAISED, ALERTS_RESOLVED, FEEDBACK_GIVEN
from resonance_gateway.people.pseudonyms import Pseudonyms

PSEUDONYMS = Pseudonyms("a key of pseudonyms for tests, long enough")
ALICE, OLGA = PSEUDONYMS.user("alice"), PSEUDONYMS.user("olga")
ID = "al_" + "0" * 32


def alert(number: int = 0, state: int = pb.ALERT_STATE_OPEN, **fields) -> pb.Alert:
    return pb.Alert(
        alert_id=f"al_{number:032x}", user_key=ALICE, stream="live", kind="message_flood", state=state, revision=state,
        severity=pb.SEVERITY_HIGH, opened_us=10**15, last_received_us=10**15, **fields,
    )  # fmt: skip


@pytest.fixture
def give(running, operator):
    async def giving(headers=operator, **body):
        return await running.client.post("/ml/feedback", headers=headers, json={"alert_id": ID, **body})

    return giving


def published(sender) -> list[FeedbackGiven]:
    return [FeedbackGiven.FromString(one.encoded()) for one in sender.sent if one.topic is FEEDBACK_GIVEN]


async def test_a_verdict_is_stored_with_the_incident_as_it_is_known_last(running, take, give, sender):
    take(ALERTS_RAISED, alert())
    take(ALERTS_RESOLVED, alert(state=pb.ALERT_STATE_RESOLVED, evidence=3.0))
    answer = await give(verdict="false", kind="night_export", comment="every night")
    assert answer.status == 200
    (given,) = published(sender)
    assert (given.user_key, given.kind, given.true_alarm, given.withdrawn) == (ALICE, "message_flood", False, False)
    assert (given.right_kind, given.comment, given.operator_key) == ("night_export", "every night", OLGA)
    assert (given.alert.state, given.alert.evidence) == (pb.ALERT_STATE_RESOLVED, 3.0)
    (record,) = [one for one in sender.sent if one.topic is FEEDBACK_GIVEN]
    assert record.user_key == ALICE
    shown = await answer.json()
    assert (shown["verdict"], shown["alert_kind"], shown["kind"]) == ("false", "message_flood", "night_export")


async def test_the_same_again_is_not_told_again_and_another_verdict_takes_its_place(
    running, take, give, sender, viewer
):
    take(ALERTS_RAISED, alert())
    first, again = [await (await give(verdict="false")).json() for _ in range(2)]
    assert first == again
    assert len(published(sender)) == 1
    await give(verdict="true")
    await give(verdict="withdrawn")
    given = published(sender)
    assert [(one.true_alarm, one.withdrawn) for one in given] == [(False, False), (True, False), (False, True)]
    assert sorted({one.given_us for one in given}) == [one.given_us for one in given], "what is later is newer"
    listed = await (await running.client.get("/ml/feedback", headers=viewer)).json()
    assert [one["verdict"] for one in listed["verdicts"]] == ["withdrawn"]


async def test_verdicts_of_other_gateways_are_read_back_newest_first(running, take, viewer):
    for number in (1, 3, 2):
        of = alert(number)
        take(FEEDBACK_GIVEN, FeedbackGiven(alert_id=of.alert_id, user_key=ALICE, given_us=number, alert=of))
    older = FeedbackGiven(alert_id=alert(3).alert_id, user_key=ALICE, true_alarm=True, given_us=2, alert=alert(3))
    take(FEEDBACK_GIVEN, older)
    first = await (await running.client.get("/ml/feedback?limit=2", headers=viewer)).json()
    assert [(one["given_us"], one["verdict"]) for one in first["verdicts"]] == [(3, "false"), (2, "false")]
    rest = await running.client.get("/ml/feedback", params={"cursor": first["next_cursor"]}, headers=viewer)
    assert [one["given_us"] for one in (await rest.json())["verdicts"]] == [1]


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ("verdict=false", [4, 2]),
        ("verdict=true", [3]),
        ("verdict=withdrawn", [1]),
        ("alert_kind=token_sharing", [4]),
        ("user=bob", [3]),
        ("user={bob}", [3]),
        ("user=alice&verdict=false&until_us=4", [2]),
        ("from_us=2&until_us=4", [3, 2]),
        ("alert_id={third}", [3]),
    ],
)
async def test_verdicts_are_found_by_what_they_say_on_what_of_whom_and_when(running, take, viewer, query, numbers):
    bob = PSEUDONYMS.user("bob")
    for number in (1, 2, 3, 4):
        of, user_key = alert(number), bob if number == 3 else ALICE
        given = FeedbackGiven(
            alert_id=of.alert_id, user_key=user_key, given_us=number, alert=of, true_alarm=number == 3,
            withdrawn=number == 1, kind="token_sharing" if number == 4 else "message_flood",
        )  # fmt: skip
        take(FEEDBACK_GIVEN, given)
    asked = query.format(bob=bob, third=alert(3).alert_id)
    found = await (await running.client.get(f"/ml/feedback?{asked}", headers=viewer)).json()
    assert [one["given_us"] for one in found["verdicts"]] == numbers


async def test_an_incident_that_is_not_known_is_not_found_and_the_answer_says_what_to_do(give, sender):
    answer = await give(verdict="true")
    assert answer.status == 404
    detail = (await answer.json())["detail"]
    assert ID in detail and "newest 10,000" in detail and "resonance watch" in detail
    assert published(sender) == []


@pytest.mark.parametrize(
    "body",
    [{"verdict": "maybe"}, {}, {"verdict": "true", "kind": "No Kind"}, {"verdict": "true", "comment": "x" * 501},
     {"verdict": "true", "alert_id": "al_1"}, {"verdict": "true", "more": 1}],
)  # fmt: skip
async def test_what_is_no_verdict_is_refused(take, give, sender, body):
    take(ALERTS_RAISED, alert())
    assert (await give(**body)).status == 422
    assert published(sender) == []


async def test_viewers_may_look_but_not_judge(take, give, viewer):
    take(ALERTS_RAISED, alert())
    assert (await give(headers=viewer, verdict="true")).status == 403


async def test_nothing_is_answered_before_it_is_stored(take, give, sender):
    take(ALERTS_RAISED, alert())
    sender.failures = 1
    assert (await give(verdict="true")).status == 503


async def test_who_reads_alerts_is_told_of_verdicts(running, take, give, viewer):
    take(ALERTS_RAISED, alert())
    socket = await running.client.ws_connect("/ws/alerts", headers=viewer)
    await give(verdict="false")
    take(FEEDBACK_GIVEN, published(running.sender)[0])
    frame = await socket.receive_json(timeout=5)
    assert (frame["type"], frame["alert_id"], frame["true_alarm"]) == ("verdict", ID, False)
    await socket.close()


async def test_verdicts_on_an_erased_person_go_with_them(running, take, give, viewer):
    take(ALERTS_RAISED, alert())
    await give(verdict="false")
    given = published(running.sender)[0]
    running.gateway.erasing.erasures.take(UserErased(user_key=ALICE, erased_us=10**15))
    take(FEEDBACK_GIVEN, given)
    assert (await (await running.client.get("/ml/feedback", headers=viewer)).json())["count"] == 0
    assert (await give(verdict="true")).status == 404


async def test_an_operator_who_is_erased_is_named_by_no_verdict(running, take, give, viewer):
    take(ALERTS_RAISED, alert())
    await give(verdict="false")
    running.gateway.erasing.erasures.take(UserErased(user_key=OLGA, erased_us=10**15))
    (shown,) = (await (await running.client.get("/ml/feedback", headers=viewer)).json())["verdicts"]
    assert shown["operator_key"] == ""
