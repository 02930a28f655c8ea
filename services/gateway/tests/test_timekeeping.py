"""A gateway that starts with a wrong clock stamps events by the broker's."""

from __future__ import annotations

import asyncio
from itertools import pairwise
from types import SimpleNamespace

import pytest

from resonance_contracts.topics import SERVICES_REPORTED, Service
from resonance_gateway.tracking import timekeeping
from resonance_gateway.tracking.clock import Clock
from resonance_gateway.tracking.timekeeping import Timekeeping
from resonance_runtime.wall_clock import SharedClock
from tests.support.clocks import NOW_US, SECOND_US, Machine


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
def machine(monkeypatch):
    machine = Machine()
    monkeypatch.setattr(timekeeping, "SHARED", SharedClock(machine.wall_us, machine.monotonic_us))
    monkeypatch.setattr(timekeeping, "LOOK_S", 0.001)
    return machine


@pytest.fixture
def started(broker, spawn, machine):
    async def start(ahead_s: float) -> Clock:
        machine.off_us = round(ahead_s * SECOND_US)
        clock = Clock(lambda: machine.wall_us() * 1000, lambda: machine.monotonic_us() * 1000)
        settings = SimpleNamespace(instance="g-1")
        runtime = SimpleNamespace(service=Service.GATEWAY, settings=settings, publisher=broker, spawn=spawn)
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


async def test_a_clock_that_stood_while_the_machine_was_suspended_goes_on_from_the_brokers(
    started, machine, eventually, caplog
):
    clock = await started(0.0)
    machine.since_us = 60 * SECOND_US
    timekeeping.SHARED.learn(-40 * SECOND_US)

    await eventually(lambda: clock.now_us() == NOW_US + 100 * SECOND_US)
    assert "40 s behind the broker's" in caplog.records[-1].reason


async def test_a_clock_that_is_ahead_later_goes_slowly_until_it_is_right_and_never_back(started, machine, eventually):
    clock = await started(0.0)
    timekeeping.SHARED.learn(30 * SECOND_US)
    await eventually(lambda: clock._to_lose_ns)

    times = [clock.now_us()]
    while machine.since_us < 70 * SECOND_US:
        machine.since_us += SECOND_US // 2
        await asyncio.sleep(0)
        times.append(clock.now_us())

    steps = [after - before for before, after in pairwise(times)]
    assert min(steps) == SECOND_US // 4 and max(steps) == SECOND_US // 2
    assert clock.now_us() == timekeeping.SHARED.now_us()


async def test_a_clock_that_is_nearly_right_is_not_touched_later(started, machine):
    clock = await started(0.0)
    timekeeping.SHARED.learn(round(1.5 * SECOND_US))
    await asyncio.sleep(0.02)
    machine.since_us = 10 * SECOND_US
    assert clock.now_us() == NOW_US + 10 * SECOND_US
