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

    topic, partition = "t", 0

    def __init__(self, offset: int) -> None:
        self.offset = offset
        self.key, self.value, self.headers = b"key", b"value %d" % offset, [("name", b"header")]


class Event:
    """An event of faust."""

    def __init__(self, offset: int) -> None:
        self.message = Message(offset)
        self.key, self.value, self.headers = self.message.key, self.message.value, self.message.headers
        self.acked = False

    def ack(self) -> None:
        self.acked = True


class Partition:
    """Handles at once, and remembers what."""

    due, unkept = False, True

    def __init__(self, done: int | None = None) -> None:
        self.done = self.kept = done
        self.handled: list[int] = []
        self.values: list[bytes] = []

    async def handle(self, raws: Sequence[Any]) -> None:
        self.handled += [raw.offset for raw in raws]
        self.values += [raw.value for raw in raws]
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
    assert lane.due, "it waits for that, however lately it was kept"
    await lane.acknowledge(3)
    assert not lane.due
    await until(lambda: len(partition.handled) == 6)
    task.cancel()


async def test_what_was_handled_is_held_without_its_content(events: list[Event]) -> None:
    partition = Partition()
    lane = Lane(partition)  # type: ignore[arg-type]  # the parts of it that are used
    task = asyncio.create_task(lane.run())
    for event in events:
        await lane.put(event)
    await lane.drained()
    assert partition.values == [b"value %d" % offset for offset in range(10)]
    held = [thing for event in events for thing in (event, event.message)]
    assert {(thing.key, thing.value, thing.headers) for thing in held} == {(None, None, None)}
    task.cancel()


async def test_an_event_is_not_handled_before_those_that_precede_it(events: list[Event]) -> None:
    partition = Partition(done=3)
    lane = Lane(partition)  # type: ignore[arg-type]  # the parts of it that are used
    task = asyncio.create_task(lane.run())
    assert not await lane.put(events[5]), "3 and 4 are missing"
    assert lane.order.next == 3
    assert [await lane.put(event) for event in events[3:]] == [True] * 7
    await lane.drained()
    assert partition.handled == [3, 4, 5, 6, 7, 8, 9]
    task.cancel()


async def test_a_repeat_is_acknowledged_only_once_it_is_kept(events: list[Event]) -> None:
    partition = Partition(done=2)
    lane = Lane(partition)  # type: ignore[arg-type]  # the parts of it that are used
    task = asyncio.create_task(lane.run())
    for event in events[2:6]:
        await lane.put(event)
    await lane.drained()
    again = [Event(offset) for offset in (1, 4)]
    for event in again:
        await lane.put(event)
    assert [event.acked for event in again] == [True, False]
    assert partition.handled == [2, 3, 4, 5]
    task.cancel()


async def test_who_waits_to_add_to_a_lane_is_let_go_when_it_closes(
    events: list[Event], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "LANE_LENGTH", 2)
    lane = Lane(Partition())  # type: ignore[arg-type]  # the parts of it that are used
    waiting = asyncio.create_task(_put_all(lane, events))
    await until(lambda: lane._waiting.full())
    lane.close()
    async with asyncio.timeout(5):
        await waiting


async def _put_all(lane: Lane, events: list[Event]) -> None:
    for event in events:
        await lane.put(event)


async def test_a_lane_that_is_closed_stops_keeping(events: list[Event]) -> None:
    started = asyncio.Event()

    async def keep(_: Any) -> None:
        started.set()
        await asyncio.Event().wait()

    partition = Partition()
    partition.keep = keep  # type: ignore[attr-defined]  # the store is away
    lane = Lane(partition)  # type: ignore[arg-type]  # the parts of it that are used
    keeping = asyncio.create_task(lane.keep())
    await started.wait()
    lane.close()
    async with asyncio.timeout(5):
        await keeping
