"""The protocol on live connections."""

from __future__ import annotations

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from resonance_gateway.limits.gate import Gate
from resonance_gateway.limits.limiter import Limits
from resonance_gateway.people.pseudonyms import AddressKeys, Pseudonyms
from resonance_gateway.sockets.effects import AcksWanted, Close, FanOut, Join, Leave, Send
from resonance_gateway.tracking.activity import Activity, Kind

NOW = 1_700_000_000_000_000


def text(**frame):
    return json.dumps(frame)


def told(effects):
    return [json.loads(e.text) for e in effects if isinstance(e, Send)]


def tracked(effects):
    return [e for e in effects if isinstance(e, Activity)]


def closed(effects):
    return [e.code for e in effects if isinstance(e, Close)]


def only_error(effects):
    (frame,) = told(effects)
    assert frame["type"] == "error"
    assert frame["message"].endswith(".")
    return frame["code"]


@pytest.fixture
def opened(make_protocol, make_token):
    """An authenticated connection, and what opening it did."""

    def open_one(limits=Limits(10.0, 100.0), **claims):  # noqa: B008  # frozen
        protocol = make_protocol(limits)
        protocol.received(text(type="auth", token=make_token(**claims)), NOW)
        return protocol

    return open_one


class TestOpening:
    def test_a_token_opens_and_makes_connect_and_login(self, make_protocol, make_token):
        protocol = make_protocol()

        effects = protocol.received(text(type="auth", token=make_token(), acks=True), NOW)

        assert [(e.kind, e.source, e.sequence, e.time_us) for e in tracked(effects)] == [
            (Kind.CONNECT, "c_1#session", 1, NOW),
            (Kind.LOGIN, "c_1#session", 2, NOW),
        ]
        assert told(effects) == [{"type": "ready", "connection": "c_1", "limits": {"rate": 10.0, "burst": 100.0}}]
        assert AcksWanted() in effects

    def test_no_user_id_no_address_and_no_token_id_leaves(self, make_protocol, make_token):
        protocol = make_protocol()
        effects = protocol.received(text(type="auth", token=make_token("alice")), NOW)

        for event in tracked(effects):
            assert (event.user_key[:2], event.address[:2], event.token[:2]) == ("u_", "a_", "t_")
        assert "alice" not in repr(effects) and "192.0.2.7" not in repr(effects) and "token-1" not in repr(effects)

    def test_a_header_opens_and_hello_asks_for_acks(self, make_protocol, make_token):
        protocol = make_protocol()

        assert told(protocol.opened(make_token(), NOW))[0]["type"] == "ready"
        assert protocol.received(text(type="hello", acks=True), NOW) == [AcksWanted()]

    @pytest.mark.parametrize(
        "first",
        [
            "not json",
            text(type="message", data=1),
            text(type="auth"),
            text(type="auth", token="x.y.z"),
            text(type="auth", token=5),
            text(type="ping"),
            "[]",
        ],
    )
    def test_anything_else_first_ends_the_connection(self, make_protocol, first):
        effects = make_protocol().received(first, NOW)

        assert only_error(effects)
        assert closed(effects) == [3500]
        assert tracked(effects) == []

    def test_a_user_id_of_ten_kilobytes_is_refused_with_a_sentence(self, make_protocol, make_token):
        effects = make_protocol().received(text(type="auth", token=make_token("x" * 10_000)), NOW)

        assert "at most 256 bytes" in told(effects)[0]["message"]
        assert closed(effects) == [3500]

    def test_silence_ends_the_connection(self, make_protocol):
        protocol = make_protocol()

        effects = protocol.auth_timed_out()

        assert (only_error(effects), closed(effects)) == ("auth_timeout", [3001])
        assert protocol.ended(True, NOW) == []

    def test_one_user_may_open_so_many_connections(self, make_protocol, make_token):
        first, second = make_protocol(per_user=1), make_protocol(per_user=1)
        first.received(text(type="auth", token=make_token()), NOW)

        refused = second.received(text(type="auth", token=make_token()), NOW)
        first.ended(True, NOW)
        third = make_protocol(per_user=1).received(text(type="auth", token=make_token()), NOW)

        assert (only_error(refused), closed(refused)) == ("too_many_connections", [1013])
        assert told(third)[0]["type"] == "ready"

    def test_replay_fields_without_the_role_are_ignored_and_said_so(self, make_protocol, make_token):
        protocol = make_protocol()

        effects = protocol.received(
            text(type="auth", token=make_token(), stream="r", time=5.0, first_sequence=9, address="10.0.0.1"), NOW
        )

        assert [f["type"] for f in told(effects)] == ["error", "ready"]
        assert told(effects)[0]["code"] == "not_allowed"
        assert protocol.session.stream.name == "live"
        assert {e.time_us for e in tracked(effects)} == {NOW}


