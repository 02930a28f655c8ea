"""WebSocket connections of users, over a real socket, with a recording publisher."""

from __future__ import annotations

import asyncio
import json

import pytest
from aiohttp import WSMsgType

from resonance_gateway.sockets import connection


async def connect(running, token=None, acks=False, **stated):
    """A socket that was authenticated, after its ready frame."""
    socket = await running.client.ws_connect("/ws")
    await socket.send_json({"type": "auth", "token": token, "acks": acks, **stated})
    assert (await socket.receive_json(timeout=5))["type"] == "ready"
    return socket


async def close_code(socket):
    """Code that the server closes with; errors before it are passed over."""
    while (message := await socket.receive(timeout=5)).type is WSMsgType.TEXT:
        pass
    assert message.type is WSMsgType.CLOSE
    return message.data


def kinds(sender):
    return [e["kind"] for e in sender.events()]


async def test_a_message_becomes_an_event(running, sender, make_token, eventually):
    socket = await connect(running, make_token("alice"))
    await socket.send_json({"type": "message", "data": {"text": "hi"}, "channel": "general"})
    await socket.close()

    await eventually(lambda: len(sender.events()) == 4)

    events = sender.events()
    assert [e["kind"] for e in events] == ["connect", "login", "message", "disconnect"]
    message = events[2]
    assert (message["channel"], message["size"], message["sequence"], message["stream"]) == (
        "general",
        len('{"text": "hi"}'),
        1,
        "live",
    )
    assert [e["time_us"] for e in events] == sorted(e["time_us"] for e in events)
    assert sender.batches()[0].watermark_us >= events[0]["time_us"]


async def test_the_authorization_header_serves_too(running, make_token):
    socket = await running.client.ws_connect("/ws", headers={"Authorization": f"Bearer {make_token()}"})

    assert (await socket.receive_json(timeout=5))["type"] == "ready"
    await socket.close()


async def test_acks_come_when_events_are_stored_and_not_before(running, sender, make_token, eventually):
    socket = await connect(running, make_token(), acks=True)
    await eventually(lambda: sender.events())
    sender.open.clear()
    for _ in range(5):
        await socket.send_json({"type": "message", "data": 1})
    await socket.send_json({"type": "ping"})
    assert await socket.receive_json(timeout=5) == {"type": "pong"}
    sender.open.set()

    acked = 0
    while acked < 5:
        frame = await socket.receive_json(timeout=5)
        assert frame["type"] == "ack" and frame["sequence"] > acked
        acked = frame["sequence"]
    assert acked == 5
    await socket.close()


async def test_a_failed_broker_delays_acks_and_loses_nothing(running, sender, make_token, eventually):
    socket = await connect(running, make_token(), acks=True)
    await eventually(lambda: sender.events())
    sender.failures = 2
    await socket.send_json({"type": "message", "data": 1})

    assert await socket.receive_json(timeout=5) == {"type": "ack", "sequence": 1}
    assert kinds(sender) == ["connect", "login", "message"]
    await socket.close()


async def test_publications_reach_subscribers(running, make_token):
    alice = await connect(running, make_token("alice"))
    bob = await connect(running, make_token("bob"))
    await alice.send_json({"type": "subscribe", "channels": ["news"]})
    assert await alice.receive_json(timeout=5) == {"type": "subscribed", "channels": {"news": {}}}

    await bob.send_json({"type": "publish", "channel": "news", "data": [1, "два"]})

    assert await alice.receive_json(timeout=5) == {"type": "publication", "channel": "news", "data": [1, "два"]}
    await alice.close()
    await bob.close()


@pytest.mark.parametrize(
    "bad",
    [
        "not json",
        '{"type":"message","data":NaN}',
        '{"type":"nonsense"}',
        '{"type":"message","data":1,"x":2}',
        b"\x00\xff",
    ],
)
async def test_a_bad_frame_harms_nothing_behind_it(running, sender, make_token, eventually, bad):
    socket = await connect(running, make_token())
    await (socket.send_bytes(bad) if isinstance(bad, bytes) else socket.send_str(bad))
    await socket.send_json({"type": "message", "data": 1})
    answer = await socket.receive_json(timeout=5)

    await eventually(lambda: len(sender.events()) == 4)

    assert answer["type"] == "error" and answer["message"].endswith(".")
    assert [(e["sequence"], e["error"]) for e in sender.events()[2:]] == [(1, True), (2, False)]
    await socket.close()


