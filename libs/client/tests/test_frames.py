from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resonance_client import frames
from resonance_client.errors import ProtocolViolation


def test_a_message_without_stamp_states_nothing_that_only_a_replay_may_state() -> None:
    assert json.loads(frames.message({"a": 1}, "general").encode()) == {
        "type": "message", "data": {"a": 1}, "channel": "general",
    }  # fmt: skip
    assert json.loads(frames.message("x").encode()) == {"type": "message", "data": "x"}


def test_subscriptions_name_channels_and_carry_no_data() -> None:
    assert json.loads(frames.subscribe(["a", "b"]).encode()) == {"type": "subscribe", "channels": ["a", "b"]}
    assert json.loads(frames.unsubscribe(["a"]).encode()) == {"type": "unsubscribe", "channels": ["a"]}


@given(st.integers(min_value=0, max_value=4_000_000_000_000_000))
def test_the_gateway_reads_the_microsecond_that_was_stamped(time_us: int) -> None:
    frame = json.loads(frames.publish("c", 1, frames.Stamp(time_us, "192.0.2.1", 10, True)).encode())
    assert round(frame["time"] * 1_000_000) == time_us
    assert (frame["address"], frame["size"], frame["error"]) == ("192.0.2.1", 10, True)


def test_a_live_connection_states_no_source() -> None:
    assert json.loads(frames.Authentication("t").encode(5)) == {"type": "auth", "token": "t", "acks": True}


def test_a_replay_states_where_its_numbers_go_on() -> None:
    identity = frames.ReplayIdentity("s", "c1", 1_500_000, "192.0.2.1")
    assert json.loads(frames.Authentication("t", True, identity).encode(5)) == {
        "type": "auth", "token": "t", "acks": True, "stream": "s", "source": "c1", "first_sequence": 5,
        "time": 1.5, "address": "192.0.2.1",
    }  # fmt: skip


def test_bye_tells_the_time_of_the_end() -> None:
    assert json.loads(frames.bye(2_500_000)) == {"type": "bye", "time": 2.5}
    assert json.loads(frames.bye()) == {"type": "bye"}


def test_frames_of_the_gateway_are_typed() -> None:
    ready = '{"type":"ready","connection":"c","limits":{"rate":10,"burst":100}}'
    assert frames.decode(ready) == frames.Ready("c", 10.0, 100.0)
    assert frames.decode('{"type":"ack","sequence":3}') == frames.Ack(3)
    assert frames.decode('{"type":"error","code":"rate_limited","message":"m","retry_after":1.5}') == frames.Refused(
        "rate_limited", "m", 1.5
    )
    assert frames.decode('{"type":"publication","channel":"c","data":[1]}') == frames.Publication("c", [1])
    assert frames.decode('{"type":"pong"}') == frames.Other("pong")


@pytest.mark.parametrize("text", ["", "[]", "3", "null", "{}", '{"type":"ack"}', '{"type":"ack","sequence":"x"}'])
def test_what_is_no_frame_is_a_violation(text: str) -> None:
    with pytest.raises(ProtocolViolation, match="Expected a JSON frame"):
        frames.decode(text)
