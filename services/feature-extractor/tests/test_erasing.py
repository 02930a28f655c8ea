"""A user who was erased was never there: not for others, not for who comes back, not in what is kept."""

from __future__ import annotations

import itertools
import random
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from reference import HOUR, SECOND, Event
from streams import PAST_EVERYTHING, START, Vector, batch_of, interleaved, message, random_stream, run, vectors_of

from resonance_contracts.pb.resonance.v1 import activity_pb2 as pb
from resonance_contracts.pb.resonance.v1 import features_pb2
from resonance_contracts.shards import shard_of
from resonance_feature_extractor.engine import PartitionEngine
from resonance_feature_extractor.engine.siphash import name_of

GONE = "u_gone"
TEXTS = ("user", "source", "channel", "address", "token")
COLUMNS = (*TEXTS, "sequence", "time_us", "kind", "size", "error", "received_us")
END = batch_of([], watermark_us=PAST_EVERYTHING)

seeds = st.integers(0, 2**32)


def erasure(time_us: int = START, user: str = GONE) -> Event:
    return Event(user, "erasure", 1, pb.ACTIVITY_KIND_ERASED, time_us, 0, "", "", "", False, 0)


def with_erasure(rng: random.Random) -> list[Event]:
    """Events of some users, one of whom is erased."""
    events = interleaved(rng, [random_stream(rng, user) for user in (GONE, "u_a", "u_b", "u_c")])
    at = rng.randrange(len(events) + 1)
    return [*events[:at], erasure(events[at - 1].time_us), *events[at:]]


def in_batches(rng: random.Random, events: list[Event]) -> list[pb.ActivityBatch]:
    """Batches of random sizes; of every tenth event on, the watermark is its time."""
    cuts = sorted({0, len(events), *(rng.randrange(len(events) + 1) for _ in range(rng.choice([0, 3, 20])))})
    return [
        batch_of(part, part[-1].time_us if rng.random() < 0.1 else 0)
        for a, b in itertools.pairwise(cuts)
        if (part := events[a:b])
    ]


def without_first_life(batch: pb.ActivityBatch, seen: bool) -> tuple[pb.ActivityBatch, bool]:
    """A batch without what the user did until the erasure, and whether that has come by its end."""
    left = pb.ActivityBatch()
    left.CopyFrom(batch)
    keep = []
    for i, kind in enumerate(batch.kind):
        erased = kind == pb.ACTIVITY_KIND_ERASED
        if not erased and (seen or batch.strings[batch.user[i]] != GONE):
            keep.append(i)
        seen = seen or erased
    for column in COLUMNS:
        left.ClearField(column)
        getattr(left, column).extend(getattr(batch, column)[i] for i in keep)
    return left, seen


def of_second_life(records: list[bytes]) -> list[Vector]:
    """All vectors but those of the user from before the erasure."""
    found: list[Vector] = []
    seen = False
    for record in records:
        seen = seen or bool(features_pb2.VectorBatch.FromString(record).erased)
        found += [vector for vector in vectors_of([record]) if seen or vector[0] != GONE]
    return found


def kept(shards: dict[int, list[bytes]], changed: Any) -> None:
    """Keeps a dump as the runtime does."""
    for shard, piece in changed.items():
        if piece.whole:
            shards[shard] = []
        shards.setdefault(shard, []).append(piece.data)


@given(seeds)
@settings(max_examples=200)
def test_erasing_a_user_is_as_if_they_had_never_been(seed: int) -> None:
    rng = random.Random(seed)
    events = with_erasure(rng)
    batches = [*in_batches(rng, events), END]
    erased, never, seen = PartitionEngine(), PartitionEngine(), False
    got: list[bytes] = []
    want: list[Vector] = []
    for batch in batches:
        got += erased.apply(batch.SerializeToString())
        left, seen = without_first_life(batch, seen)
        want += run(never, [left])
    assert of_second_life(got) == want
    assert erased.users() == never.users()


