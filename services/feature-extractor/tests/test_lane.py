"""A lane: in order, acknowledged once kept, bounded while the store is away."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest

from resonance_feature_extractor import worker
from resonance_feature_extractor.worker import Lane


class Message:
    """A message of faust."""

    topic, partition, key, value, headers = "t", 0, None, b"", None

    def __init__(self, offset: int) -> None:
        self.offset = offset


class Event:
    """An event of faust."""

    def __init__(self, offset: int) -> None:
        self.message = Message(offset)
        self.acked = False

    def ack(self) -> None:
        self.acked = True


class Partition:
    """Handles at once, and remembers what."""

    def __init__(self, done: int | None = None) -> None:
        self.done = done
        self.handled: list[int] = []

    async def handle(self, raws: Sequence[Any]) -> None:
        self.handled += [raw.offset for raw in raws]
        self.done = raws[-1].offset + 1


async def until(so: Any) -> None:
    async with asyncio.timeout(5):
        while not so():
            await asyncio.sleep(0)


@pytest.fixture
def events() -> list[Event]:
    return [Event(i) for i in range(10)]


async def test_events_are_acknowledged_when_they_are_kept(events: list[Event]) -> None:
    partition = Partition()
    lane = Lane(partition)  # type: ignore[arg-type]  # the parts of it that are used
    task = asyncio.create_task(lane.run())
    for event in events:
        await lane.put(event)
    await lane.drained()
    assert partition.handled == list(range(10))
    assert not any(e.acked for e in events), "nothing is kept yet"
    await lane.acknowledge(4)
    assert [e.acked for e in events] == [True] * 4 + [False] * 6
    task.cancel()


async def test_what_the_snapshot_holds_is_not_handled_again(events: list[Event]) -> None:
    partition = Partition(done=7)
    lane = Lane(partition)  # type: ignore[arg-type]  # the parts of it that are used
    task = asyncio.create_task(lane.run())
    for event in events:
        await lane.put(event)
    await lane.drained()
    assert partition.handled == [7, 8, 9]
    assert all(e.acked for e in events[:7])
    task.cancel()


async def test_a_lane_waits_while_too_much_is_not_kept(events: list[Event], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "MOST_UNKEPT", 3)
    monkeypatch.setattr(worker, "MOST_AT_ONCE", 1)
    partition = Partition()
    lane = Lane(partition)  # type: ignore[arg-type]  # the parts of it that are used
    task = asyncio.create_task(lane.run())
    for event in events:
        await lane.put(event)
    await until(lambda: len(partition.handled) == 3)
    for _ in range(20):
        await asyncio.sleep(0)
    assert partition.handled == [0, 1, 2]
    await lane.acknowledge(3)
    await until(lambda: len(partition.handled) == 6)
    task.cancel()
