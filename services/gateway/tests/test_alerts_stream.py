"""`/ws/alerts`: who may listen, what is told, and who is not held up."""

from __future__ import annotations

import pytest
from aiohttp import WSServerHandshakeError

from resonance_contracts.pb.resonance.v1 import alert_pb2, detection_pb2, explanation_pb2
from resonance_contracts.topics import (
    ALERTS_ENRICHED,
    ALERTS_RAISED,
    ALERTS_RESOLVED,
    EXPLANATIONS_PRODUCED,
)
from resonance_gateway.people.pseudonyms import Pseudonyms

KEY = Pseudonyms("a key of pseudonyms for tests, long enough").user("alice")


def alert(
    alert_id="i1", severity=detection_pb2.SEVERITY_HIGH, state=detection_pb2.ALERT_STATE_OPEN, opened_us=5_000_000
):
    return detection_pb2.Alert(
        alert_id=alert_id,
        state=state,
        revision=state,
        severity=severity,
        user_key=KEY,
        kind="message_flood",
        opened_us=opened_us,
    )


def explanation(severity=detection_pb2.SEVERITY_HIGH):
    return explanation_pb2.Explanation(
        vector_id="v1",
        user_key=KEY,
        alert_ids=["i1"],
        anomaly=detection_pb2.Anomaly(vector_id="v1", user_key=KEY, severity=severity, end_us=5_000_000),
    )


@pytest.fixture
def listen(running, make_token, eventually):
    async def connect(query="", roles=("operator",), **how):
        headers = {"Authorization": f"Bearer {make_token('olga', roles=list(roles))}"}
        before = len(running.gateway._desk)
        socket = await running.client.ws_connect(f"/ws/alerts{query}", **{"headers": headers, **how})
        await eventually(lambda: len(running.gateway._desk) > before)
        return socket

    return connect


async def test_alerts_explanations_and_words_are_told_as_they_come(running, listen, make_token):
    user = await running.client.ws_connect("/ws", headers={"Authorization": f"Bearer {make_token('alice')}"})
    await user.receive_json(timeout=5)
    socket = await listen()

    running.gateway.newsroom.take(ALERTS_RAISED, alert())
    running.gateway.newsroom.take(EXPLANATIONS_PRODUCED, explanation())
    running.gateway.newsroom.take(ALERTS_ENRICHED, alert_pb2.EnrichedAlert(alert_id="i1", revision=1, alert=alert()))
    running.gateway.newsroom.take(ALERTS_RESOLVED, alert(state=detection_pb2.ALERT_STATE_RESOLVED))
    told = [await socket.receive_json(timeout=5) for _ in range(4)]

    assert [(f["type"], f.get("state")) for f in told] == [
        ("alert", "open"),
        ("explanation", None),
        ("enriched", None),
        ("alert", "resolved"),
    ]
    assert (told[0]["user_key"], told[0]["user_id"], told[0]["severity"]) == (KEY, "alice", "high")
    await socket.close()
    await user.close()


async def test_words_are_told_again_as_they_were_judged_with_who_judged_them_and_not_after_the_end(running, listen):
    socket = await listen()
    blames = alert_pb2.JudgementFinding(principle="no_blame", reason="It blames.")
    revised = alert_pb2.Judgement(
        outcome=alert_pb2.JUDGEMENT_OUTCOME_REVISED, author="openai", judge="anthropic", model="m",
        principles_version="1", findings=[blames],
    )  # fmt: skip
    judged = alert_pb2.EnrichedAlert(
        alert_id="i1", revision=3, stage=alert_pb2.ENRICHMENT_STAGE_JUDGED, alert=alert(), judgements=[revised]
    )
    late = alert_pb2.EnrichedAlert(alert_id="i2", revision=3, alert=alert("i2"))
    over = alert_pb2.EnrichedAlert(alert_id="i2", revision=4, alert=alert("i2"))
    first = alert_pb2.EnrichedAlert(alert_id="i1", revision=2, alert=alert())

    for words in (first, judged, judged, over, late):
        running.gateway.newsroom.take(ALERTS_ENRICHED, words)
    told = [await socket.receive_json(timeout=5) for _ in range(3)]

    assert [(f["alert_id"], f["revision"]) for f in told] == [("i1", 2), ("i1", 3), ("i2", 4)]
    assert told[1]["stage"] == "judged"
    assert told[1]["judgements"] == [
        {
            "outcome": "revised", "author": "openai", "judge": "anthropic", "model": "m", "principles_version": "1",
            "findings": [{"principle": "no_blame", "held": False, "reason": "It blames."}],
        }
    ]  # fmt: skip
    await socket.close()


async def test_a_repeat_is_told_once(running, listen):
    socket = await listen()

    for _ in range(3):
        running.gateway.newsroom.take(ALERTS_RAISED, alert("i1"))
    running.gateway.newsroom.take(ALERTS_RAISED, alert("i2"))

    assert [(await socket.receive_json(timeout=5))["alert_id"] for _ in range(2)] == ["i1", "i2"]
    await socket.close()


