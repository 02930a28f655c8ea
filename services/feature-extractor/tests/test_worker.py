"""The worker around the lanes: what it does when a partition, or faust itself, is lost."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any

import pytest
from faust.types import TP

from resonance_feature_extractor.worker import FeatureWorker, Lane
from resonance_runtime.errors import Conflict

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
    lost = worker(_lanes={PLACE: lane}, _tasks={PLACE: task}, _runtime=runtime, _changing=asyncio.Lock())
    await lost._give_up(PLACE)
    await asyncio.wait([task], timeout=5)
    assert task.cancelled()
    assert partition.forgotten


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

    def noack(self) -> Stream:
        return self

    async def events(self) -> AsyncIterator[Unasked]:
        yield Unasked()


async def test_an_event_of_a_partition_without_a_lane_opens_none() -> None:
    bare = worker(_lanes={})
    await bare._receive(Stream())
    assert bare._lanes == {}
