"""A partition: kept at its pace, restored with what it says of it, given up for good."""

from __future__ import annotations

import logging
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
from prometheus_client import REGISTRY

from resonance_runtime import partition as module
from resonance_runtime import patience
from resonance_runtime.errors import Conflict, Unavailable
from resonance_runtime.health import Health, Progress
from resonance_runtime.keyed import Dump, Piece
from resonance_runtime.partition import OwnedPartition
from resonance_runtime.records import Outgoing, RawRecord, Record
from resonance_runtime.snapshots import Snapshot


class Clock:
    """A clock that is moved by hand."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Store:
    """The part of an object store that snapshots use; a write takes a while, and the first few fail."""

    clock: Clock
    write_s: float = 0.0
    failures: int = 0
    objects: dict[str, bytes] = field(default_factory=dict)

    async def put_if_absent(self, bucket: str, key: str, data: bytes) -> bool:
        self.clock.now += self.write_s
        if self.failures:
            self.failures -= 1
            raise Unavailable("The store is down.")
        return self.objects.setdefault(key, data) is data

    async def get(self, bucket: str, key: str) -> bytes:
        return self.objects[key]

    async def list(self, bucket: str, prefix: str) -> list[str]:
        return sorted(self.objects)

    async def delete(self, bucket: str, keys: list[str]) -> None:
        for key in keys:
            del self.objects[key]


@dataclass
class State:
    """Keyed state of three users; a dump takes a while."""

    clock: Clock
    dump_s: float = 0.0
    wanted: list[Collection[int]] = field(default_factory=list)
    opened: Snapshot | None = None
    closed: bool = False

    async def open(self, partition: int, snapshot: Snapshot | None) -> int:
        self.opened = snapshot
        return 3

    def close(self, partition: int) -> None:
        self.closed = True

    def apply(self, record: Record[Any]) -> Sequence[Outgoing]:
        return []

    def dump(self, partition: int, whole: Collection[int]) -> Dump:
        assert not self.closed, "it is not ours any more"
        self.clock.now += self.dump_s
        self.wanted.append(whole)
        return Dump(b"h", {1: Piece(b"x" * 10, bool(whole))})


@dataclass
class Raw:
    """As much of a record as a partition looks at."""

    offset: int


class Nothing:
    """Handles batches at once."""

    async def run(self, raws: Sequence[RawRecord], progress: Progress | None = None) -> None:
        return None


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(module.time, "perf_counter", clock)
    monkeypatch.setattr(patience, "delays", lambda: iter(lambda: 0.0, None))
    return clock


async def owned(state: State, store: Store) -> OwnedPartition:
    partition = OwnedPartition("group", "topic", 3, Nothing(), Health(30))
    await partition.restore(state, store, "group/topic/3/")  # type: ignore[arg-type]  # the parts of it that are used
    return partition


async def commit(offset: int) -> None:
    return None


async def handle(partition: OwnedPartition, offset: int) -> None:
    await partition.handle([Raw(offset)])  # type: ignore[list-item]  # the parts of it that are used


async def test_what_takes_long_is_done_less_often(clock: Clock) -> None:
    state, store = State(clock, dump_s=1.0), Store(clock, write_s=2.0)
    partition = await owned(state, store)
    assert not partition.due, "there is nothing to keep"
    await handle(partition, 0)
    assert partition.due
    began = clock.now
    await partition.keep(commit)
    await handle(partition, 1)
    assert not partition.due
    clock.now = began + 29.9
    assert not partition.due
    clock.now = began + 30.1
    assert partition.due, "three seconds of thirty"


async def test_a_store_that_was_away_is_no_reason_to_rest(clock: Clock) -> None:
    state, store = State(clock), Store(clock, write_s=2.0, failures=40)
    partition = await owned(state, store)
    await handle(partition, 0)
    began = clock.now
    await partition.keep(commit)
    await handle(partition, 1)
    assert clock.now > began + 80
    assert partition.due


async def test_a_shard_that_grew_is_asked_for_whole(clock: Clock) -> None:
    state, store = State(clock), Store(clock)
    partition = await owned(state, store)
    for offset in range(5):
        await handle(partition, offset)
        await partition.keep(commit)
    assert [set(wanted) for wanted in state.wanted] == [set(), set(), set(), {1}, set()]


async def test_what_was_restored_is_told(clock: Clock, caplog: pytest.LogCaptureFixture) -> None:
    store = Store(clock)
    before = await owned(State(clock), store)
    for offset in (6, 7):
        await handle(before, offset)
        await before.keep(commit)
    name = "resonance_restore_duration_seconds_count"
    counted = REGISTRY.get_sample_value(name, {"group": "group"}) or 0
    state = State(clock)
    with caplog.at_level(logging.INFO):
        partition = await owned(state, store)
    assert partition.done == 8
    assert state.opened == Snapshot(8, b"h", {1: [b"x" * 10, b"x" * 10]})
    told = next(vars(record) for record in caplog.records if record.message == "partition restored")
    assert (told["group"], told["partition"], told["users"], told["bytes"]) == ("group", 3, 3, 20)
    assert told["seconds"] >= 0
    assert REGISTRY.get_sample_value(name, {"group": "group"}) == counted + 1


async def test_a_partition_that_was_given_up_is_not_kept(clock: Clock) -> None:
    state = State(clock)
    partition = await owned(state, Store(clock))
    await handle(partition, 0)
    partition.forget()
    assert not partition.due
    await partition.keep(commit)
    assert state.wanted == []


async def test_a_partition_that_was_given_up_is_not_changed(clock: Clock) -> None:
    state, store, done = State(clock), Store(clock), list[int]()

    async def note(number: int) -> None:
        done.append(number)

    partition = await owned(state, store)
    await handle(partition, 0)
    partition.forget()
    await partition.change(note, note)
    assert (done, state.wanted, store.objects) == ([], [], {})


class Failing(Nothing):
    """Applies records and cannot say what follows."""

    async def run(self, raws: Sequence[RawRecord], progress: Progress | None = None) -> None:
        raise Conflict("The partition may be another's.")


async def test_what_was_applied_and_not_said_is_not_kept(clock: Clock) -> None:
    state, store = State(clock), Store(clock)
    partition = await owned(state, store)
    await handle(partition, 0)
    partition._handling = Failing()
    with pytest.raises(Conflict):
        await handle(partition, 1)
    assert not partition.unkept
    await partition.keep(commit)
    await partition.change(commit, commit)
    assert (state.wanted, store.objects) == ([], {})
