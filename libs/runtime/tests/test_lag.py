"""How far a member is behind."""

from __future__ import annotations

import asyncio

import pytest
from aiokafka import TopicPartition
from prometheus_client import REGISTRY

from resonance_runtime import lag
from resonance_runtime.lag import LagGauge

PLACE = TopicPartition("topic", 3)


def told() -> float | None:
    labels = {"topic": "topic", "group": "group", "partition": "3"}
    return REGISTRY.get_sample_value("resonance_consumer_lag_records", labels)


@pytest.fixture
def gauge() -> LagGauge:
    return LagGauge("group")


def test_lag_is_from_the_next_record_to_the_end(gauge: LagGauge) -> None:
    gauge.at(PLACE, 5)
    gauge.end(PLACE, 12)
    assert told() == 7
    gauge.at(PLACE, 12)
    gauge.end(PLACE, 12)
    assert told() == 0
    gauge.forget(PLACE)


def test_an_end_that_is_older_than_the_work_is_no_negative_lag(gauge: LagGauge) -> None:
    gauge.at(PLACE, 12)
    gauge.end(PLACE, 9)
    assert told() == 0
    gauge.forget(PLACE)


def test_of_what_nobody_knows_nothing_is_told(gauge: LagGauge) -> None:
    gauge.at(PLACE, None)
    gauge.end(PLACE, 12)
    assert told() is None
    gauge.at(PLACE, 5)
    gauge.end(PLACE, None)
    assert told() is None
    gauge.forget(PLACE)


def test_a_partition_that_is_anothers_is_told_of_no_more(gauge: LagGauge) -> None:
    gauge.at(PLACE, 5)
    gauge.end(PLACE, 12)
    gauge.forget(PLACE)
    assert told() is None
    gauge.forget(PLACE)


async def test_lag_grows_while_a_batch_holds_the_partition_up(gauge: LagGauge, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lag, "LOOK_S", 0.001)
    gauge.at(PLACE, 5)
    answers = iter([6, RuntimeError("the broker is away"), 9])
    asked = asyncio.Event()

    async def ends() -> list[tuple[TopicPartition, int]]:
        answer = next(answers, None)
        if answer is None:
            asked.set()
            await asyncio.sleep(60)
        if isinstance(answer, Exception):
            raise answer
        return [(PLACE, answer)]

    looking = asyncio.create_task(gauge.keep_looking(ends))
    await asyncio.wait_for(asked.wait(), 10)
    assert told() == 4
    looking.cancel()
    gauge.forget(PLACE)
