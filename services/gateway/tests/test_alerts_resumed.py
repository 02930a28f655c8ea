"""`/ws/alerts?after=…`: a reader that comes back goes on where it was; and tokens in the first frame."""

from __future__ import annotations

import json

import pytest
from aiohttp import WSMsgType

from resonance_contracts.pb.resonance.v1 import alert_pb2, detection_pb2, operations_pb2
from resonance_contracts.topics import ALERTS_ENRICHED, ALERTS_RAISED, EXPLANATIONS_PRODUCED, FEEDBACK_GIVEN
from resonance_gateway.news.told import Told
from services.gateway.tests.test_alerts_stream import KEY, alert, explanation


@pytest.fixture
def come(running, make_token, eventually):
    """Opens a socket and says who it is in its first frame."""

    async def connect(query="?auth=frame&after=", token=None):
        before = len(running.gateway._desk)
        socket = await running.client.ws_connect(f"/ws/alerts{query}")
        token = token or make_token("olga", roles=["operator"])
        await socket.send_str(json.dumps({"type": "auth", "token": token}))
        await eventually(lambda: len(running.gateway._desk) > before)
        return socket

    return connect


async def frames(socket, until="caught_up"):
    """Frames up to one of a type."""
    found = []
    while not found or found[-1]["type"] != until:
        found.append(await socket.receive_json(timeout=5))
    return found


async def test_who_comes_back_is_told_what_came_meanwhile_and_nothing_twice(running, come):
    running.gateway.newsroom.take(ALERTS_RAISED, alert("i1"))
    first = await come()
    *known, caught_up = await frames(first)
    running.gateway.newsroom.take(ALERTS_RAISED, alert("i2"))
    read = await first.receive_json(timeout=5)
    await first.close()

    running.gateway.newsroom.take(ALERTS_RAISED, alert("i3"))
    running.gateway.newsroom.take(ALERTS_ENRICHED, alert_pb2.EnrichedAlert(alert_id="i1", revision=1, alert=alert()))
    second = await come(f"?auth=frame&after={read['position']}")
    *missed, again = await frames(second)
    running.gateway.newsroom.take(ALERTS_RAISED, alert("i4"))

    assert ([one["alert_id"] for one in known], caught_up["recovered"]) == (["i1"], False)
    assert read["alert_id"] == "i2"
    assert [(one["type"], one["alert_id"]) for one in missed] == [("alert", "i3"), ("enriched", "i1")]
    assert again == {"type": "caught_up", "position": missed[-1]["position"], "recovered": True}
    assert (await second.receive_json(timeout=5))["alert_id"] == "i4"
    await second.close()


@pytest.mark.parametrize("position", ["elsewhere.3", "nonsense", ".", "9" * 64])
async def test_of_a_position_of_another_gateway_all_that_is_remembered_is_told(running, come, position):
    for name in ("i1", "i2"):
        running.gateway.newsroom.take(ALERTS_RAISED, alert(name))

    socket = await come(f"?auth=frame&after={position}")
    *told, caught_up = await frames(socket)

    assert ([one["alert_id"] for one in told], caught_up["recovered"]) == (["i1", "i2"], False)
    await socket.close()


async def test_where_the_position_is_not_known_a_time_says_what_is_told(running, come):
    running.gateway.newsroom.take(ALERTS_RAISED, alert("i1", opened_us=1_000_000))
    running.gateway.newsroom.take(ALERTS_RAISED, alert("i2", opened_us=3_000_000))
    socket = await come("?auth=frame&after=&since=2")
    *told, caught_up = await frames(socket)
    await socket.close()
    running.gateway.newsroom.take(ALERTS_RAISED, alert("i3", opened_us=1_500_000))
    again = await come(f"?auth=frame&after={caught_up['position']}&since=2")
    *missed, _ = await frames(again)

    assert [one["alert_id"] for one in told] == ["i2"]
    assert [one["alert_id"] for one in missed] == ["i3"], "behind a known position nothing is left out"
    await again.close()


