"""Who gets what of a channel: in order, without gap and without double."""

from __future__ import annotations

import json

from resonance_gateway.channels.hub import Channels
from resonance_gateway.channels.policies import Policies, Policy
from resonance_gateway.channels.publication import Position, Publication
from resonance_gateway.channels.remote import Reading
from resonance_gateway.channels.topic import Topic
from resonance_gateway.tracking.activity import LIVE_STREAM, Stream


def text_of(frame: bytes) -> dict[str, object]:
    """The JSON in a WebSocket frame."""
    return json.loads(frame[4 if frame[1] == 126 else 2 :])


class Reader:
    room = 1_000_000

    def __init__(self) -> None:
        self.answers: list[dict[str, object]] = []
        self.read: list[dict[str, object]] = []

    def publish(self, publication: Publication) -> None:
        self.read.append(text_of(publication.frame))

    def answer_framed(self, frame: bytes) -> None:
        self.answers.append(text_of(frame))

    def offsets(self) -> list[object]:
        return [frame["offset"] for frame in self.read]


def batch(first: int, last: int, epoch: str = "e") -> tuple[str, int, list[bytes | None]]:
    return epoch, last, [b"%d" % n for n in range(first, last + 1)]


def topic_with(reader: Reader, at: int) -> Topic:
    """A topic that stands at a position, with one subscriber."""
    topic = Topic("c", Policy.DROP_OLDEST)
    topic.join(reader)
    topic.admit(reader, Position(at, "e"))
    return topic


def test_subscribers_of_the_channel_and_the_stream_are_told():
    channels, alice, bob, replayed = Channels(Policies({})), Reader(), Reader(), Reader()
    channels.join(LIVE_STREAM, ("a", "b"), alice)
    channels.join(LIVE_STREAM, ("b",), bob)
    channels.join(Stream("replay:r"), ("b",), replayed)

    channels.fan_out(LIVE_STREAM, "b", {"x": 1})
    channels.fan_out(LIVE_STREAM, "a", 2)

    said = {"type": "publication", "channel": "b", "data": {"x": 1}}
    assert alice.read == [said, {"type": "publication", "channel": "a", "data": 2}]
    assert bob.read == [said]
    assert replayed.read == []
    assert alice.answers == [{"type": "subscribed", "channels": {"a": {}, "b": {}}}]


def test_who_left_is_not_told_and_leaves_nothing_behind():
    channels, alice = Channels(Policies({})), Reader()
    channels.join(LIVE_STREAM, ("a", "a"), alice)
    channels.leave(LIVE_STREAM, ("a", "never joined"), alice)
    channels.fan_out(LIVE_STREAM, "a", 1)

    assert alice.read == []
    assert len(channels) == 0


async def test_without_redis_nothing_is_recovered_and_a_publication_has_no_position():
    channels, alice = Channels(Policies({})), Reader()
    channels.join(LIVE_STREAM, ("a", "b"), alice, {"a": Position(3, "e")})

    assert alice.answers == [{"type": "subscribed", "channels": {"a": {"recovered": False}, "b": {}}}]
    assert await channels.publish("a", "hi") is None
    assert alice.read == [{"type": "publication", "channel": "a", "data": "hi"}]


def test_everything_arrives_once_however_often_it_is_brought():
    reader = Reader()
    topic = topic_with(reader, 3)
    for arrived in (batch(4, 6), batch(5, 6), batch(6, 8), batch(8, 8)):
        assert topic.arrived(arrived)

    assert reader.offsets() == [4, 5, 6, 7, 8]
    assert [frame["data"] for frame in reader.read] == [4, 5, 6, 7, 8]


def test_what_joins_gets_what_is_after_its_answer_whether_it_came_before_or_not():
    for known in range(3, 9):
        reader = Reader()
        topic = topic_with(Reader(), 3)
        topic.join(reader)
        topic.arrived(batch(4, 6))
        topic.admit(reader, Position(known, "e"))
        topic.arrived(batch(7, 7))
        topic.arrived(batch(8, 10))

        assert reader.offsets() == list(range(known + 1, 11))


def test_a_gap_is_filled_before_anything_goes_on():
    reader = Reader()
    topic = topic_with(reader, 3)
    assert not topic.arrived(batch(6, 7))
    assert topic.arrived(batch(8, 8))
    assert reader.read == []

    assert topic.caught_up(Reading(Position(7, "e"), [b"4", b"5", b"6", b"7"]))
    assert reader.offsets() == [4, 5, 6, 7, 8]


def test_a_gap_behind_a_gap_is_found():
    reader = Reader()
    topic = topic_with(reader, 3)
    assert not topic.arrived(batch(6, 7))
    topic.arrived(batch(12, 12))

    assert not topic.caught_up(Reading(Position(8, "e"), [b"4", b"5", b"6", b"7", b"8"]))
    assert topic.caught_up(Reading(Position(12, "e"), [b"9", b"10", b"11", b"12"]))
    assert reader.offsets() == list(range(4, 13))


def test_a_gap_that_cannot_be_filled_is_told_to_all_who_had_the_channel():
    early, ahead = Reader(), Reader()
    topic = topic_with(early, 3)
    topic.join(ahead)
    topic.admit(ahead, Position(5, "e"))
    assert topic.hold()
    topic.arrived(batch(8, 8, "new"))
    topic.caught_up(Reading(Position(7, "new"), None))
    topic.arrived(batch(9, 9, "new"))

    lost = {"type": "subscribed", "channels": {"c": {"offset": 7, "epoch": "new", "recovered": False}}}
    for reader in (early, ahead):
        assert reader.answers == [lost]
        assert reader.offsets() == [8, 9]


def test_what_could_not_be_read_is_read_the_next_time():
    reader = Reader()
    topic = topic_with(reader, 3)
    topic.arrived(batch(6, 6))
    assert topic.caught_up(None)
    assert topic.hold()
    topic.caught_up(Reading(Position(6, "e"), [b"4", b"5", b"6"]))

    assert reader.offsets() == [4, 5, 6]


def test_what_was_passed_on_before_counts_and_does_not_come_again():
    reader = Reader()
    topic = topic_with(reader, 3)
    topic.here(b"4")
    topic.arrived(("e", 5, [None, b"5"]))

    assert [frame["data"] for frame in reader.read] == [4, 5]
    assert topic.position == Position(5, "e")


def test_a_new_epoch_begins_anew():
    reader = Reader()
    topic = topic_with(reader, 300)
    topic.arrived(batch(1, 2, "new"))

    assert [(frame["offset"], frame["epoch"]) for frame in reader.read] == [(1, "new"), (2, "new")]


def test_a_publication_is_encoded_once_for_all_subscribers():
    got: list[Publication] = []

    class Many:
        room = 1_000_000

        def publish(self, publication: Publication) -> None:
            got.append(publication)

        def answer_framed(self, frame: bytes) -> None:
            """Not looked at."""

    channels = Channels(Policies({}))
    for _ in range(1000):
        channels.join(LIVE_STREAM, ("a",), Many())
    channels.fan_out(LIVE_STREAM, "a", {"x": 1})

    assert len(got) == 1000 and len(set(map(id, got))) == 1