@given(seeds)
@settings(max_examples=100)
def test_nothing_of_the_user_is_in_what_is_kept_from_then_on(seed: int) -> None:
    rng = random.Random(seed)
    events = with_erasure(rng)
    engine, shards = PartitionEngine(rng.choice([HOUR, 24 * HOUR])), dict[int, list[bytes]]()
    for event in events:
        if event.kind == pb.ACTIVITY_KIND_ERASED:
            break
        run(engine, [batch_of([event], event.time_us if rng.random() < 0.2 else 0)])
        if rng.random() < 0.1:
            kept(shards, engine.dump()[1])
            assert not engine.take_erased()
    run(engine, [batch_of([erasure()])])
    header, changed = engine.dump()
    assert engine.take_erased()
    kept(shards, changed)
    assert changed[shard_of(GONE)].whole
    assert not any(GONE.encode() in piece for pieces in shards.values() for piece in pieces)
    assert PartitionEngine.restore(header, shards).users() == engine.users()


@given(seeds, st.data())
@settings(max_examples=100)
def test_a_crash_anywhere_around_an_erasure_gives_the_same_records(seed: int, data: st.DataObject) -> None:
    rng = random.Random(seed)
    events = with_erasure(rng)
    batches = [batch.SerializeToString() for batch in in_batches(rng, events)]
    undisturbed = PartitionEngine()
    want = [undisturbed.apply(batch) for batch in batches]
    engine, shards, header, at = PartitionEngine(), dict[int, list[bytes]](), b"", 0
    crash = data.draw(st.integers(0, len(batches)))
    for number, batch in enumerate(batches[:crash]):
        assert engine.apply(batch) == want[number]
        if rng.random() < 0.4:
            header, changed = engine.dump()
            kept(shards, changed)
            at = number + 1
    engine = PartitionEngine.restore(header, shards) if at else PartitionEngine()
    assert [engine.apply(batch) for batch in batches[at:]] == want[at:]
    assert engine.users() == undisturbed.users()


def test_the_erasure_is_told_after_the_last_vector_and_before_the_next() -> None:
    engine = PartitionEngine()
    first, second = ([message(GONE, n + 1, START + n) for n in range(10)] for _ in range(2))
    records = engine.apply(batch_of([*first, erasure(START + 50), *second]).SerializeToString())
    batches = [features_pb2.VectorBatch.FromString(record) for record in records]
    assert [(list(b.user_key), list(b.ordinal), list(b.erased), list(b.erased_us)) for b in batches] == [
        ([GONE], [1], [], []),
        ([], [], [GONE], [START + 50]),
        ([GONE], [1], [], []),
    ]


def test_the_user_is_forgotten_in_every_stream() -> None:
    engine = PartitionEngine()
    run(engine, [batch_of([message(GONE, 1, START)], stream=s) for s in ("live", "replay:1", "replay:2")])
    assert engine.users() == 3
    run(engine, [batch_of([erasure()], stream="replay:1")])
    assert engine.users() == 0


def test_a_user_nobody_knows_can_be_erased() -> None:
    engine = PartitionEngine()
    (record,) = engine.apply(batch_of([erasure()]).SerializeToString())
    assert features_pb2.VectorBatch.FromString(record).erased == [GONE]
    assert engine.users() == 0
    header, changed = engine.dump()
    shards: dict[int, list[bytes]] = {}
    kept(shards, changed)
    assert PartitionEngine.restore(header, shards).users() == 0


def test_who_gets_the_row_of_the_user_is_closed_in_the_order_of_the_others() -> None:
    """Of one time, the user with the least hash is first: so is the entry that is left of one who was erased."""
    first, *others, last = sorted((f"u_{n}" for n in range(40)), key=hash_of)
    engine, calm = PartitionEngine(), PartitionEngine()
    there = [message(user, 1, START) for user in others]
    late = message(last, 1, START)
    run(engine, [batch_of([message(first, 1, START), *there, erasure(user=first), late])])
    run(calm, [batch_of([*there, late])])
    quiet = batch_of([], START + SECOND)
    assert run(engine, [quiet]) == run(calm, [quiet])


def hash_of(user: str) -> int:
    key = np.frombuffer(user.encode(), np.uint8).copy()
    return int(name_of(key, 0, len(key))) % 2**64
