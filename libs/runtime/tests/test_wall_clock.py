"""A clock that is wrong is found by when the broker stored what was sent."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka.structs import RecordMetadata, TopicPartition
from prometheus_client import REGISTRY

from resonance_contracts.topics import SERVICES_REPORTED, TOPICS, Service
from resonance_runtime import heartbeat
from resonance_runtime.health import Health
from resonance_runtime.heartbeat import Heartbeat
from resonance_runtime.publisher import BY_BROKER, Publisher
from resonance_runtime.settings import RuntimeSettings, load
from resonance_runtime.topics import new_topics
from resonance_runtime.wall_clock import SharedClock, between, wrong
from tests.support.clocks import NOW_US, SECOND_US, Machine


class Broker:
    """Takes every record, and says when by its own clock, milliseconds since the epoch."""

    def __init__(self, clock: Callable[[], int]) -> None:
        self.clock = clock
        self.stamps = BY_BROKER

    async def send(self, topic: str, **_: Any) -> asyncio.Future[RecordMetadata]:
        done: asyncio.Future[RecordMetadata] = asyncio.get_running_loop().create_future()
        place = TopicPartition(topic, 0)
        done.set_result(RecordMetadata(topic, 0, place, 0, self.clock(), self.stamps, 0))
        return done

    async def stop(self) -> None:
        """Nothing to end."""


@pytest.fixture
def broker() -> Broker:
    return Broker(lambda: NOW_US // 1000)


@pytest.fixture
async def beating(broker: Broker, monkeypatch: pytest.MonkeyPatch) -> tuple[Heartbeat, Health]:
    """A heartbeat of a service whose clock is right, and its health."""
    publisher = Publisher(Service.PREDICTOR, load(RuntimeSettings, {}))
    await publisher.stop()
    publisher._producer = broker
    monkeypatch.setattr("resonance_runtime.wall_clock.time.time_ns", lambda: NOW_US * 1000)
    monkeypatch.setattr("resonance_runtime.heartbeat.SHARED", SharedClock())
    health = Health(30.0)
    runtime = SimpleNamespace(
        service=Service.PREDICTOR, settings=SimpleNamespace(instance="p-1"), health=health, publisher=publisher
    )
    return Heartbeat(runtime, "1"), health


def test_a_record_that_took_long_says_nothing_against_the_clock() -> None:
    assert between(NOW_US, NOW_US // 1000 + 30_000, NOW_US + 60 * SECOND_US) == 0
    assert between(NOW_US + 900, NOW_US // 1000, NOW_US + 2000) == 0, "the broker tells milliseconds"


def test_a_clock_is_ahead_of_what_was_stored_before_it_was_sent_and_behind_what_was_stored_later() -> None:
    stored_ms = NOW_US // 1000
    assert between(NOW_US + 600 * SECOND_US, stored_ms, NOW_US + 601 * SECOND_US) == 600 * SECOND_US - 1000
    assert between(NOW_US - 601 * SECOND_US, stored_ms, NOW_US - 600 * SECOND_US) == -600 * SECOND_US
    assert wrong(SECOND_US) is wrong(-SECOND_US) is None
    assert wrong(-600 * SECOND_US) == "The clock here is 600 s behind the broker's. Set the one that is wrong."


def test_the_broker_stamps_what_services_report() -> None:
    made = {topic.name: topic.topic_configs for topic in new_topics(TOPICS, 8, 1)}
    stamped = {name for name, config in made.items() if config.get("message.timestamp.type") == "LogAppendTime"}
    assert stamped == {SERVICES_REPORTED.name}


async def test_a_service_says_that_its_clock_is_wrong_until_it_is_right(
    beating: tuple[Heartbeat, Health], broker: Broker
) -> None:
    beat, health = beating
    broker.clock = lambda: NOW_US // 1000 + 600_000
    await beat._report()
    assert health.degradations() == {heartbeat.CLOCK: wrong(-600 * SECOND_US)}
    assert REGISTRY.get_sample_value("resonance_clock_ahead_seconds") == -600.0

    broker.clock = lambda: NOW_US // 1000
    beat._last = b""
    await beat._report()
    assert health.degradations() == {}
    assert REGISTRY.get_sample_value("resonance_clock_ahead_seconds") == 0.0


async def test_a_service_whose_machine_was_suspended_asks_the_broker_for_the_time_at_once(
    beating: tuple[Heartbeat, Health], broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    beat, _ = beating
    await beat._report()
    asked: list[int] = []
    broker.clock = lambda: asked.append(1) or NOW_US // 1000 + 40_000
    await beat._report()
    assert not asked, "nothing changed"

    monkeypatch.setattr("resonance_runtime.wall_clock.time.time_ns", lambda: (NOW_US + 40 * SECOND_US) * 1000)
    await beat._report()
    await beat._report()
    assert len(asked) == 1


@pytest.mark.parametrize(("stamp_ms", "stamps"), [(NOW_US // 1000 + 600_000, 0), (0, BY_BROKER)])
async def test_a_broker_that_has_no_times_of_its_own_says_nothing_of_clocks(
    beating: tuple[Heartbeat, Health], broker: Broker, stamp_ms: int, stamps: int
) -> None:
    beat, health = beating
    broker.clock, broker.stamps = (lambda: stamp_ms), stamps
    await beat._report()
    assert health.degradations() == {}


def shared(machine: Machine) -> SharedClock:
    return SharedClock(machine.wall_us, machine.monotonic_us)


@pytest.mark.parametrize(("asks", "answers"), [(600, 0), (-600, 0), (0, 600), (0, -600), (60, -60)])
def test_a_deadline_is_the_same_moment_on_machines_whose_clocks_differ(asks: int, answers: int) -> None:
    asking, answering = Machine(asks * SECOND_US), Machine(answers * SECOND_US)
    one, other = shared(asking), shared(answering)
    one.learn(asking.off_us)
    other.learn(answering.off_us)
    deadline_ms = one.now_us() // 1000 + 5000
    answering.since_us += 2 * SECOND_US
    assert other.left_s(deadline_ms) == 3.0


def test_a_clock_that_is_set_while_a_service_runs_changes_nothing_for_others() -> None:
    machine = Machine(600 * SECOND_US)
    clock = shared(machine)
    clock.learn(600 * SECOND_US)
    machine.off_us = 0
    assert clock.now_us() == NOW_US
    clock.learn(0)
    assert clock.now_us() == NOW_US


def test_before_the_broker_told_its_time_the_machines_clock_holds() -> None:
    assert shared(Machine(5 * SECOND_US)).now_us() == NOW_US + 5 * SECOND_US
