"""Segments of snapshots: only what changed, one writer, nothing needed is deleted, little else is kept."""

from __future__ import annotations

import asyncio
import hashlib
import random
from collections.abc import Callable
from dataclasses import dataclass, field

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resonance_runtime import upkeep
from resonance_runtime.errors import Conflict, NotFound, Unavailable
from resonance_runtime.segments import BrokenSnapshot
from resonance_runtime.snapshots import READ_AT_ONCE, Piece, Snapshot, SnapshotLog
from resonance_runtime.upkeep import MOST_PIECES, MOST_SEGMENTS, SMALL_BYTES

PREFIX = "group/topic/0/"


@dataclass
class Memory:
    """The part of an object store that snapshots use, in memory."""

    objects: dict[str, bytes] = field(default_factory=dict)
    refuses_to_delete: bool = False
    before_get: Callable[[str], None] = lambda key: None
    reading: int = 0
    most_reading: int = 0

    async def put_if_absent(self, bucket: str, key: str, data: bytes) -> bool:
        return self.objects.setdefault(key, data) is data

    async def get(self, bucket: str, key: str) -> bytes:
        self.before_get(key)
        if key not in self.objects:
            raise NotFound(f"The object store has no {key}.")
        return self.objects[key]

    async def list(self, bucket: str, prefix: str) -> list[str]:
        return sorted(key for key in self.objects if key.startswith(prefix))

    async def delete(self, bucket: str, keys: list[str]) -> None:
        if self.refuses_to_delete:
            raise Unavailable("The store is down.")
        for key in keys:
            self.objects.pop(key, None)

    def size(self) -> int:
        return sum(map(len, self.objects.values()))


def log_on(store: Memory) -> SnapshotLog:
    return SnapshotLog(store, PREFIX)  # type: ignore[arg-type]  # the parts of it that are used


def whole(**shards: bytes) -> dict[int, Piece]:
    """Whole pieces of shards called s0, s1, ..."""
    return {int(name[1:]): Piece(data, True) for name, data in shards.items()}


def appended(**shards: bytes) -> dict[int, Piece]:
    """Pieces to be appended."""
    return {int(name[1:]): Piece(data, False) for name, data in shards.items()}


def keep(kept: dict[int, list[bytes]], changed: dict[int, Piece]) -> None:
    """What a snapshot means, in other words than those of the code."""
    for shard, piece in changed.items():
        pieces = [] if piece.whole else kept.pop(shard, [])
        kept.pop(shard, None)
        if pieces or piece.data:
            kept[shard] = [*pieces, *filter(None, [piece.data])]


PIECES = st.builds(Piece, st.binary(max_size=8), st.booleans())
STEPS = st.lists(st.tuples(st.dictionaries(st.integers(0, 5), PIECES), st.booleans(), st.booleans()), max_size=20)


async def test_nothing_was_kept_yet() -> None:
    assert await log_on(Memory()).restore() is None


@given(STEPS)
async def test_any_sequence_of_changes_and_crashes_is_restored(
    steps: list[tuple[dict[int, Piece], bool, bool]],
) -> None:
    store = Memory()
    log, expected = log_on(store), dict[int, list[bytes]]()
    for offset, (changed, crashes, store.refuses_to_delete) in enumerate(steps):
        await log.write(offset, b"h%d" % offset, changed)
        keep(expected, changed)
        fresh = log_on(store)
        assert await fresh.restore() == Snapshot(offset, b"h%d" % offset, expected)
        if crashes:
            log = fresh
    if steps:
        store.refuses_to_delete = False
        await log.write(len(steps), b"", whole(s0=b"last"))
        keep(expected, whole(s0=b"last"))
        assert len(store.objects) <= sum(map(len, expected.values())) + 1, "segments that nothing needs are deleted"


@given(STEPS)
async def test_a_write_that_is_repeated_is_the_same_write(steps: list[tuple[dict[int, Piece], bool, bool]]) -> None:
    """The answer to a write may be lost; its pieces must not be appended twice."""
    store, expected = Memory(), dict[int, list[bytes]]()
    log = log_on(store)
    for offset, (changed, lost, store.refuses_to_delete) in enumerate(steps):
        if lost:
            twin = log_on(Memory(dict(store.objects)))
            await twin.restore()
            await twin.write(offset, b"", changed)
            newest = max(twin.objects.objects)  # type: ignore[attr-defined]  # it is a Memory
            store.objects[newest] = twin.objects.objects[newest]  # type: ignore[attr-defined]
        await log.write(offset, b"", changed)
        keep(expected, changed)
        assert await log_on(store).restore() == Snapshot(offset, b"", expected)


