"""Segments of snapshots: changed shards only, one writer, nothing needed is deleted."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resonance_runtime.errors import Conflict, NotFound
from resonance_runtime.snapshots import BrokenSnapshot, Snapshot, SnapshotLog

PREFIX = "group/topic/0/"


@dataclass
class Memory:
    """The part of an object store that snapshots use, in memory."""

    objects: dict[str, bytes] = field(default_factory=dict)

    async def put_if_absent(self, bucket: str, key: str, data: bytes) -> bool:
        if key in self.objects:
            return False
        self.objects[key] = data
        return True

    async def get(self, bucket: str, key: str) -> bytes:
        if key not in self.objects:
            raise NotFound(key)
        return self.objects[key]

    async def list(self, bucket: str, prefix: str) -> list[str]:
        return sorted(key for key in self.objects if key.startswith(prefix))

    async def delete(self, bucket: str, keys: list[str]) -> None:
        for key in keys:
            del self.objects[key]


def log_on(store: Memory) -> SnapshotLog:
    return SnapshotLog(store, PREFIX)  # type: ignore[arg-type]  # the parts of it that are used


async def test_nothing_was_kept_yet() -> None:
    assert await log_on(Memory()).restore() is None


@given(st.lists(st.dictionaries(st.integers(0, 5), st.binary(max_size=8)), min_size=1, max_size=12))
async def test_any_sequence_of_changes_is_restored(changes: list[dict[int, bytes]]) -> None:
    store = Memory()
    log, expected = log_on(store), dict[int, bytes]()
    for offset, changed in enumerate(changes):
        await log.write(offset, b"h%d" % offset, changed)
        expected |= changed
        expected = {shard: data for shard, data in expected.items() if data}
        restored = await log_on(store).restore()
        assert restored == Snapshot(offset, b"h%d" % offset, expected)
    assert len(store.objects) <= len(expected) + 1, "segments that nothing needs are deleted"


async def test_a_restored_log_goes_on() -> None:
    store = Memory()
    await log_on(store).write(5, b"", {1: b"one", 2: b"two"})
    second = log_on(store)
    await second.restore()
    await second.write(9, b"", {2: b"zwei"})
    assert await log_on(store).restore() == Snapshot(9, b"", {1: b"one", 2: b"zwei"})


async def test_a_writer_that_was_replaced_stops() -> None:
    store = Memory()
    old, new = log_on(store), log_on(store)
    await old.write(1, b"", {1: b"old"})
    await new.restore()
    await new.write(2, b"", {1: b"new"})
    with pytest.raises(Conflict):
        await old.write(2, b"", {1: b"older"})
    assert await log_on(store).restore() == Snapshot(2, b"", {1: b"new"})


async def test_a_write_whose_answer_was_lost_may_be_repeated() -> None:
    store = Memory()
    log = log_on(store)
    await log.write(1, b"", {1: b"one"})
    twin = log_on(store)
    await twin.write(1, b"", {1: b"one"})
    assert len(store.objects) == 1


async def test_a_damaged_segment_is_noticed() -> None:
    store = Memory()
    await log_on(store).write(1, b"", {1: b"one"})
    key = next(iter(store.objects))
    store.objects[key] = store.objects[key][:-1] + b"?"
    with pytest.raises(BrokenSnapshot, match="damaged"):
        await log_on(store).restore()
    store.objects[key] = b"\0\0\0\4nope"
    with pytest.raises(BrokenSnapshot, match="is not a snapshot"):
        await log_on(store).restore()
