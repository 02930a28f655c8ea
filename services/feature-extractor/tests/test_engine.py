"""The engine against the brute-force reference, on streams of events nobody would wish for."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reference import ACTIVITY, HOUR, SECOND, vectors
from streams import (
    PAST_EVERYTHING,
    START,
    batch_of,
    interleaved,
    message,
    random_stream,
    run,
    vectors_of,
)

from resonance_contracts.features import CATALOGUE_VERSION, INDEX, WIDTH
from resonance_contracts.pb.resonance.v1 import features_pb2
from resonance_contracts.shards import shard_of
from resonance_feature_extractor.engine import BadBatch, BadState, PartitionEngine, vector_id

CHUNKS = 20
STREAMS_A_CHUNK = 500
END = batch_of([], watermark_us=PAST_EVERYTHING)

seeds = st.integers(0, 2**32)


@pytest.mark.parametrize(
    "chunk", [pytest.param(chunk, marks=[pytest.mark.long] * (chunk >= CHUNKS // 4)) for chunk in range(CHUNKS)]
)
def test_ten_thousand_random_streams_give_the_vectors_of_the_reference(chunk: int) -> None:
    rng = random.Random(chunk)
    streams = [random_stream(rng, f"u_{i}") for i in range(STREAMS_A_CHUNK)]
    events = interleaved(rng, streams)
    cuts = sorted(rng.sample(range(len(events)), 40))
    batches = [batch_of(events[a:b]) for a, b in zip([0, *cuts], [*cuts, len(events)], strict=True)]
    got: dict[str, list[Any]] = {}
    for vector in run(PartitionEngine(), [*batches, END]):
        got.setdefault(vector[0], []).append(vector)
    for stream in streams:
        user = stream[0].user
        want = vectors(stream)
        mine = got.get(user, [])
        assert [v[2] for v in mine] == list(range(1, len(want) + 1)), user
        for (_, id_, ordinal, start_us, end_us, values), expected in zip(mine, want, strict=True):
            assert (start_us, end_us) == (expected.start_us, expected.end_us)
            assert id_ == vector_id("live", user, ordinal, end_us)
            assert values == pytest.approx(expected.values, rel=1e-9, abs=1e-9), user


@given(seeds, st.data())
@settings(max_examples=200)
def test_after_every_event_the_engine_agrees_with_the_reference(seed: int, data: st.DataObject) -> None:
    stream = random_stream(random.Random(seed), "u_a")
    upto = data.draw(st.integers(1, len(stream)))
    got = run(PartitionEngine(), [batch_of([e]) for e in stream[:upto]] + [END])
    assert [v[5] for v in got] == [pytest.approx(v.values, rel=1e-9, abs=1e-9) for v in vectors(stream[:upto])]


@given(seeds, st.data())
@settings(max_examples=200)
def test_where_batches_end_does_not_matter(seed: int, data: st.DataObject) -> None:
    rng = random.Random(seed)
    events = interleaved(rng, [random_stream(rng, f"u_{i}") for i in range(3)])
    one_by_one = run(PartitionEngine(), [*(batch_of([e]) for e in events), END])
    cut = data.draw(st.integers(0, len(events)))
    assert run(PartitionEngine(), [batch_of(events[:cut]), batch_of(events[cut:]), END]) == one_by_one


def kept(shards: dict[int, list[bytes]], changed: Any) -> None:
    """Keeps a dump as the runtime does."""
    for shard, piece in changed.items():
        if piece.whole:
            shards[shard] = []
        shards.setdefault(shard, []).append(piece.data)


@given(seeds, st.data())
@settings(max_examples=200)
def test_a_crash_anywhere_gives_the_same_records(seed: int, data: st.DataObject) -> None:
    rng = random.Random(seed)
    events = interleaved(rng, [random_stream(rng, f"u_{i}") for i in range(6)])
    size = rng.choice([1, 5, 20])
    batches = [
        batch_of(events[i : i + size], events[i].time_us, origin=rng.choice(["g1", "g2"])).SerializeToString()
        for i in range(0, len(events), size)
    ]
    max_age_us = rng.choice([HOUR, 24 * HOUR])
    undisturbed = PartitionEngine(max_age_us)
    want = [undisturbed.apply(batch) for batch in batches]
    engine, shards, header, at = PartitionEngine(max_age_us), dict[int, list[bytes]](), b"", 0
    crash = data.draw(st.integers(0, len(batches)))
    for number, batch in enumerate(batches[:crash]):
        assert engine.apply(batch) == want[number]
        if rng.random() < 0.3:
            header, changed = engine.dump(whole=[s for s in shards if rng.random() < 0.2])
            kept(shards, changed)
            at = number + 1
    engine = PartitionEngine.restore(header, shards, max_age_us) if at else PartitionEngine(max_age_us)
    assert [engine.apply(batch) for batch in batches[at:]] == want[at:]
    assert engine.users() == undisturbed.users()


def test_a_vector_every_ten_messages() -> None:
    engine = PartitionEngine()
    (out,) = engine.apply(batch_of([message("u_a", i + 1, START + i) for i in range(25)]).SerializeToString())
    batch = features_pb2.VectorBatch.FromString(out)
    assert list(batch.reason) == [features_pb2.EMISSION_REASON_COUNT] * 2
    assert list(batch.end_us) == [START + 9, START + 19]
    assert (batch.stream, batch.catalogue_version, batch.width) == ("live", CATALOGUE_VERSION, WIDTH)


def test_users_who_go_quiet_are_closed_by_the_watermark() -> None:
    engine = PartitionEngine()
    assert not run(engine, [batch_of([message("u_a", 1, START)])])
    assert not run(engine, [batch_of([], watermark_us=START + ACTIVITY - 1)])
    (out,) = engine.apply(batch_of([], watermark_us=START + ACTIVITY).SerializeToString())
    batch = features_pb2.VectorBatch.FromString(out)
    assert list(batch.reason) == [features_pb2.EMISSION_REASON_TIME]
    assert list(batch.end_us) == [START]
    assert batch.watermark_us == START + ACTIVITY


def test_the_watermark_waits_for_an_origin_that_is_a_little_behind_and_for_no_other() -> None:
    engine = PartitionEngine()
    run(engine, [batch_of([message("u_a", 1, START)], START, origin="g1"), batch_of([], START, origin="g2")])
    assert not run(engine, [batch_of([], START + SECOND, origin="g1")]), "g2 may have more of it"
    assert len(run(engine, [batch_of([], START + SECOND, origin="g2")])) == 1
    run(engine, [batch_of([message("u_a", 2, START + SECOND)], START + SECOND, origin="g1")])
    assert len(run(engine, [batch_of([], START + 9 * SECOND, origin="g1")])) == 1, "g2 is gone"


def test_many_vectors_make_several_records_and_the_last_tells_the_watermark() -> None:
    engine = PartitionEngine()
    users = 9000
    for first in range(0, users, 1000):
        run(engine, [batch_of([message(f"u_{i}", 1, START + i) for i in range(first, first + 1000)])])
    records = engine.apply(batch_of([], watermark_us=PAST_EVERYTHING).SerializeToString())
    assert len(records) == 3
    assert all(len(record) < 1_000_000 for record in records)
    assert len(vectors_of(records)) == users
    batches = [features_pb2.VectorBatch.FromString(record) for record in records]
    assert [b.watermark_us for b in batches] == [0, 0, PAST_EVERYTHING]
    assert [b.SerializeToString(deterministic=True) for b in batches] == records


def test_records_of_long_keys_stay_below_the_brokers_limit() -> None:
    engine = PartitionEngine()
    users = [f"{i:03d}" + "\U0001f600" * 500 for i in range(600)]
    run(engine, [batch_of([message(user, 1, START) for user in users])])
    records = engine.apply(END.SerializeToString())
    assert max(map(len, records)) < 1_000_000
    assert sorted(v[0] for v in vectors_of(records)) == users


def test_a_replay_has_a_state_of_its_own_and_is_forgotten_when_it_is_over() -> None:
    engine = PartitionEngine()
    run(engine, [batch_of([message("u_a", i + 1, START + i) for i in range(10)], START)])
    out = run(engine, [batch_of([message("u_a", i + 1, 1000 + i) for i in range(10)], stream="replay:x")])
    assert [ordinal for _, _, ordinal, *_ in out] == [1]
    assert engine.users() == 2
    header, changed = engine.dump()
    shards: dict[int, list[bytes]] = {}
    kept(shards, changed)
    run(engine, [batch_of([], START + 2 * HOUR)])
    assert engine.users() == 1
    header, changed = engine.dump()
    kept(shards, changed)
    assert PartitionEngine.restore(header, shards).users() == 1


def test_users_who_are_idle_for_long_are_forgotten_by_the_snapshot_too() -> None:
    engine = PartitionEngine(max_age_us=HOUR)
    run(engine, [batch_of([message("u_a", 1, START)]), batch_of([message("u_b", 1, START + 5000 * SECOND)])])
    shards: dict[int, list[bytes]] = {}
    kept(shards, engine.dump()[1])
    run(engine, [batch_of([], watermark_us=START + 5000 * SECOND)])
    assert engine.users() == 1
    header, changed = engine.dump()
    kept(shards, changed)
    assert shard_of("u_a") in changed
    engine = PartitionEngine.restore(header, shards, max_age_us=HOUR)
    assert engine.users() == 1
    out = run(engine, [batch_of([message("u_a", 1, START + 6000 * SECOND + i) for i in [0]]), END])
    assert [v[2] for v in out if v[0] == "u_a"] == [1], "the user begins anew"


def test_memory_of_users_who_are_gone_is_used_again() -> None:
    engine = PartitionEngine(max_age_us=HOUR)
    sizes = []
    for hour in range(0, 24, 3):
        start = START + hour * HOUR
        for first in range(0, 5000, 1000):
            run(engine, [batch_of([message(f"u_{hour}_{i}", 1, start) for i in range(first, first + 1000)], start)])
        sizes.append(engine.nbytes())
    assert engine.users() <= 10_000
    assert sizes[-1] <= 1.6 * sizes[1]


@pytest.mark.parametrize(
    ("field", "feature", "bound"),
    [("channel", "channels_count", 64), ("address", "jwt_token_reuse", 64), ("token", "jwt_token_churn", 64)],
)
def test_so_many_names_are_told_apart_and_room_comes_back_with_time(field: str, feature: str, bound: int) -> None:
    engine = PartitionEngine()
    events = [message("u_a", i + 1, START + i, **{field: f"n{i}"}) for i in range(100)]
    out = run(engine, [batch_of(events)])
    assert out[-1][5][INDEX[feature]] == bound
    assert out[4][5][INDEX[feature]] == 50
    later = [message("u_a", 200 + i, START + 2 * HOUR + i, **{field: f"m{i}"}) for i in range(10)]
    assert run(engine, [batch_of(later)])[-1][5][INDEX[feature]] == 10


def test_so_many_sources_are_told_apart_and_the_longest_silent_is_forgotten() -> None:
    engine = PartitionEngine()
    events = [message("u_a", 1, START + i, source=f"s{i}") for i in range(1025)]
    run(engine, [batch_of(events)])
    assert engine.take_counts()["forgotten_sources"] == 1
    run(engine, [batch_of([message("u_a", 1, START + 2000, source="s1")])])
    assert engine.take_counts()["repeated"] == 1
    run(engine, [batch_of([message("u_a", 1, START + 2000, source="s0")])])
    assert engine.take_counts()["repeated"] == 0, "s0 is new again"


def test_late_and_repeated_events_are_counted() -> None:
    engine = PartitionEngine()
    first = message("u_a", 1, START)
    run(engine, [batch_of([first, first, message("u_a", 2, START - HOUR - 1)])])
    assert engine.take_counts() == {"repeated": 1, "late": 1, "forgotten_sources": 0}
    assert engine.take_counts() == {"repeated": 0, "late": 0, "forgotten_sources": 0}


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (lambda b: b.sequence.append(1), "column sequence has 2 entries; expected 1"),
        (lambda b: b.ClearField("sequence"), "events of a source are numbered from 1"),
        (lambda b: b.sequence.__setitem__(0, 2**63), "column sequence has a value outside 1 to"),
        (lambda b: b.ClearField("strings"), "names strings, but the batch has none"),
        (lambda b: b.address.__setitem__(0, 99), "column address names a string that is not there"),
        (lambda b: b.kind.__setitem__(0, 0), "column kind has a value that is none of"),
        (lambda b: b.kind.__setitem__(0, 99), "column kind has a value that is none of"),
        (lambda b: b.time_us.__setitem__(0, -5), "column time_us has a value outside 1970 to 2286"),
        (lambda b: b.received_us.__setitem__(0, -5), "column received_us has a negative value"),
        (lambda b: b.ClearField("stream"), "field stream is empty"),
        (lambda b: b.strings.append("u" * 10_000), "a string has 10000 characters; expected at most 512"),
    ],
)
def test_a_malformed_batch_changes_nothing(spoil: Any, says: str) -> None:
    engine = PartitionEngine()
    batch = batch_of([message("u_a", 1, START)])
    spoil(batch)
    with pytest.raises(BadBatch, match=says):
        engine.apply(batch.SerializeToString())
    assert engine.users() == 0


@pytest.mark.parametrize("data", [b"\xff\xff", b"\x0a\x05li", b"\x22\xff\xff\xff\xff\x0f", b"\x0b", b"\x00\x00"])
def test_bytes_that_are_no_batch_change_nothing(data: bytes) -> None:
    with pytest.raises(BadBatch, match=r"the value is not a resonance\.v1\.ActivityBatch"):
        PartitionEngine().apply(data)


def test_a_text_that_is_not_utf8_is_refused() -> None:
    data = batch_of([message("u_a", 1, START)]).SerializeToString().replace(b"u_a/s", b"u_\xff/s")
    with pytest.raises(BadBatch, match="is not UTF-8"):
        PartitionEngine().apply(data)


def test_saved_state_of_another_version_is_refused_in_words() -> None:
    header, _ = PartitionEngine().dump()
    with pytest.raises(BadState, match="format"):
        PartitionEngine.restore(header.replace(b"\xa6format\x02", b"\xa6format\x01"), {})
    with pytest.raises(BadState, match="cannot be read"):
        PartitionEngine.restore(b"garbage", {})