class TestFrames:
    def test_frames_are_numbered_in_order_whatever_becomes_of_them(self, opened):
        protocol = opened()
        frames = [
            text(type="message", data={"a": 1}, channel="general"),
            "nonsense",
            text(type="subscribe", channels=["general"]),
            text(type="message", data=1, time=3.0),
            text(type="unsubscribe", channels=["general"]),
            text(type="publish", channel="general", data=[1, 2]),
        ]

        events = [e for f in frames for e in tracked(protocol.received(f, NOW))]

        assert [(e.source, e.sequence) for e in events] == [("c_1", n) for n in range(1, 7)]
        assert [e.kind for e in events] == [
            Kind.MESSAGE,
            Kind.MESSAGE,
            Kind.SUBSCRIBE,
            Kind.MESSAGE,
            Kind.UNSUBSCRIBE,
            Kind.MESSAGE,
        ]
        assert [e.error for e in events] == [False, True, False, True, False, False]

    def test_hello_and_ping_take_no_number(self, opened):
        protocol = opened()
        assert told(protocol.received(text(type="ping"), NOW)) == [{"type": "pong"}]
        assert protocol.received(text(type="hello"), NOW) == []

        assert tracked(protocol.received(text(type="message", data=0), NOW))[0].sequence == 1

    def test_the_size_of_a_message_is_that_of_its_data_as_written(self, opened):
        (event,) = opened().received('{"type":"message","data": {"a":  "ж"} }', NOW)

        assert event.size == len('{"a":  "ж"}'.encode())

    def test_a_subscription_to_three_channels_is_three_events_and_one_number(self, opened):
        protocol = opened()

        effects = protocol.received(text(type="subscribe", channels=["a", "b", "c"]), NOW)
        after = protocol.received(text(type="message", data=0), NOW)

        assert [(e.source, e.sequence, e.channel) for e in tracked(effects)] == [
            ("c_1#channels", 64, "a"),
            ("c_1#channels", 65, "b"),
            ("c_1", 1, "c"),
        ]
        assert Join(("a", "b", "c")) in effects
        assert tracked(after)[0].sequence == 2

    def test_leaving_and_publishing(self, opened):
        protocol = opened()

        assert Leave(("a",)) in protocol.received(text(type="unsubscribe", channels=["a"]), NOW)
        assert FanOut("a", {"x": [1.5, None]}) in protocol.received(
            text(type="publish", channel="a", data={"x": [1.5, None]}), NOW
        )

    @pytest.mark.parametrize(
        ("frame", "code"),
        [
            ("", "bad_json"),
            ("not json", "bad_json"),
            ('{"type":"message","data":NaN}', "bad_json"),
            ('{"type":"message","data":-Infinity}', "bad_json"),
            ('{"type":"message","data":1} trailing', "bad_json"),
            ('{"type":"message","data":"\\ud800","channel":"\\ud800"}', "bad_json"),
            ('{"type":"message","data":1,"channel":"\ud800"}', "bad_json"),
            ("[1,2]", "bad_frame"),
            ('"message"', "bad_frame"),
            ("17", "bad_frame"),
            ("{}", "bad_frame"),
            (text(type="message"), "bad_frame"),
            (text(type="nonsense", data=1), "bad_frame"),
            (text(type=5), "bad_frame"),
            (text(type="message", data=1, colour="red"), "bad_frame"),
            (text(type="message", data=1, channel=7), "bad_frame"),
            (text(type="message", data=1, channel=""), "bad_frame"),
            (text(type="message", data=1, channel="c" * 129), "bad_frame"),
            (text(type="message", data=1, time="now"), "bad_frame"),
            (text(type="message", data=1, time=True), "bad_frame"),
            (text(type="message", data=1, size=-1), "bad_frame"),
            ('{"type":"message","data":1,"time":1e999}', "bad_frame"),
            (text(type="subscribe", channels=[]), "bad_frame"),
            (text(type="subscribe", channels="general"), "bad_frame"),
            (text(type="subscribe", channels=["c"] * 65), "bad_frame"),
            ('{"type":"publish","channel":"c","data":1e999}', "bad_frame"),
            ('{"type":"publish","channel":"c","data":"\\ud800"}', "bad_json"),
            ('{"type":"message","data":' + "[" * 20_000 + "]" * 20_000 + "}", "bad_frame"),
            (text(type="message", data=1, channel="admin.audit"), "forbidden_channel"),
            (text(type="publish", data=1, channel="admin.audit"), "forbidden_channel"),
            (text(type="subscribe", channels=["ok", "admin.audit"]), "forbidden_channel"),
            (text(type="message", data=1, address="10.0.0.1"), "not_allowed"),
        ],
    )
    def test_a_bad_frame_is_answered_counted_and_harms_nothing_behind_it(self, opened, frame, code):
        protocol = opened()

        effects = protocol.received(frame, NOW)
        after = protocol.received(text(type="message", data=0), NOW + 1)

        assert only_error(effects) == code
        (event,) = tracked(effects)
        assert (event.error, event.sequence) == (True, 1)
        assert closed(effects) == []
        assert [(e.sequence, e.error) for e in tracked(after)] == [(2, False)]

    def test_what_is_quoted_back_is_short(self, opened):
        effects = opened().received(json.dumps({"type": "message", "data": 1, "x" * 30_000: 1}), NOW)

        assert len(told(effects)[0]["message"]) < 500

    def test_a_binary_frame_is_refused_and_counted(self, opened):
        effects = opened().received_binary(12, NOW)

        assert only_error(effects) == "bad_frame"
        assert tracked(effects)[0].size == 12

    def test_a_frame_that_is_too_large_is_counted_and_ends_the_connection(self, opened):
        protocol = opened()

        effects = protocol.received(text(type="message", data="x" * 70_000), NOW)

        assert (only_error(effects), closed(effects)) == ("too_large", [1009])
        assert tracked(effects)[0].error
        assert [e.kind for e in protocol.ended(False, NOW)] == [Kind.DISCONNECT]

    def test_a_frame_of_exactly_the_limit_passes(self, opened):
        frame = '{"type":"message","data":"' + "x" * (65_536 - 28) + '"}'
        assert len(frame) == 65_536

        (event,) = opened().received(frame, NOW)

        assert not event.error

    def test_subscriptions_are_bounded(self, opened):
        protocol = opened(Limits(1e6, 1e6))
        for batch in range(4):
            protocol.received(text(type="subscribe", channels=[f"c{batch}-{i}" for i in range(64)]), NOW)

        assert only_error(protocol.received(text(type="subscribe", channels=["one more"]), NOW)) == "too_many_channels"
        assert told(protocol.received(text(type="subscribe", channels=["c0-0"]), NOW)) == []


