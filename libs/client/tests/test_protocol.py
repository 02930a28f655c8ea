from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resonance_client.errors import BufferFull, ProtocolViolation, SessionClosed
from resonance_client.frames import Authentication, ReplayIdentity, Stamp, message
from resonance_client.protocol import ClientProtocol, Phase

READY = '{"type":"ready","connection":"c"}'


def replaying(buffer: int = 1000) -> ClientProtocol:
    return ClientProtocol(Authentication("t", True, ReplayIdentity("s", "c1", 0, "192.0.2.1")), buffer)


def ack(sequence: int) -> str:
    return json.dumps({"type": "ack", "sequence": sequence})


def written(protocol: ClientProtocol) -> list[object]:
    texts = []
    while (text := protocol.next_to_write()) is not None:
        texts.append(json.loads(text).get("data", "bye"))
    return texts


def opened(protocol: ClientProtocol) -> dict[str, object]:
    authentication: dict[str, object] = json.loads(protocol.connected())
    protocol.receive(READY)
    return authentication


def test_nothing_is_written_before_the_token_was_accepted() -> None:
    protocol = replaying()
    protocol.submit(message(1))
    assert protocol.next_to_write() is None
    protocol.connected()
    assert protocol.next_to_write() is None
    protocol.receive(READY)
    assert written(protocol) == [1]


def test_a_replay_resends_what_was_not_acknowledged_under_the_same_numbers() -> None:
    protocol = replaying()
    opened(protocol)
    assert [protocol.submit(message(n)) for n in (1, 2, 3)] == [1, 2, 3]
    assert written(protocol) == [1, 2, 3]
    protocol.receive(ack(1))
    protocol.disconnected(properly=False)
    assert opened(protocol)["first_sequence"] == 2
    assert written(protocol) == [2, 3]
    protocol.receive(ack(3))
    assert protocol.drained
    assert protocol.acknowledged == protocol.submitted == 3


def test_a_live_connection_is_acknowledged_anew_from_one() -> None:
    protocol = ClientProtocol(Authentication("t"))
    opened(protocol)
    for n in (1, 2, 3):
        protocol.submit(message(n))
    written(protocol)
    protocol.receive(ack(2))
    protocol.disconnected(properly=False)
    opened(protocol)
    assert written(protocol) == [3]
    protocol.receive(ack(1))
    assert protocol.drained
    assert protocol.acknowledged == 3


def test_without_acks_frames_are_forgotten_once_written() -> None:
    protocol = ClientProtocol(Authentication("t", acks=False), buffer=1)
    opened(protocol)
    protocol.submit(message(1))
    assert not protocol.has_room
    assert written(protocol) == [1]
    assert protocol.drained
    assert protocol.has_room


def test_the_buffer_is_bounded() -> None:
    protocol = replaying(buffer=2)
    protocol.submit(message(1))
    protocol.submit(message(2))
    with pytest.raises(BufferFull, match="2 frames wait"):
        protocol.submit(message(3))
    opened(protocol)
    written(protocol)
    protocol.receive(ack(1))
    assert protocol.submit(message(3)) == 3


def test_an_acknowledgement_of_what_was_never_written_is_a_violation() -> None:
    protocol = replaying()
    opened(protocol)
    protocol.submit(message(1))
    with pytest.raises(ProtocolViolation, match="acknowledged frame 1, but only 0"):
        protocol.receive(ack(1))


def test_old_and_repeated_acknowledgements_change_nothing() -> None:
    protocol = replaying()
    opened(protocol)
    for n in (1, 2):
        protocol.submit(message(n))
    written(protocol)
    protocol.receive(ack(2))
    protocol.receive(ack(1))
    protocol.receive(ack(2))
    assert protocol.acknowledged == 2


def test_bye_is_said_only_when_all_is_stored_and_is_the_last_frame() -> None:
    protocol = replaying()
    opened(protocol)
    protocol.submit(message(1))
    protocol.close(7_000_000)
    assert written(protocol) == [1]
    assert protocol.phase is Phase.OPEN
    protocol.receive(ack(1))
    assert json.loads(protocol.next_to_write() or "") == {"type": "bye", "time": 7.0}
    assert protocol.next_to_write() is None
    assert not protocol.finished
    protocol.disconnected(properly=True)
    assert protocol.finished
    with pytest.raises(SessionClosed):
        protocol.submit(message(2))


def test_bye_is_said_again_where_a_cut_may_have_lost_it() -> None:
    protocol = replaying()
    opened(protocol)
    protocol.close()
    assert written(protocol) == ["bye"]
    protocol.disconnected(properly=False)
    assert not protocol.finished
    opened(protocol)
    assert written(protocol) == ["bye"]
    protocol.disconnected(properly=True)
    assert protocol.finished


def test_a_proper_close_without_bye_is_no_end() -> None:
    protocol = replaying()
    opened(protocol)
    protocol.close()
    protocol.disconnected(properly=True)
    assert not protocol.finished


def test_the_oldest_frame_that_is_not_stored_is_known() -> None:
    protocol = replaying()
    for time_us in (10, 20):
        protocol.submit(message(0, stamp=Stamp(time_us, "192.0.2.1")))
    assert protocol.oldest_unstored_us == 0, "the opening itself, which was at 0"
    opened(protocol)
    written(protocol)
    assert protocol.oldest_unstored_us == 10
    protocol.receive(ack(1))
    assert protocol.oldest_unstored_us == 20
    protocol.disconnected(properly=False)
    assert protocol.oldest_unstored_us == 20
    opened(protocol)
    written(protocol)
    protocol.receive(ack(2))
    assert protocol.oldest_unstored_us is None


@given(st.lists(st.sampled_from(["submit", "write", "ack", "cut"]), max_size=60))
def test_whatever_happens_every_frame_is_stored_once_and_in_order(steps: list[str]) -> None:
    """A model of the gateway beside the protocol: it stores a number once, whatever is resent."""
    protocol = replaying()
    stored: dict[int, object] = {}
    arrived = int(str(opened(protocol)["first_sequence"])) - 1

    def write() -> bool:
        nonlocal arrived
        text = protocol.next_to_write()
        if text is not None:
            arrived += 1
            stored.setdefault(arrived, json.loads(text)["data"])
        return text is not None

    for step in [*steps, "cut"]:
        match step:
            case "submit":
                protocol.submit(message(protocol.submitted + 1))
            case "write":
                write()
            case "ack":
                protocol.receive(ack(arrived))
            case _:
                protocol.disconnected(properly=False)
                arrived = int(str(opened(protocol)["first_sequence"])) - 1
    while write():
        pass
    protocol.receive(ack(arrived))
    assert protocol.drained
    assert stored == {n: n for n in range(1, protocol.submitted + 1)}
