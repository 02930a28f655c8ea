"""After a cut a session subscribes again, and recovers what was published meanwhile."""

from __future__ import annotations

import json

import pytest

from resonance_client.frames import (
    Authentication,
    Position,
    Publication,
    ReplayIdentity,
    Standing,
    Subscribed,
    decode,
    message,
    subscribe,
    unsubscribe,
)
from resonance_client.protocol import ClientProtocol

READY = '{"type":"ready","connection":"c","limits":{"rate":10,"burst":100}}'


@pytest.fixture
def protocol() -> ClientProtocol:
    return ClientProtocol(Authentication("token"))


def connected(protocol: ClientProtocol) -> list[dict[str, object]]:
    """Frames that are written once the gateway is ready."""
    protocol.connected()
    protocol.receive(READY)
    return written(protocol)


def written(protocol: ClientProtocol) -> list[dict[str, object]]:
    frames = []
    while (text := protocol.next_to_write()) is not None:
        frames.append(json.loads(text))
    return frames


def told(protocol: ClientProtocol, **frame: object) -> None:
    protocol.receive(json.dumps(frame))


def test_frames_of_channels_are_read() -> None:
    assert decode('{"type":"publication","channel":"a","offset":7,"epoch":"e","data":1}') == Publication(
        "a", 1, Position(7, "e")
    )
    assert decode('{"type":"publication","channel":"a","data":1}') == Publication("a", 1)
    said = '{"type":"subscribed","channels":{"a":{"offset":7,"epoch":"e","recovered":true},"b":{}}}'
    assert decode(said) == Subscribed({"a": Standing(Position(7, "e"), True), "b": Standing(None, None)})


def test_a_cut_session_goes_on_after_the_newest_publication_it_has(protocol: ClientProtocol) -> None:
    protocol.submit(subscribe(["a", "b", "c"]))
    protocol.submit(unsubscribe(["c"]))
    connected(protocol)
    told(protocol, type="subscribed", channels={"a": {"offset": 4, "epoch": "e"}, "b": {}})
    told(protocol, type="publication", channel="a", offset=5, epoch="e", data=1)
    told(protocol, type="publication", channel="c", offset=9, epoch="e", data=1)
    told(protocol, type="ack", sequence=2)
    protocol.disconnected(properly=False)

    again = {"type": "subscribe", "channels": ["a", "b"], "recover": {"a": {"offset": 5, "epoch": "e"}}}
    assert connected(protocol) == [again]


def test_what_was_recovered_is_only_known_when_it_came(protocol: ClientProtocol) -> None:
    protocol.submit(subscribe(["a"]))
    connected(protocol)
    told(protocol, type="subscribed", channels={"a": {"offset": 4, "epoch": "e"}})
    told(protocol, type="ack", sequence=1)
    for expected in (4, 6, 20):
        protocol.disconnected(properly=False)
        assert connected(protocol)[0]["recover"] == {"a": {"offset": expected, "epoch": "e"}}
        if expected == 4:
            told(protocol, type="subscribed", channels={"a": {"offset": 9, "epoch": "e", "recovered": True}})
            told(protocol, type="publication", channel="a", offset=5, epoch="e", data=1)
            told(protocol, type="publication", channel="a", offset=6, epoch="e", data=1)
        else:
            told(protocol, type="subscribed", channels={"a": {"offset": 20, "epoch": "e", "recovered": False}})


def test_subscribing_again_is_numbered_by_the_gateway_and_not_by_us(protocol: ClientProtocol) -> None:
    protocol.submit(subscribe([f"c{n}" for n in range(64)]))
    protocol.submit(subscribe(["d"]))
    protocol.submit(message(1))
    connected(protocol)
    told(protocol, type="ack", sequence=2)
    assert protocol.acknowledged == 2
    protocol.disconnected(properly=False)

    assert [frame["type"] for frame in connected(protocol)] == ["subscribe", "subscribe", "message"]
    told(protocol, type="ack", sequence=2)
    assert protocol.acknowledged == 2
    told(protocol, type="ack", sequence=3)
    assert protocol.acknowledged == 3 and protocol.drained


def test_a_replay_writes_what_it_wrote(protocol: ClientProtocol) -> None:
    replay = ClientProtocol(Authentication("token", True, ReplayIdentity("s", "c", 1_000_000, "192.0.2.1")))
    replay.submit(subscribe(["a"]))
    connected(replay)
    told(replay, type="ack", sequence=1)
    replay.disconnected(properly=False)

    assert connected(replay) == []
