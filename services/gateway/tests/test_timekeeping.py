"""A gateway that starts with a wrong clock stamps events by the broker's."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from resonance_contracts.topics import SERVICES_REPORTED, Service
from resonance_gateway.tracking.clock import Clock
from resonance_gateway.tracking.timekeeping import Timekeeping

SECOND_US = 1_000_000
NOW_US = 1_800_000_000 * SECOND_US


class Broker:
    """Stores what is sent, at a time of its own, milliseconds since the epoch; None where it keeps the senders'."""

    def __init__(self) -> None:
        self.stored_ms: int | None = NOW_US // 1000
        self.sent = []

    async def send_timed(self, outgoing) -> int | None:
        self.sent.append(outgoing)
        return self.stored_ms


@pytest.fixture
def broker():
    return Broker()


@pytest.fixture
def started(broker):
    async def start(ahead_s: float) -> Clock:
        clock = Clock(lambda: NOW_US * 1000 + round(ahead_s * 1e9), lambda: 0)
        runtime = SimpleNamespace(service=Service.GATEWAY, settings=SimpleNamespace(instance="g-1"), publisher=broker)
        await Timekeeping(runtime, clock).start()
        return clock

    return start


@pytest.mark.parametrize("ahead_s", [600.0, -600.0, 3600.0])
async def test_a_clock_that_is_wrong_is_set_by_the_brokers(started, broker, ahead_s):
    clock = await started(ahead_s)
    assert abs(clock.now_us() - NOW_US) <= 1000, "the broker tells milliseconds"
    assert [one.topic for one in broker.sent] == [SERVICES_REPORTED]


@pytest.mark.parametrize("ahead_s", [0.0, 1.5, -1.5])
async def test_a_clock_that_may_be_right_is_left_alone(started, ahead_s):
    assert (await started(ahead_s)).now_us() == NOW_US + round(ahead_s * SECOND_US)


async def test_without_the_brokers_time_the_clock_is_left_alone(started, broker):
    broker.stored_ms = None
    assert (await started(600.0)).now_us() == NOW_US + 600 * SECOND_US
