"""Adding partitions: shards move whole, wherever it is interrupted, and nothing is touched while somebody works."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

import pytest

from resonance_contracts.topics import ACTIVITY_OBSERVED, FEATURES_COMPUTED
from resonance_runtime.cluster import Span
from resonance_runtime.errors import NotFound, Unavailable
from resonance_runtime.partitions import SHARDED, Addition
from resonance_runtime.places import Misplaced, Place
from resonance_runtime.snapshots import Piece, Snapshot, SnapshotLog
from resonance_runtime.standstill import Refused

ACTIVITY, FEATURES = ACTIVITY_OBSERVED.name, FEATURES_COMPUTED.name
EXTRACTOR, PREDICTOR = ("feature-extractor", ACTIVITY), ("predictor", FEATURES)
END = 7
Groups = dict[tuple[str, str], dict[int, Snapshot | None]]


class Killed(Exception):
    """The process ended here."""


@dataclass
class Life:
    """How many more steps the process lives; None for all."""

    steps: int | None = None

    def step(self) -> None:
        if self.steps is not None:
            if self.steps == 0:
                raise Killed
            self.steps -= 1


@dataclass
class Memory:
    """The part of an object store that is used, in memory; each change is a step of a life."""

    life: Life = field(default_factory=Life)
    objects: dict[str, bytes] = field(default_factory=dict)

    async def put_if_absent(self, bucket: str, key: str, data: bytes) -> bool:
        self.life.step()
        return self.objects.setdefault(key, data) is data

    async def get(self, bucket: str, key: str) -> bytes:
        if key not in self.objects:
            raise NotFound(key)
        return self.objects[key]

    async def list(self, bucket: str, prefix: str) -> list[str]:
        return sorted(key for key in self.objects if key.startswith(prefix))

    async def delete(self, bucket: str, keys: Collection[str]) -> None:
        for key in keys:
            self.life.step()
            self.objects.pop(key, None)


@dataclass
class Broker:
    """What is asked of a cluster: every old partition ends at `END`, and everything is committed."""

    life: Life
    topics: dict[str, int]
    running: dict[str, list[str]] = field(default_factory=dict)
    reports: list[str] = field(default_factory=list)
    ends: dict[tuple[str, int], int] = field(default_factory=dict)
    committed: dict[tuple[str, int], int] = field(default_factory=dict)

    async def partitions(self, topics: Collection[str]) -> dict[str, int]:
        return {name: self.topics.get(name, 0) for name in topics}

    async def members(self, groups: Collection[str]) -> dict[str, list[str]]:
        return {group: self.running[group] for group in groups if group in self.running}

    async def spans(self, group: str, topic: str, partitions: int) -> list[Span]:
        ends = [self.ends.get((topic, p), END) for p in range(partitions)]
        return [Span(0, end, self.committed.get((topic, p), end)) for p, end in enumerate(ends)]

    async def reporting(self, services: Collection[str], seconds: float) -> list[str]:
        return self.reports

    async def grow(self, topic: str, partitions: int) -> None:
        self.life.step()
        assert partitions > self.topics[topic]
        self.topics[topic] = partitions


@dataclass
class World:
    """A broker and a store with the state of both groups for four partitions, and what was told."""

    life: Life = field(default_factory=Life)
    told: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.store = Memory(self.life)
        self.broker = Broker(self.life, dict.fromkeys(SHARDED, 4))

    async def add(self, new: int = 8, dry_run: bool = False) -> None:
        addition = Addition(self.broker, self.store, self.told.append, 0.0)  # type: ignore[arg-type]  # the parts used
        await addition.run(new, dry_run)

    def log(self, group: tuple[str, str], partitions: int, p: int) -> SnapshotLog:
        return SnapshotLog(self.store, Place(*group, partitions).of(p))  # type: ignore[arg-type]  # the parts used

    async def state(self, partitions: int) -> Groups:
        return {
            group: {p: await self.log(group, partitions, p).restore() for p in range(partitions)}
            for group in (EXTRACTOR, PREDICTOR)
        }


def name(group: tuple[str, str], shard: int, piece: int = 0) -> bytes:
    return f"{group[0]} {shard}.{piece}".encode()


@pytest.fixture
async def world() -> World:
    """Shards 0 to 15; the even ones came in two pieces; partition 3 of the predictor has nothing."""
    world = World()
    for group in (EXTRACTOR, PREDICTOR):
        for p in range(4):
            if (group, p) == (PREDICTOR, 3):
                world.broker.ends[FEATURES, 3] = 0
                continue
            log, shards = world.log(group, 4, p), range(p, 16, 4)
            await log.write(3, b"early", {s: Piece(name(group, s), True) for s in shards})
            await log.write(END, b"header %d" % p, {s: Piece(name(group, s, 1), False) for s in shards if s % 2 == 0})
    return world


def expected(group: tuple[str, str], p: int) -> Snapshot | None:
    """What the new partition should begin with."""
    if group == PREDICTOR and p % 4 == 3:
        return None
    shards = {s: [name(group, s), name(group, s, 1)] if s % 2 == 0 else [name(group, s)] for s in range(p, 16, 8)}
    return Snapshot(END if p < 4 else 0, b"header %d" % (p % 4), shards)


async def assert_added(world: World) -> None:
    assert await world.state(8) == {g: {p: expected(g, p) for p in range(8)} for g in (EXTRACTOR, PREDICTOR)}
    assert set(world.broker.topics.values()) == {8}
    assert {key.split("/")[2] for key in world.store.objects} == {"of-8"}
    assert not [key for key in world.store.objects if key.endswith("sealed")]
    for group in (EXTRACTOR, PREDICTOR):
        assert await Place(*group, 8).find(world.store, 5) == f"{'/'.join(group)}/of-8/5/"  # type: ignore[arg-type]


async def test_shards_headers_and_offsets_move(world: World) -> None:
    await world.add()
    await assert_added(world)
    assert "There are 8 partitions now" in world.told[-1]


async def test_it_may_be_killed_at_every_step(world: World) -> None:
    objects, topics = dict(world.store.objects), dict(world.broker.topics)
    for steps in range(1000):
        world.store.objects, world.broker.topics = dict(objects), dict(topics)
        world.life.steps = steps
        try:
            await world.add()
        except Killed:
            await assert_nobody_begins_with_half(world)
            world.life.steps = None
            await world.add()
            await assert_added(world)
        else:
            assert steps > 40, "each write, each removal and each topic was a step"
            return
    pytest.fail("it never ended")


async def assert_nobody_begins_with_half(world: World) -> None:
    """A member that starts now finds all of its state, or refuses."""
    for group in (EXTRACTOR, PREDICTOR):
        partitions = world.broker.topics[group[1]]
        try:
            await Place(*group, partitions).find(world.store, 0)  # type: ignore[arg-type]  # the parts used
        except Misplaced:
            continue
        kept = [await world.log(group, partitions, p).restore() for p in range(partitions)]
        assert {s for snapshot in kept if snapshot for s in snapshot.shards} == {
            s for s in range(16) if group == EXTRACTOR or s % 4 != 3
        }


async def test_killed_again_and_again_it_comes_to_an_end(world: World) -> None:
    for _ in range(1000):
        world.life.steps = 12
        try:
            await world.add()
            break
        except Killed:
            continue
    world.life.steps = None
    await assert_added(world)


async def test_once_done_there_is_nothing_to_do(world: World) -> None:
    await world.add()
    objects = dict(world.store.objects)
    await world.add()
    assert "already" in world.told[-1]
    assert world.store.objects == objects


async def test_a_dry_run_changes_nothing(world: World) -> None:
    world.life.steps = 0
    await world.add(dry_run=True)
    assert "Nothing was changed" in world.told[-1]


@pytest.mark.parametrize(
    ("new", "reason"),
    [(6, "a multiple of that"), (2, "a multiple of that"), (512, "at most 256"), (0, "a multiple of that")],
)
async def test_only_a_multiple_will_do(world: World, new: int, reason: str) -> None:
    world.life.steps = 0
    with pytest.raises(Refused, match=reason):
        await world.add(new)


async def test_it_refuses_while_somebody_works(world: World) -> None:
    world.life.steps = 0
    world.broker.running["predictor"] = ["predictor-a"]
    world.broker.ends[FEATURES, 1] = 12
    world.broker.committed[FEATURES, 1] = 7
    with pytest.raises(Refused, match=r"predictor runs \(predictor-a\) and has 5 records to do"):
        await world.add()
    world.broker.running.clear()
    with pytest.raises(Refused, match=r"predictor on partition 1 of .*: 5 records are still to do"):
        await world.add()
    world.broker.ends[FEATURES, 1] = END
    world.broker.reports.append("gateway/gateway-1")
    with pytest.raises(Refused, match=r"gateway/gateway-1\. Stop the gateways first"):
        await world.add()


async def test_state_that_is_not_that_of_the_topic_is_not_moved(world: World) -> None:
    world.life.steps = 0
    world.broker.ends[ACTIVITY, 2] = 5
    with pytest.raises(Refused, match="as of offset 7, but the topic ends at 5"):
        await world.add()
    world.broker.ends[ACTIVITY, 2] = 9
    with pytest.raises(Refused, match="offset 9 is committed, but its state is as of 7"):
        await world.add()


async def test_a_commit_that_was_lost_is_no_matter(world: World) -> None:
    world.broker.committed[ACTIVITY, 2] = 3
    await world.add()
    await assert_added(world)


async def test_a_group_without_state_must_have_nothing_to_do_either(world: World) -> None:
    world.store.objects = {key: data for key, data in world.store.objects.items() if key.startswith("predictor")}
    world.broker.committed |= {(ACTIVITY, p): 0 for p in range(4)}
    with pytest.raises(Refused, match=r"feature-extractor on partition 0 of .*: 7 records are still to do"):
        await world.add()
    world.broker.ends |= {(ACTIVITY, p): 0 for p in range(4)}
    await world.add()
    assert (await world.state(8))[PREDICTOR] == {p: expected(PREDICTOR, p) for p in range(8)}


class Returning(Broker):
    """Somebody comes back after the first look."""

    looks: int = 0

    async def members(self, groups: Collection[str]) -> dict[str, list[str]]:
        self.looks += 1
        return {"feature-extractor": ["back"]} if self.looks == 2 else {}


async def test_a_service_that_starts_meanwhile_ends_it_and_can_go_on(world: World) -> None:
    before = dict(world.store.objects)
    world.broker = Returning(world.life, dict(world.broker.topics), ends=world.broker.ends)
    with pytest.raises(Refused, match=r"feature-extractor runs \(back\)"):
        await world.add()
    assert world.store.objects == before
    assert "removed again" in world.told[-1]
    await world.add()
    await assert_added(world)


class Writing(Broker):
    """Somebody writes state and is gone again before the second look."""

    async def reporting(self, services: Collection[str], seconds: float) -> list[str]:
        await self.write()
        return []


async def test_state_that_is_written_meanwhile_is_noticed(world: World) -> None:
    async def write() -> None:
        log = world.log(PREDICTOR, 4, 1)
        await log.restore()
        await log.write(END, b"new terms", {})

    broker = Writing(world.life, dict(world.broker.topics), ends=world.broker.ends)
    broker.write = write  # type: ignore[attr-defined]  # a fake
    world.broker = broker
    with pytest.raises(Refused, match="written meanwhile"):
        await world.add()
    assert {key.split("/")[2] for key in world.store.objects} == {"of-4"}


async def test_records_of_a_gateway_that_came_between_can_still_be_done(world: World) -> None:
    """Interrupted before Kafka grew, then a gateway wrote: what was copied is removed, so that services can start."""
    world.life.steps = 10
    with pytest.raises(Killed):
        await world.add()
    world.life.steps = None
    with pytest.raises(Misplaced, match="partitions are being added"):
        await Place(*EXTRACTOR, 4).find(world.store, 0)  # type: ignore[arg-type]  # the parts used
    world.broker.ends[ACTIVITY, 0] = 9
    world.broker.committed[ACTIVITY, 0] = 7
    with pytest.raises(Refused, match="2 records are still to do"):
        await world.add()
    assert await Place(*EXTRACTOR, 4).find(world.store, 0)  # type: ignore[arg-type]  # the parts used


async def test_partitions_that_were_added_by_other_means_are_repaired(world: World) -> None:
    world.broker.topics = dict.fromkeys(SHARDED, 8)
    world.broker.ends[ACTIVITY, 3] = 9
    world.broker.committed[ACTIVITY, 3] = 7
    with pytest.raises(
        Refused, match=r"2 records are still to do\. The topic was given more partitions by other means"
    ):
        await world.add()
    world.broker.ends[ACTIVITY, 3] = END
    await world.add()
    await assert_added(world)


async def test_state_of_other_groups_moves_too(world: World) -> None:
    own = ("ticketing", ACTIVITY)
    await world.log(own, 4, 1).write(END, b"own", {1: Piece(b"one", True), 5: Piece(b"five", True)})
    world.broker.ends |= {(ACTIVITY, p): END for p in range(4)}
    with pytest.raises(Refused, match=r"ticketing on partition 0 of .*: offset 7 is committed"):
        await world.add()
    for p in (0, 2, 3):
        await world.log(own, 4, p).write(END, b"own", {})
    await world.add()
    assert await world.log(own, 8, 5).restore() == Snapshot(0, b"own", {5: [b"five"]})


async def test_a_shard_in_a_wrong_partition_stays_with_it(world: World) -> None:
    log = world.log(EXTRACTOR, 4, 1)
    await log.restore()
    await log.write(END, b"header 1", {2: Piece(b"stray", True)})
    await world.add()
    assert (await world.state(8))[EXTRACTOR][1] == Snapshot(
        END, b"header 1", {1: [name(EXTRACTOR, 1)], 2: [b"stray"], 9: [name(EXTRACTOR, 9)]}
    )


async def test_topics_that_were_made_anew_are_not_given_foreign_state(world: World) -> None:
    world.broker.topics = dict.fromkeys(SHARDED, 2)
    for group in (EXTRACTOR, PREDICTOR):
        with pytest.raises(Misplaced, match="made anew with fewer"):
            await Place(*group, 2).find(world.store, 0)  # type: ignore[arg-type]  # the parts used
    with pytest.raises(Refused, match=r"for 4 partitions of .*, which has 2 and had more before"):
        await world.add(4)


async def test_missing_topics_are_named(world: World) -> None:
    del world.broker.topics[FEATURES]
    with pytest.raises(Refused, match=f"missing: {FEATURES}"):
        await world.add()


async def test_who_takes_over_refuses_state_of_another_number(world: World) -> None:
    with pytest.raises(Misplaced, match=r"run `python -m resonance_runtime.partitions --to 8`"):
        await Place(*EXTRACTOR, 8).find(world.store, 0)  # type: ignore[arg-type]  # the parts used
    with pytest.raises(Misplaced, match=r"Partition 4 of .* came after"):
        await Place(*EXTRACTOR, 4).find(world.store, 4)  # type: ignore[arg-type]  # the parts used
    assert await Place("new", ACTIVITY, 8).find(world.store, 0) == f"new/{ACTIVITY}/of-8/0/"  # type: ignore[arg-type]


async def test_state_in_the_old_layout_is_neither_used_nor_passed_over() -> None:
    store = Memory()
    store.objects[f"predictor/{FEATURES}/3/00000000000000000007"] = b""
    with pytest.raises(Misplaced, match=f"move what is under predictor/{FEATURES}/ to predictor/{FEATURES}/of-4/"):
        await Place(*PREDICTOR, 4).find(store, 3)  # type: ignore[arg-type]  # the parts used


async def test_what_the_store_does_not_remove_is_removed_the_next_time(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def some(bucket: str, keys: Collection[str]) -> None:
        for key in sorted(keys)[::2]:
            world.store.objects.pop(key, None)
        raise Unavailable("The object store kept some.")

    with monkeypatch.context() as patch:
        patch.setattr(world.store, "delete", some)
        with pytest.raises(Unavailable, match="kept some"):
            await world.add()
    await world.add()
    await assert_added(world)


async def test_a_store_that_fails_is_no_refusal(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    async def down(bucket: str, key: str, data: bytes) -> bool:
        raise Unavailable("The object store cannot be reached.")

    with monkeypatch.context() as patch:
        patch.setattr(world.store, "put_if_absent", down)
        with pytest.raises(Unavailable):
            await world.add()
    await world.add()
    await assert_added(world)