@pytest.mark.parametrize("size", [70_000, 500_000])
async def test_a_frame_that_is_too_large_ends_its_connection_and_no_other(
    running, sender, make_token, eventually, size
):
    other = await connect(running, make_token("other"))
    socket = await connect(running, make_token("alice"))
    await socket.send_json({"type": "message", "data": 1})
    await socket.send_json({"type": "message", "data": "x" * size})

    assert await close_code(socket) == 1009
    await eventually(lambda: kinds(sender).count("disconnect") == 1)
    await other.send_json({"type": "ping"})
    assert (await other.receive_json(timeout=5))["type"] == "pong"

    frames = [e for e in sender.events() if e["kind"] == "message"]
    assert [(e["sequence"], e["error"]) for e in frames] == [(1, False), (2, True)]
    await other.close()


async def test_a_frame_a_little_too_large_is_answered_with_a_sentence(running, make_token):
    socket = await connect(running, make_token())
    await socket.send_json({"type": "message", "data": "x" * 70_000})

    answer = await socket.receive_json(timeout=5)

    assert (answer["code"], answer["message"]) == ("too_large", "Frames of at most 65536 bytes are read.")
    assert await close_code(socket) == 1009


@pytest.mark.parametrize("first", ["{", '{"type":"auth","token":"no"}', '{"type":"message","data":1}'])
async def test_who_does_not_authenticate_is_turned_away(running, sender, first):
    socket = await running.client.ws_connect("/ws")
    await socket.send_str(first)

    assert (await socket.receive_json(timeout=5))["type"] == "error"
    assert await close_code(socket) == 3500
    assert sender.events() == []


async def test_who_says_nothing_is_turned_away_in_time(start_gateway):
    running = await start_gateway(auth_timeout_s=0.05)
    socket = await running.client.ws_connect("/ws")

    assert (await socket.receive_json(timeout=5))["code"] == "auth_timeout"
    assert await close_code(socket) == 3001


async def test_limits_are_told_counted_and_passed_on(start_gateway, sender, make_token, eventually):
    running = await start_gateway(rate=1.0, burst=3.0)
    socket = await connect(running, make_token())
    for _ in range(5):
        await socket.send_json({"type": "message", "data": 1})

    answers = [await socket.receive_json(timeout=5) for _ in range(2)]

    assert {a["code"] for a in answers} == {"rate_limited"}
    assert all(0 < a["retry_after"] <= 1.001 for a in answers)
    await eventually(lambda: kinds(sender).count("limited") == 2)
    await socket.close()


async def test_a_connection_that_breaks_is_a_disconnect(running, sender, make_token, eventually):
    socket = await connect(running, make_token())
    socket._response.connection.transport.abort()

    await eventually(lambda: kinds(sender)[-1:] == ["disconnect"])
    assert len(running.gateway.sockets) == 0


async def test_a_replay_that_breaks_and_returns_doubles_nothing(running, sender, make_token, eventually):
    token = make_token("203.0.113.9", roles=["replay"])
    stated = {"stream": "r", "source": "s", "time": 1000.5, "address": "203.0.113.9"}
    socket = await connect(running, token, acks=True, **stated)
    for i in range(3):
        await socket.send_json({"type": "message", "data": 0, "time": 1001 + i})
    await eventually(lambda: kinds(sender).count("message") == 3)
    socket._response.connection.transport.abort()
    await eventually(lambda: len(running.gateway.sockets) == 0)

    socket = await connect(running, token, acks=True, first_sequence=3, **stated)
    await socket.send_json({"type": "message", "data": 0, "time": 1003})
    await socket.send_json({"type": "message", "data": 0, "time": 1004})
    assert (await socket.receive_json(timeout=5))["sequence"] in (3, 4)
    await socket.send_json({"type": "bye", "time": 1005})
    assert await close_code(socket) == 1000
    await eventually(lambda: kinds(sender)[-1:] == ["disconnect"])

    once: dict[tuple[str, int], dict[str, object]] = {}
    for event in sender.events():
        known = once.setdefault((event["source"], event["sequence"]), event)
        assert known == event
    assert [e["kind"] for e in once.values()] == ["connect", "login", *["message"] * 4, "disconnect"]
    assert {e["stream"] for e in once.values()} == {"replay:r"}
    assert [e["time_us"] for e in once.values()][-1] == 1005_000_000


async def test_after_bye_a_connection_with_acks_is_closed_once_the_disconnect_is_stored(
    running, sender, make_token, eventually
):
    socket = await connect(running, make_token(), acks=True)
    await eventually(lambda: kinds(sender) == ["connect", "login"])
    sender.open.clear()
    attempts = len(sender.attempts)
    await socket.send_json({"type": "bye"})
    await eventually(lambda: len(sender.attempts) > attempts)
    closing = asyncio.create_task(close_code(socket))
    done, _ = await asyncio.wait([closing], timeout=0.2)
    assert not done, "the disconnect is not stored yet"

    sender.open.set()
    assert await closing == 1000
    assert kinds(sender)[-1:] == ["disconnect"]