async def test_a_restored_log_goes_on() -> None:
    store = Memory()
    await log_on(store).write(5, b"", whole(s1=b"one", s2=b"two"))
    second = log_on(store)
    await second.restore()
    await second.write(9, b"", whole(s2=b"zwei") | appended(s1=b"+eins"))
    assert await log_on(store).restore() == Snapshot(9, b"", {1: [b"one", b"+eins"], 2: [b"zwei"]})


async def test_a_writer_that_was_replaced_stops() -> None:
    store = Memory()
    old, new = log_on(store), log_on(store)
    await old.write(1, b"", whole(s1=b"old"))
    await new.restore()
    await new.write(2, b"", whole(s1=b"new"))
    with pytest.raises(Conflict):
        await old.write(2, b"", whole(s1=b"older"))
    assert await log_on(store).restore() == Snapshot(2, b"", {1: [b"new"]})


async def test_a_writer_that_was_replaced_long_ago_deletes_nothing() -> None:
    store = Memory()
    old, new = log_on(store), log_on(store)
    await old.write(1, b"", whole(s1=b"needed", s2=b"a"))
    await new.restore()
    for offset in range(2, 5):
        await new.write(offset, b"", whole(s2=b"b%d" % offset))
    kept = await log_on(store).restore()
    with pytest.raises(Conflict):
        await old.write(9, b"", whole(s1=b"late", s2=b"late"))
    assert await log_on(store).restore() == kept == Snapshot(4, b"", {1: [b"needed"], 2: [b"b4"]})
    await new.write(5, b"", whole(s1=b"c", s2=b"c"))
    fresh = log_on(store)
    await fresh.restore()
    await fresh.write(6, b"", whole(s1=b"d", s2=b"d"))
    assert len(store.objects) == 1, "what the old one left is deleted"


async def test_a_write_whose_answer_was_lost_may_be_repeated() -> None:
    store = Memory()
    log = log_on(store)
    await log.write(1, b"", whole(s1=b"one"))
    twin = log_on(store)
    await twin.write(1, b"", whole(s1=b"one"))
    assert len(store.objects) == 1


async def test_what_cannot_be_deleted_now_is_deleted_another_time() -> None:
    store = Memory(refuses_to_delete=True)
    log = log_on(store)
    for offset in range(5):
        await log.write(offset, b"", whole(s1=b"%d" % offset))
    assert len(store.objects) == 5
    store.refuses_to_delete = False
    await log.write(5, b"", whole(s1=b"5"))
    assert len(store.objects) == 1


async def test_a_damaged_segment_is_noticed() -> None:
    store = Memory()
    await log_on(store).write(1, b"", whole(s1=b"one"))
    key = next(iter(store.objects))
    store.objects[key] = store.objects[key][:-1] + b"?"
    with pytest.raises(BrokenSnapshot, match="damaged"):
        await log_on(store).restore()
    store.objects[key] = b"\0\0\0\4nope"
    with pytest.raises(BrokenSnapshot, match="is not a snapshot"):
        await log_on(store).restore()


async def test_a_segment_of_the_next_format_is_refused() -> None:
    head = msgspec.msgpack.encode({"format": 3})
    store = Memory({f"{PREFIX}{1:020d}": len(head).to_bytes(4, "big") + head})
    with pytest.raises(BrokenSnapshot, match="of format 3, which a later version kept; this one reads format 2"):
        await log_on(store).restore()


async def test_a_missing_segment_is_noticed() -> None:
    store = Memory()
    log = log_on(store)
    await log.write(1, b"", whole(s1=b"one"))
    await log.write(2, b"", whole(s2=b"two"))
    del store.objects[f"{PREFIX}{1:020d}"]
    with pytest.raises(BrokenSnapshot, match=r"needs what is missing: .*0001"):
        await log_on(store).restore()