async def test_only_the_kinds_that_are_asked_for_are_told(running, come):
    running.gateway.newsroom.take(EXPLANATIONS_PRODUCED, explanation())
    socket = await come("?auth=frame&after=&kinds=alert,verdict")
    running.gateway.newsroom.take(ALERTS_RAISED, alert("i1"))
    running.gateway.newsroom.take(ALERTS_ENRICHED, alert_pb2.EnrichedAlert(alert_id="i1", revision=1, alert=alert()))
    given = operations_pb2.FeedbackGiven(alert_id="i1", user_key=KEY, alert=alert("i1"), given_us=1)
    running.gateway.newsroom.take(FEEDBACK_GIVEN, given)

    assert [(await socket.receive_json(timeout=5))["type"] for _ in range(3)] == ["caught_up", "alert", "verdict"]
    await socket.close()


async def test_who_was_erased_is_not_told_of_to_who_comes_back(running, come):
    socket = await come()
    position = (await frames(socket))[-1]["position"]
    await socket.close()
    running.gateway.newsroom.take(ALERTS_RAISED, alert("i1"))
    enriched = alert_pb2.EnrichedAlert(alert_id="i1", revision=1, alert=alert())
    running.gateway.newsroom.take(ALERTS_ENRICHED, enriched)

    running.gateway._desk.forget(KEY)

    again = await come(f"?auth=frame&after={position}")
    assert [one["type"] for one in await frames(again)] == ["caught_up"]
    await again.close()


async def test_a_reader_that_goes_on_later_is_disconnected_where_it_does_not_read(running, come):
    slow = await come()
    position = (await frames(slow))[-1]["position"]
    slow._response.connection.transport.pause_reading()
    padding = "x" * 20_000
    for i in range(1000):
        running.gateway.newsroom.take(ALERTS_RAISED, alert(f"i{i}-{padding}"))
    slow._response.connection.transport.resume_reading()

    read = 0
    while (message := await slow.receive(timeout=5)).type is WSMsgType.TEXT:
        read, position = read + 1, json.loads(message.data)["position"]
    again = await come(f"?auth=frame&after={position}")
    *rest, caught_up = await frames(again)

    assert read < 1000
    assert (read + len(rest), caught_up["recovered"]) == (1000, True)
    await again.close()


class TestTheFirstFrame:
    @pytest.mark.parametrize(
        ("frame", "sentence"),
        [
            ("nonsense", "first frame"),
            ('{"type": "hello"}', "first frame"),
            ('{"type": "auth"}', "first frame"),
            ('{"type": "auth", "token": "nonsense"}', "JWT"),
            ('{"type": "auth", "token": "rk_nonsense"}', "key"),
        ],
    )
    async def test_what_is_not_accepted_is_answered_with_a_sentence(self, running, frame, sentence):
        socket = await running.client.ws_connect("/ws/alerts?auth=frame")
        await socket.send_str(frame)

        told = await socket.receive_json(timeout=5)
        closed = await socket.receive(timeout=5)

        assert (told["type"], told["code"]) == ("error", "not_authenticated")
        assert sentence in told["message"]
        assert closed.data == 3500

    async def test_a_role_is_needed(self, running, make_token):
        socket = await running.client.ws_connect("/ws/alerts?auth=frame")
        await socket.send_str(json.dumps({"type": "auth", "token": make_token(roles=["backend"])}))

        assert "`viewer`" in (await socket.receive_json(timeout=5))["message"]
        await socket.close()

    async def test_who_says_nothing_is_not_waited_for(self, running, monkeypatch):
        monkeypatch.setattr(running.gateway.streams, "_auth_timeout_s", 0.01)
        socket = await running.client.ws_connect("/ws/alerts?auth=frame")

        assert (await socket.receive_json(timeout=5))["code"] == "auth_timeout"
        assert (await socket.receive(timeout=5)).data == 3001
        assert not len(running.gateway._desk)


class TestTold:
    def test_what_is_not_kept_any_more_is_not_known(self):
        told = Told(2)
        places = []
        for i in range(4):
            told.put("alert", detection_pb2.Alert(alert_id=f"i{i}"))
            places.append(told.position)
        told.put("verdict", operations_pb2.FeedbackGiven())

        assert told.after(places[0], ["alert"]) is None
        assert [message.alert_id for _, message in told.after(places[1], ["alert"])] == ["i2", "i3"]
        assert len(list(told.after(places[0], ["verdict"]))) == 1
        assert list(told.after(told.position, ["alert", "verdict"])) == []
