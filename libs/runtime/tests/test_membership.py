"""A member that stood still for longer than its session says nothing more."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from resonance_contracts.topics import ALERTS_RAISED
from resonance_runtime.errors import Conflict, Unavailable
from resonance_runtime.health import Health
from resonance_runtime.keyed import KeyedHandling, Made
from resonance_runtime.membership import Membership
from resonance_runtime.records import Outgoing


class Clock:
    """A clock that is moved by hand."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_who_works_all_the_time_is_a_member(clock: Clock) -> None:
    membership = Membership("g", 5.0, clock)
    for _ in range(10):
        clock.now += 4.9
        membership.look()
    membership.require()


def test_who_stood_still_is_none_until_the_group_met_again(clock: Clock) -> None:
    membership = Membership("g", 5.0, clock)
    clock.now += 5.1
    with pytest.raises(Conflict, match=r"stood still for 5\.1 s"):
        membership.require()
    clock.now += 0.1
    with pytest.raises(Conflict):
        membership.require()
    membership.renew()
    membership.require()


def test_it_does_not_matter_who_looks_first(clock: Clock) -> None:
    membership = Membership("g", 5.0, clock)
    clock.now += 60.0
    membership.look()
    with pytest.raises(Conflict, match=r"stood still for 60\.0 s"):
        membership.require()


class Broker:
    """The process stands still at the first attempt to send, and the broker answers the second one."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.sent: list[str] = []
        self.asked = 0

    async def send_all(self, outgoing: Sequence[Outgoing]) -> None:
        self.asked += 1
        if self.asked == 1:
            self.clock.now += 10.0
            raise Unavailable("The connection is gone.")
        self.sent += [one.id for one in outgoing]


async def test_what_was_to_be_sent_before_is_not_sent_again_after(clock: Clock) -> None:
    broker, membership = Broker(clock), Membership("g", 5.0, clock)
    made: Made = [(None, [Outgoing(ALERTS_RAISED, b"", "al_1/1", 1)])]  # type: ignore[list-item]  # it is not looked at
    state: Any = None
    handling = KeyedHandling("g", {}, state, broker, Health(30), membership=membership)  # type: ignore[arg-type]  # the parts of it that are used
    with pytest.raises(Conflict):
        await handling._send(made, None)
    assert broker.sent == []