async def test_a_restore_that_is_overtaken_begins_again() -> None:
    """The one who gives the partition up writes once more while the one who takes it over reads."""
    store = Memory()
    log = log_on(store)
    await log.write(1, b"", whole(s1=b"one"))
    await log.write(2, b"", whole(s2=b"two"))

    def overtake(key: str) -> None:
        if key.endswith("1") and key in store.objects:
            del store.objects[key]
            store.objects |= later.objects

    later = Memory(dict(store.objects))
    other = log_on(later)
    await other.restore()
    await other.write(3, b"", whole(s1=b"eins"))
    store.before_get = overtake
    assert await log_on(store).restore() == Snapshot(3, b"", {1: [b"eins"], 2: [b"two"]})


def of_format_1(next_offset: int, index: dict[int, tuple[int, int, int]], blob: bytes) -> bytes:
    """A segment as the version before wrote it."""
    digest = hashlib.sha256(blob).digest()
    head = {"format": 1, "next_offset": next_offset, "header": b"h", "index": index, "blob_sha256": digest}
    encoded = msgspec.msgpack.encode(head)
    return len(encoded).to_bytes(4, "big") + encoded + blob


async def test_what_the_version_before_kept_is_read_and_gone_on_with() -> None:
    store = Memory(
        {
            f"{PREFIX}{1:020d}": of_format_1(10, {7: (1, 0, 3), 9: (1, 3, 4)}, b"onefour"),
            f"{PREFIX}{2:020d}": of_format_1(20, {7: (1, 0, 3), 9: (2, 0, 4)}, b"vier"),
        }
    )
    log = log_on(store)
    assert await log.restore() == Snapshot(20, b"h", {7: [b"one"], 9: [b"vier"]})
    await log.write(30, b"h", appended(s7=b"+eins"))
    assert await log_on(store).restore() == Snapshot(30, b"h", {7: [b"one", b"+eins"], 9: [b"vier"]})
    await log.write(40, b"h", whole(s7=b"1", s9=b"4"))
    assert len(store.objects) == 1


async def test_segments_are_read_a_few_at_a_time() -> None:
    @dataclass
    class Slow(Memory):
        async def get(self, bucket: str, key: str) -> bytes:
            self.reading += 1
            self.most_reading = max(self.most_reading, self.reading)
            for _ in range(10):
                await asyncio.sleep(0)
            self.reading -= 1
            return await super().get(bucket, key)

    store = Slow()
    log = log_on(store)
    for shard in range(20):
        await log.write(shard, b"", {shard: Piece(b"%d" % shard, True)})
    fresh = log_on(store)
    restored = await fresh.restore()
    assert restored is not None
    assert restored.shards == {shard: [b"%d" % shard] for shard in range(20)}
    assert store.most_reading == READ_AT_ONCE


class Users:
    """State of many users in shards: dumps those that changed, or whole shards where they are wanted."""

    def __init__(self, shards: int, users: int, bytes_each: int) -> None:
        self.each = bytes_each
        self.shards = {shard: dict.fromkeys(range(users), 0) for shard in range(shards)}
        self.changed: set[tuple[int, int]] = {(s, u) for s in range(shards) for u in range(users)}

    def touch(self, shard: int, user: int) -> None:
        self.shards[shard][user] += 1
        self.changed.add((shard, user))

    def dump(self, wanted: frozenset[int], first: bool = False) -> dict[int, Piece]:
        deltas: dict[int, dict[int, int]] = {}
        for shard, user in self.changed:
            deltas.setdefault(shard, {})[user] = self.shards[shard][user]
        self.changed.clear()
        pieces = {shard: Piece(self.encode(users), first) for shard, users in deltas.items()}
        return pieces | {shard: Piece(self.encode(self.shards[shard]), True) for shard in wanted}

    def encode(self, users: dict[int, int]) -> bytes:
        return b"".join(f"{user}={count}".encode().ljust(self.each) for user, count in users.items())

    def decode(self, pieces: list[bytes]) -> dict[int, int]:
        data = b"".join(pieces)
        entries = (data[i : i + self.each].decode().strip() for i in range(0, len(data), self.each))
        return {int(user): int(count) for user, count in (entry.split("=") for entry in entries)}

    def size(self) -> int:
        return sum(len(users) * self.each for users in self.shards.values())


