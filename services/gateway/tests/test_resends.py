"""A replay that sends frames again: the same verdicts, and nothing charged twice."""

from __future__ import annotations

import json

import pytest

from resonance_gateway.auth.tokens import Authenticator
from resonance_gateway.limits.admission import Admission
from resonance_gateway.limits.gate import Gate
from resonance_gateway.limits.limiter import Limits, RateLimiter
from resonance_gateway.limits.resends import WINDOW, Resends
from resonance_gateway.people.pseudonyms import AddressKeys, Directory, Pseudonyms
from resonance_gateway.sockets.opening import Doorkeeper
from resonance_gateway.sockets.protocol import Protocol
from resonance_gateway.sockets.verdicts import Judge
from resonance_gateway.tracking.activity import Activity, Kind

NOW = 1_700_000_000_000_000


@pytest.fixture
def replay(make_token):
    """Sends frames at the given seconds on a new connection of one source; returns their events."""
    pseudonyms = Pseudonyms("key")
    addresses = AddressKeys(pseudonyms)
    authenticator = Authenticator("a secret for tests, of forty characters")
    gate = Gate(Limits(1.0, 5.0), Limits(1e6, 1e6), addresses)
    doorkeeper = Doorkeeper(authenticator, pseudonyms, Directory(), Admission(100), addresses, gate)
    judge = Judge(RateLimiter(Limits(1.0, 5.0)), gate, addresses)

    def send(first_sequence, times):
        protocol = Protocol("c", "192.0.2.1", doorkeeper, judge, 65_536)
        opening = {"stream": "r", "source": "s", "time": 1.0, "first_sequence": first_sequence}
        protocol.received(json.dumps({"type": "auth", "token": make_token(roles=["replay"]), **opening}), NOW)
        effects = [
            effect
            for time in times
            for effect in protocol.received(json.dumps({"type": "message", "data": 0, "time": time}), NOW)
        ]
        protocol.ended(False, NOW)
        return [e for e in effects if isinstance(e, Activity)]

    return send


def test_events_of_frames_sent_again_are_the_same(replay):
    times = [10.0] * 8 + [12.0]
    first = replay(1, times)

    assert replay(4, times[3:]) == first[3:]
    assert [e.kind for e in first] == [Kind.MESSAGE] * 5 + [Kind.LIMITED] * 3 + [Kind.MESSAGE]


def test_frames_sent_again_use_up_nothing(replay):
    replay(1, [10.0] * 4)
    replay(1, [10.0] * 4)

    (after,) = replay(5, [10.0])

    assert after.kind == Kind.MESSAGE


def test_memory_is_bounded():
    resends = Resends(capacity=2)
    for source in ("a", "b", "c"):
        resends.note(source, 1, 0.5)
    for sequence in range(2, WINDOW + 3):
        resends.note("c", sequence, 0.5)

    assert resends.recall("a", 1) is None
    assert resends.recall("b", 1) == 0.5
    assert resends.recall("c", 2) == 0.0
    assert resends.recall("c", WINDOW + 2) == 0.5
