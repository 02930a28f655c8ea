"""The worker around the lanes: what it does when a partition, or faust itself, is lost."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any

import pytest
from faust.types import TP
from prometheus_client import REGISTRY

from resonance_feature_extractor.order import Order, Verdict
from resonance_feature_extractor.worker import FeatureWorker, Lane
from resonance_runtime.errors import Conflict
from resonance_runtime.lag import LagGauge

PLACE = TP("t", 0)


class LostPartition:
    """Another process wrote its next snapshot already."""

    done, kept, unkept = 5, 0, True

    def __init__(self) -> None:
        self.forgotten = False

    async def keep(self, _: Any) -> None:
        raise Conflict("Another process wrote it.")

    def forget(self) -> None:
        self.forgotten = True


def worker(**parts: Any) -> FeatureWorker:
    """A worker with only these parts."""
    bare = FeatureWorker.__new__(FeatureWorker)
    for name, part in parts.items():
        setattr(bare, name, part)
    return bare


async def test_a_partition_that_another_took_over_is_given_up_quietly() -> None:
    partition = LostPartition()
    lane = Lane(partition)  # type: ignore[arg-type]  # the parts of it that are used
    task = asyncio.create_task(lane.run())
    runtime = SimpleNamespace(settings=SimpleNamespace(drain_s=5))
    lag = LagGauge("given-up")
    lag.at(PLACE, 3)
    lag.end(PLACE, 7)
    lost = worker(_lanes={PLACE: lane}, _tasks={PLACE: task}, _runtime=runtime, _changing=asyncio.Lock(), _lag=lag)
    await lost._give_up(PLACE)
    await asyncio.wait([task], timeout=5)
    assert task.cancelled()
    assert partition.forgotten
    labels = {"topic": PLACE.topic, "group": "given-up", "partition": str(PLACE.partition)}
    assert REGISTRY.get_sample_value("resonance_consumer_lag_records", labels) is None


class Ending:
    """A consumer whose partitions begin at 2 and end here."""

    def __init__(self, end: int) -> None:
        self.end = end

    async def highwaters(self, *places: Any) -> dict[Any, int]:
        """Of each."""
        return dict.fromkeys(places, self.end)

    async def earliest_offsets(self, *places: Any) -> dict[Any, int]:
        """Of each."""
        return dict.fromkeys(places, 2)


async def test_lag_is_from_what_is_handled_or_else_from_the_first_record() -> None:
    lane = Lane(SimpleNamespace(done=None, kept=None))  # the parts of it that are used
    lost = worker(_lanes={PLACE: lane}, _app=SimpleNamespace(consumer=Ending(9)), _lag=LagGauge("lagging"))
    labels = {"topic": PLACE.topic, "group": "lagging", "partition": str(PLACE.partition)}

    async def lag() -> float | None:
        for place, end in await lost._ends():
            lost._lag.end(place, end)
        return REGISTRY.get_sample_value("resonance_consumer_lag_records", labels)

    assert await lag() == 7
    await lane.put(SimpleNamespace(message=SimpleNamespace(offset=4, value=b"")))
    assert await lag() == 5
    lane.partition.done = 8
    assert await lag() == 1


async def test_the_service_fails_when_faust_does() -> None:
    app = SimpleNamespace(crashed=True, crash_reason=ValueError("the fetcher broke"))
    with pytest.raises(ValueError, match="the fetcher broke"):
        await worker(_app=app)._fail_with_faust()


class Unasked:
    """An event of a partition that was given up."""

    message = SimpleNamespace(tp=PLACE, offset=7)

    def ack(self) -> None:
        raise AssertionError("whoever has the partition now must get it")


class Stream:
    """One event, as faust gives it."""

    def __init__(self, event: Any = None) -> None:
        self.event = event or Unasked()

    def noack(self) -> Stream:
        return self

    async def events(self) -> AsyncIterator[Any]:
        yield self.event


async def test_an_event_of_a_partition_without_a_lane_opens_none() -> None:
    bare = worker(_lanes={}, _rebalances=0, _settled=asyncio.Event())
    bare._settled.set()
    await bare._receive(Stream())
    assert bare._lanes == {}


class Fresh:
    """An event of a partition that is being taken over."""

    message = SimpleNamespace(tp=PLACE, offset=7)


class Recorder:
    """A lane that remembers what it is given, and takes only what comes next."""

    def __init__(self, begin: int) -> None:
        self.order = Order(begin)
        self.given: list[int] = []

    async def put(self, event: Any) -> bool:
        self.given.append(event.message.offset)
        return self.order.judge(event.message.offset) is Verdict.TAKE


async def test_events_wait_until_their_partition_is_taken_over() -> None:
    lane = Recorder(7)
    taking = worker(_lanes={}, _rebalances=1, _settled=asyncio.Event(), _take_over=None)
    receiving = asyncio.create_task(taking._receive(Stream(Fresh())))
    await asyncio.sleep(0)
    taking._lanes[PLACE] = lane  # type: ignore[assignment]  # the parts of it that are used
    taking._settled.set()
    await asyncio.wait_for(receiving, 5)
    assert lane.given == [7]


async def test_an_event_from_before_a_rebalance_is_passed_over() -> None:
    lane = Recorder(5)
    taking = worker(_lanes={PLACE: lane}, _rebalances=1, _settled=asyncio.Event())
    receiving = asyncio.create_task(taking._receive(Stream(Fresh())))
    await asyncio.sleep(0)
    taking._rebalances += 1
    taking._settled.set()
    await asyncio.wait_for(receiving, 5)
    assert lane.given == []


def with_a_gap(earliest: int, crash: Any = None) -> FeatureWorker:
    """A worker that expects offset 3, of a log that begins at `earliest`."""

    async def earliest_offsets(tp: TP) -> dict[TP, int]:
        return {tp: earliest}

    app = SimpleNamespace(consumer=SimpleNamespace(earliest_offsets=earliest_offsets))
    runtime = SimpleNamespace(crash=crash)
    gap = worker(_lanes={PLACE: Recorder(3)}, _rebalances=0, _settled=asyncio.Event(), _app=app, _runtime=runtime)
    gap._settled.set()
    return gap


async def test_events_that_the_broker_deleted_are_left_out() -> None:
    gap = with_a_gap(earliest=7)
    await gap._receive(Stream(Fresh()))
    assert gap._lanes[PLACE].order.next == 8


async def test_the_service_ends_where_events_would_be_left_out() -> None:
    crashed = asyncio.get_running_loop().create_future()
    gap = with_a_gap(0, lambda _, fault: crashed.set_result(fault))
    receiving = asyncio.create_task(gap._receive(Stream(Fresh())))
    assert "goes on at offset 7; 3 was expected" in str(await asyncio.wait_for(crashed, 5))
    assert not receiving.done(), "nothing after it may be taken"
    receiving.cancel()