async def test_only_what_is_severe_enough_is_told(running, listen):
    socket = await listen("?min_severity=high")

    running.gateway.newsroom.take(ALERTS_RAISED, alert("i1", detection_pb2.SEVERITY_MEDIUM))
    running.gateway.newsroom.take(EXPLANATIONS_PRODUCED, explanation(detection_pb2.SEVERITY_LOW))
    running.gateway.newsroom.take(ALERTS_RAISED, alert("i2", detection_pb2.SEVERITY_CRITICAL))

    assert (await socket.receive_json(timeout=5))["alert_id"] == "i2"
    await socket.close()


async def test_the_past_is_told_to_who_asks(running, listen):
    running.gateway.newsroom.take(ALERTS_RAISED, alert("old", opened_us=1_000_000))
    running.gateway.newsroom.take(ALERTS_RAISED, alert("known", opened_us=9_000_000))
    socket, asking = await listen(), await listen("?since=5")
    running.gateway.newsroom.take(ALERTS_RAISED, alert("new"))

    assert (await socket.receive_json(timeout=5))["alert_id"] == "new"
    assert [(await asking.receive_json(timeout=5))["alert_id"] for _ in range(2)] == ["known", "new"]
    await socket.close()
    await asking.close()


async def test_a_browser_may_put_its_token_into_the_query(running, listen, make_token):
    socket = await listen(f"?token={make_token('olga', roles=['operator'])}", headers={})

    assert not socket.closed
    await socket.close()


@pytest.mark.parametrize(
    ("query", "roles", "status"),
    [
        ("", None, 401),
        ("?token=nonsense", None, 401),
        ("", [], 403),
        ("?min_severity=huge", ["operator"], 400),
        ("?since=yesterday", ["operator"], 400),
        ("?colour=red", ["operator"], 400),
    ],
)
async def test_others_are_refused_at_the_handshake(running, make_token, query, roles, status):
    headers = {} if roles is None else {"Authorization": f"Bearer {make_token(roles=roles)}"}

    with pytest.raises(WSServerHandshakeError) as refusal:
        await running.client.ws_connect(f"/ws/alerts{query}", headers=headers)

    assert refusal.value.status == status


async def test_before_the_past_is_read_nobody_is_let_in(running, make_token):
    running.gateway.caught_up.clear()

    with pytest.raises(WSServerHandshakeError) as refusal:
        await running.client.ws_connect(f"/ws/alerts?token={make_token(roles=['operator'])}")

    assert refusal.value.status == 503


async def test_a_reader_that_does_not_read_holds_nobody_up(running, listen, eventually):
    slow, quick = await listen(), await listen()
    slow._response.connection.transport.pause_reading()
    padding = "x" * 20_000

    last = 2000
    for i in range(last + 1):
        running.gateway.newsroom.take(ALERTS_RAISED, alert(f"i{i}-{padding if i < last else ''}"))
        if i % 100 == 0 or i == last:
            while not (await quick.receive_json(timeout=5))["alert_id"].startswith(f"i{i}-"):
                pass

    slow._response.connection.transport.resume_reading()
    told = []
    while not told or told[-1] != f"i{last}-":
        told.append((await slow.receive_json(timeout=5))["alert_id"])
    assert len(told) < last
    await slow.close()
    await quick.close()


async def test_stopping_closes_with_going_away(running, listen):
    socket = await listen()

    await running.gateway.streams.stop()

    assert (await socket.receive(timeout=5)).data == 1001


@pytest.mark.parametrize("past", [True, False])
async def test_viewers_are_told_pseudonyms_and_operators_names(running, listen, past):
    running.gateway._directory.learn(KEY, "alice")
    query = "?since=0" if past else ""

    def tell():
        running.gateway.newsroom.take(ALERTS_RAISED, alert())
        running.gateway.newsroom.take(EXPLANATIONS_PRODUCED, explanation())

    if past:
        tell()
    sockets = [await listen(query, roles=[role]) for role in ("viewer", "operator", "admin")]
    if not past:
        tell()

    told = [[await socket.receive_json(timeout=5) for _ in range(2)] for socket in sockets]

    assert [[frame["user_id"] for frame in frames] for frames in told] == [[None] * 2, ["alice"] * 2, ["alice"] * 2]
    assert "alice" not in str(told[0])
    assert told[0][1]["anomaly"]["user_key"] == KEY


async def test_a_frame_is_made_once_for_all_who_see_the_same(running, listen, monkeypatch):
    made = []
    news_of = running.gateway._desk.news_of

    def counting(message, *, by_name, position):
        made.append(by_name)
        return news_of(message, by_name=by_name, position=position)

    monkeypatch.setattr(running.gateway._desk, "news_of", counting)
    sockets = [await listen(roles=[role]) for role in ("viewer", "operator") * 3]
    running.gateway.newsroom.take(ALERTS_RAISED, alert())
    for socket in sockets:
        await socket.receive_json(timeout=5)

    assert sorted(made) == [False, True]
