"""The protocol on replays: the client states times, addresses, sizes and numbers."""

from __future__ import annotations

import json

import pytest

from resonance_gateway.limits.limiter import Limits
from resonance_gateway.sockets.effects import Send
from resonance_gateway.tracking.activity import Activity, Kind

NOW = 1_700_000_000_000_000
BEGAN = 1_431_857_103.5


def text(**frame):
    return json.dumps(frame)


def events(effects):
    return [e for e in effects if isinstance(e, Activity)]


def told(effects):
    return [json.loads(e.text) for e in effects if isinstance(e, Send)]


@pytest.fixture
def replayed(make_protocol, make_token):
    def open_one(limits=Limits(10.0, 100.0), connection="c_1", **stated):  # noqa: B008  # frozen
        protocol = make_protocol(limits, connection=connection)
        frame = {"stream": "r1", "source": "s1", "time": BEGAN, "address": "203.0.113.9", **stated}
        token = make_token("203.0.113.9", roles=["replay"])
        return protocol, protocol.received(text(type="auth", token=token, **frame), NOW)

    return open_one


def test_it_has_its_own_stream_clock_and_numbers(replayed):
    protocol, opening = replayed(first_sequence=7)

    (event,) = events(
        protocol.received(
            text(type="message", data=0, time=BEGAN + 1, address="198.51.100.1", size=512, error=True), NOW
        )
    )

    assert protocol.session.stream.name == "replay:r1"
    assert {e.time_us for e in events(opening)} == {round(BEGAN * 1e6)}
    assert (event.sequence, event.time_us, event.size, event.error) == (7, round((BEGAN + 1) * 1e6), 512, True)
    assert event.address not in {e.address for e in events(opening)}
    assert event.received_us == NOW


def test_its_source_belongs_to_one_user_and_one_stream(replayed, make_protocol, make_token):
    protocol, _ = replayed()
    other_stream, _ = replayed(stream="r2")
    other_user = make_protocol()
    other_user.received(
        text(type="auth", token=make_token("bob", roles=["replay"]), stream="r1", source="s1", time=BEGAN), NOW
    )

    assert len({p.session.source for p in (protocol, other_stream, other_user)}) == 3


def test_a_client_that_reconnects_writes_the_same_connect_and_login(replayed):
    def identity(effects):
        return [(e.source, e.sequence, e.kind, e.time_us) for e in events(effects)]

    first, opening = replayed(connection="c_1")
    first.received(text(type="message", data=0, time=BEGAN + 9), NOW)
    lost = first.ended(False, NOW)
    _, again = replayed(connection="c_2", first_sequence=2)

    assert identity(opening) == identity(again)
    assert lost == []


def test_the_numbers_of_a_session_ascend(replayed):
    protocol, opening = replayed()
    protocol.received(text(type="message", data=0, time=BEGAN), NOW)
    ending = protocol.received(text(type="bye"), NOW)
    _, later = replayed(time=BEGAN + 0.000_001)

    numbers = [e.sequence for e in [*events(opening), *events(ending), *events(later)]]
    assert numbers == sorted(set(numbers))
    assert [e.kind for e in events(ending)] == [Kind.DISCONNECT]


def test_a_proper_close_disconnects_at_the_newest_event_time(replayed):
    protocol, _ = replayed()
    protocol.received(text(type="message", data=0, time=BEGAN + 60), NOW)
    protocol.received(text(type="message", data=0, time=BEGAN + 30), NOW)

    (event,) = protocol.ended(True, NOW)

    assert (event.kind, event.time_us) == (Kind.DISCONNECT, round((BEGAN + 60) * 1e6))


def test_bye_may_say_when(replayed):
    protocol, _ = replayed()

    (event,) = events(protocol.received(text(type="bye", time=BEGAN + 90), NOW))

    assert event.time_us == round((BEGAN + 90) * 1e6)


def test_limits_run_on_event_time(replayed):
    protocol, _ = replayed(Limits(1.0, 2.0))

    verdicts = [
        events(protocol.received(text(type="message", data=0, time=BEGAN + at), NOW))[0].kind
        for at in (0, 0, 0, 1, 1, 10)
    ]

    assert verdicts == [Kind.MESSAGE, Kind.MESSAGE, Kind.LIMITED, Kind.MESSAGE, Kind.LIMITED, Kind.MESSAGE]


def test_what_a_frame_leaves_out_stays_as_it_was(replayed):
    protocol, opening = replayed()

    (event,) = events(protocol.received(text(type="message", data="abc"), NOW))

    assert (event.time_us, event.size) == (round(BEGAN * 1e6), 5)
    assert event.address == events(opening)[0].address


@pytest.mark.parametrize(
    "stated",
    [{"source": "a#session"}, {"source": "a/b"}, {"stream": ""}, {"first_sequence": 0}, {"time": -1}, {"time": 1e12}],
)
def test_names_numbers_and_times_are_checked(replayed, stated):
    protocol, effects = replayed(**stated)

    assert protocol.session is None
    assert told(effects)[0]["code"] == "bad_frame"


def test_a_replay_says_when_its_session_began(make_protocol, make_token):
    effects = make_protocol().received(text(type="auth", token=make_token(roles=["replay"]), stream="r1"), NOW)

    assert "`time`" in told(effects)[0]["message"]


def test_the_role_alone_makes_no_replay(make_protocol, make_token):
    protocol = make_protocol()
    protocol.received(text(type="auth", token=make_token(roles=["replay"])), NOW)

    effects = protocol.received(text(type="message", data=0, time=BEGAN), NOW)

    assert told(effects)[0]["code"] == "not_allowed"
    assert events(effects)[0].time_us == NOW
