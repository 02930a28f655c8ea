"""Fan-out reaches those who subscribed, and no others."""

from __future__ import annotations

import json

from resonance_gateway.channels.hub import Channels
from resonance_gateway.tracking.activity import LIVE_STREAM, Stream


class Reader:
    def __init__(self) -> None:
        self.read: list[dict[str, object]] = []

    def publish(self, text: str) -> None:
        self.read.append(json.loads(text))


def test_subscribers_of_the_channel_and_the_stream_are_told():
    channels, alice, bob, replayed = Channels(), Reader(), Reader(), Reader()
    channels.join(LIVE_STREAM, ("a", "b"), alice)
    channels.join(LIVE_STREAM, ("b",), bob)
    channels.join(Stream("replay:r"), ("b",), replayed)

    assert channels.fan_out(LIVE_STREAM, "b", {"x": 1}) == 2
    assert channels.fan_out(LIVE_STREAM, "a", 2) == 1

    said = {"type": "publication", "channel": "b", "data": {"x": 1}}
    assert alice.read == [said, {"type": "publication", "channel": "a", "data": 2}]
    assert bob.read == [said]
    assert replayed.read == []


def test_who_left_is_not_told_and_leaves_nothing_behind():
    channels, alice = Channels(), Reader()
    channels.join(LIVE_STREAM, ("a", "a"), alice)
    channels.leave(LIVE_STREAM, ("a", "never joined"), alice)

    assert channels.fan_out(LIVE_STREAM, "a", 1) == 0
    assert len(channels) == 0