class TestLimits:
    def test_a_frame_beyond_the_burst_is_limited_and_told_when_to_return(self, opened):
        protocol = opened(Limits(2.0, 3.0))

        effects = [protocol.received(text(type="message", data=0, channel="a"), NOW) for _ in range(4)]

        (event,) = tracked(effects[3])
        (answer,) = told(effects[3])
        assert (event.kind, event.error, event.sequence, event.channel) == (Kind.LIMITED, True, 4, "a")
        assert answer["code"] == "rate_limited"
        after = NOW + int(answer["retry_after"] * 1e6)
        assert tracked(protocol.received(text(type="message", data=0), after))[0].kind == Kind.MESSAGE

    def test_limited_frames_do_nothing(self, opened):
        protocol = opened(Limits(1.0, 1.0))
        protocol.received(text(type="message", data=0), NOW)

        effects = protocol.received(text(type="publish", channel="a", data=0), NOW)

        assert not any(isinstance(e, FanOut) for e in effects)

    def test_bad_frames_use_up_the_limit_too(self, opened):
        protocol = opened(Limits(1.0, 1.0))
        protocol.received("bad", NOW)

        assert only_error(protocol.received("bad", NOW)) == "rate_limited"

    def test_connections_of_one_user_share_one_limit(self, make_protocol, make_token):
        gate = Gate(Limits(1.0, 1.0), Limits(1e6, 1e6), AddressKeys(Pseudonyms("k" * 32)))
        one, other = make_protocol(gate=gate), make_protocol(gate=gate, connection="c_2")
        for protocol in (one, other):
            protocol.received(text(type="auth", token=make_token()), NOW)

        one.received(text(type="message", data=0), NOW)

        assert tracked(other.received(text(type="message", data=0), NOW))[0].kind == Kind.LIMITED