TRAFFIC: dict[str, Callable[[random.Random, int, Users], None]] = {
    "everybody a little": lambda rng, _, users: [
        users.touch(shard, rng.randrange(50)) for shard in users.shards for _ in range(3)
    ],
    "most of everybody": lambda rng, _, users: [
        users.touch(shard, user) for shard in users.shards for user in range(50) if rng.random() < 0.5
    ],
    "a few shards": lambda rng, _, users: [users.touch(rng.randrange(3), rng.randrange(50)) for _ in range(20)],
    "now here, now there": lambda rng, _, users: users.touch(rng.randrange(len(users.shards)), rng.randrange(50)),
    "bursts": lambda rng, turn, users: [
        users.touch(shard, rng.randrange(50)) for shard in users.shards for _ in range(40 if turn % 40 == 0 else 1)
    ],
}


@pytest.mark.parametrize("traffic", TRAFFIC)
async def test_what_is_stored_stays_within_about_three_times_the_state(
    traffic: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upkeep, "SMALL_BYTES", 100_000)
    rng, store = random.Random(traffic), Memory()
    users, log = Users(shards=40, users=50, bytes_each=1000), log_on(store)
    await log.write(0, b"", users.dump(frozenset(), first=True))
    first, largest, most = store.size(), 0, 0
    for turn in range(1, 300):
        TRAFFIC[traffic](rng, turn, users)
        largest = max(largest, await log.write(turn, b"", users.dump(log.whole)))
        most = max(most, len(store.objects))
        assert store.size() <= 3.5 * users.size() + 100_000
        if turn % 97 == 0:
            log = log_on(store)
            restored = await log.restore()
            assert restored is not None
            assert {shard: users.decode(pieces) for shard, pieces in restored.shards.items()} == users.shards
    assert most <= MOST_SEGMENTS + 20
    assert max(len(extents) for extents in log._index.values()) <= MOST_PIECES + 20
    assert largest < first, "no snapshot is as large as that of everything"


async def test_a_small_state_is_left_alone() -> None:
    log = log_on(Memory())
    for turn in range(MOST_PIECES // 2):
        await log.write(turn, b"", {turn: Piece(b"x" * 100, True)})
        assert log.whole == frozenset()
    assert 100 * MOST_PIECES < SMALL_BYTES


async def test_a_shard_that_grew_is_wanted_whole() -> None:
    log = log_on(Memory())
    await log.write(0, b"", whole(s1=b"x" * 100, s2=b"x" * 100))
    await log.write(1, b"", appended(s1=b"y" * 60, s2=b"y"))
    assert log.whole == frozenset()
    await log.write(2, b"", appended(s1=b"z" * 60))
    assert log.whole == {1}
    await log.write(3, b"", whole(s1=b"x" * 110))
    assert log.whole == frozenset()
    for turn in range(MOST_PIECES - 1):
        assert log.whole == frozenset()
        await log.write(turn, b"", appended(s2=b"y"))
    assert log.whole == {2}


@given(st.integers(0, 2**32))
@settings(max_examples=20)
def test_what_was_erased_is_soon_in_no_segment_although_the_writer_is_replaced(seed: int) -> None:
    chance = random.Random(seed)

    async def check() -> None:
        store, person = Memory(), b"the person" * 20_000
        names = [f"s{n}" for n in range(16)]
        log = log_on(store)
        for n in range(chance.randrange(1, 6)):
            await log.write(n, b"", whole(**{name: person for name in names if n == 0 or chance.random() < 0.3}))
        clean = bytes(chance.randrange(100_000, 400_000))
        await log.write(10, b"", whole(s3=clean), erased=True)
        for n in range(11, 30):
            if chance.random() < 0.3:
                log = log_on(store)
                await log.restore()
            await log.write(n, b"", {shard: Piece(clean, True) for shard in log.whole})
            if not any(b"the person" in data for data in store.objects.values()):
                return
        pytest.fail("the person is still there after 19 snapshots")

    asyncio.run(check())


def test_without_an_erasure_no_shard_is_asked_for_because_of_its_age() -> None:
    async def check() -> None:
        log = log_on(Memory())
        await log.write(1, b"", whole(s1=b"one", s2=b"two"))
        await log.write(2, b"", whole(s1=b"other"))
        assert log.whole == frozenset()

    asyncio.run(check())