async def test_a_bye_that_cannot_be_stored_is_to_be_said_again(running, sender, make_token, eventually, monkeypatch):
    monkeypatch.setattr(connection, "_FAREWELL_S", 0.05)
    socket = await connect(running, make_token(), acks=True)
    await eventually(lambda: kinds(sender) == ["connect", "login"])
    sender.open.clear()
    await socket.send_json({"type": "bye"})
    assert await close_code(socket) == 1013
    sender.open.set()
    await eventually(lambda: kinds(sender)[-1:] == ["disconnect"])


async def test_while_there_is_no_room_a_replay_is_not_read(start_gateway, sender, make_token, eventually):
    running = await start_gateway(max_unsent_events=1000, rate=1e6, burst=1e6)
    sender.open.clear()
    token = make_token("alice", roles=["replay"])
    socket = await connect(running, token, stream="r", time=1.0)

    async def flood():
        for _ in range(3000):
            await socket.send_json({"type": "message", "data": 1, "time": 2.0})

    flooding = asyncio.create_task(flood())
    await eventually(lambda: running.gateway.tracker.full)
    live = await connect(running, make_token("bob"))
    await live.send_json({"type": "ping"})
    assert (await live.receive_json(timeout=5))["type"] == "pong"
    assert running.gateway.tracker.unsent <= 1010
    sender.open.set()
    await flooding

    def stored() -> int:
        return sum(len(batch.sequence) for batch in sender.batches() if batch.stream == "replay:r")

    await eventually(lambda: stored() == 3002)
    assert running.gateway.tracker.dropped == 0
    await socket.close()
    await live.close()


async def test_stopping_closes_all_with_going_away_and_keeps_their_last_events(running, sender, make_token):
    sockets = [await connect(running, make_token(f"user-{i}")) for i in range(3)]
    for socket in sockets:
        await socket.send_json({"type": "message", "data": 1})
        await socket.send_json({"type": "ping"})
        assert (await socket.receive_json(timeout=5))["type"] == "pong"

    stopping = asyncio.create_task(running.gateway.sockets.stop())
    codes = [await close_code(socket) for socket in sockets]
    await asyncio.wait_for(stopping, 5)
    assert await running.gateway.tracker.stop(5)

    assert codes == [1001] * 3
    assert sorted(kinds(sender)) == sorted(["connect", "login", "message", "disconnect"] * 3)
    refused = await running.client.get("/ws", headers={"Connection": "Upgrade", "Upgrade": "websocket"})
    assert refused.status == 503


async def test_a_gateway_that_stops_acknowledges_what_it_took_and_takes_no_more(
    running, sender, make_token, eventually
):
    socket = await connect(running, make_token(), acks=True)
    sender.open.clear()
    for i in range(3):
        await socket.send_json({"type": "message", "data": i})
    await socket.send_json({"type": "ping"})
    assert (await socket.receive_json(timeout=5))["type"] == "pong"
    stopping = asyncio.create_task(running.gateway.sockets.stop())
    await eventually(lambda: not running.gateway.sockets._accepting)
    await socket.send_json({"type": "message", "data": "too late"})
    sender.open.set()

    told = []
    while (message := await socket.receive(timeout=5)).type is WSMsgType.TEXT:
        told.append(message.json())
    await asyncio.wait_for(stopping, 5)
    assert await running.gateway.tracker.stop(5)

    assert told[-1]["type"] == "ack" and told[-1]["sequence"] == 3
    assert message.data == 1001
    assert kinds(sender).count("message") == 3


async def test_a_gateway_that_stops_while_the_broker_is_away_waits_for_it_a_moment_only(running, sender, make_token):
    socket = await connect(running, make_token(), acks=True)
    sender.open.clear()
    await socket.send_json({"type": "message", "data": 1})
    await socket.send_json({"type": "ping"})
    assert (await socket.receive_json(timeout=5))["type"] == "pong"

    stopping = asyncio.create_task(running.gateway.sockets.stop())
    assert await close_code(socket) == 1001
    await asyncio.wait_for(stopping, 5)
    sender.open.set()


async def test_nothing_that_is_published_names_a_person(running, sender, make_token, eventually):
    socket = await connect(running, make_token("alice@example.org", jti="token-of-alice"))
    await socket.send_json({"type": "message", "data": "alice@example.org"})
    await eventually(lambda: len(sender.events()) == 3)
    await socket.close()

    for outgoing in sender.sent:
        written = outgoing.value.SerializeToString()
        for secret in (b"alice", b"token-of-alice", b"127.0.0.1"):
            assert secret not in written


async def test_text_that_is_not_json_at_all_is_quoted_short(running, make_token):
    socket = await connect(running, make_token())
    await socket.send_str("{" * 60_000)

    assert len(json.dumps(await socket.receive_json(timeout=5))) < 600
    await socket.close()