class TestEnding:
    def test_a_live_connection_disconnects_however_it_ends(self, opened):
        for by_client in (True, False):
            (event,) = opened().ended(by_client, NOW + 5)
            assert (event.kind, event.source, event.sequence, event.time_us) == (
                Kind.DISCONNECT,
                "c_1#session",
                3,
                NOW + 5,
            )

    def test_bye_disconnects_once(self, opened):
        protocol = opened()

        effects = protocol.received(text(type="bye"), NOW)

        assert [e.kind for e in tracked(effects)] == [Kind.DISCONNECT]
        assert closed(effects) == [1000]
        assert protocol.ended(True, NOW) == []

    def test_after_the_end_nothing_is_answered(self, opened):
        protocol = opened()
        assert closed(protocol.shutting_down()) == [1001]

        assert protocol.received(text(type="message", data=0), NOW) == []
        assert protocol.received_binary(3, NOW) == []
        assert protocol.shutting_down() == []


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
fields = st.sampled_from(
    ["type", "data", "channel", "channels", "time", "address", "size", "error", "token", "acks", "stream", "source"]
)
types = st.sampled_from(["auth", "hello", "ping", "bye", "message", "publish", "subscribe", "unsubscribe"])
near_frames = st.builds(
    lambda kind, rest: json.dumps({**rest, "type": kind}), types | json_values, st.dictionaries(fields, json_values)
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=100)
@given(st.lists(st.text() | near_frames, max_size=8), st.booleans())
def test_no_text_raises_and_every_number_is_given_once_in_order(make_protocol, make_token, texts, replay):
    protocol = make_protocol(per_user=10**9)
    stated = {"stream": "r", "time": 1.0} if replay else {}
    protocol.received(text(type="auth", token=make_token(roles=["replay"]), **stated), NOW)
    source = protocol.session.source

    effects = [e for t in texts for e in protocol.received(t, NOW)]
    effects += protocol.ended(True, NOW)

    numbers = [e.sequence for e in effects if isinstance(e, Activity) and e.source == source]
    assert numbers == list(range(1, len(numbers) + 1))
    for effect in effects:
        if isinstance(effect, Send):
            json.loads(effect.text)


@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.sampled_from(["", "a", "чат", "admin.x", None]), st.integers(0, 40)), max_size=30))
def test_the_short_way_of_a_message_ends_where_the_long_one_does(make_protocol, make_token, frames):
    """Passed, limited and forbidden ones, told apart by nothing but the way they were judged."""
    short, long = (make_protocol(Limits(5.0, 10.0), per_user=1000) for _ in range(2))
    token = make_token(channels=["a", "чат"])
    for protocol in (short, long):
        protocol.received(text(type="auth", token=token), NOW)
    assert long.session is not None
    long._judge.passed = lambda *_: None

    for i, (channel, size) in enumerate(frames):
        named = {} if channel is None else {"channel": channel}
        frame = text(type="message", data="x" * size, **named)
        assert short.received(frame, NOW + i) == long.received(frame, NOW + i)
