"""The engine against the brute-force reference, on streams of events nobody would wish for."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resonance_contracts.features import WIDTH
from resonance_contracts.pb.resonance.v1 import activity_pb2 as pb
from resonance_contracts.pb.resonance.v1 import features_pb2
from resonance_feature_extractor.engine import ACTIVITY_US, MESSAGES_PER_VECTOR, PartitionEngine
from resonance_feature_extractor.events import BadBatch, Event

_spec = importlib.util.spec_from_file_location("reference", Path(__file__).with_name("reference.py"))
assert _spec is not None and _spec.loader is not None
_module = importlib.util.module_from_spec(_spec)
sys.modules["reference"] = _module
_spec.loader.exec_module(_module)
reference = _module.reference

START = 1_760_000_000_000_000
SECOND = 1_000_000
KINDS = [pb.ACTIVITY_KIND_MESSAGE] * 6 + [k for k in pb.ActivityKind.values() if k]


@st.composite
def streams(draw: st.DrawFn) -> list[Event]:
    """Events of a few users: late, out of order, repeated, in bursts, after long breaks."""
    now, events, sequences = START, [], dict[str, int]()
    for _ in range(draw(st.integers(1, 60))):
        gap = st.one_of(st.integers(0, SECOND // 2), st.integers(0, 90 * SECOND), st.integers(0, 3 * 3600 * SECOND))
        now += draw(gap)
        late = draw(st.sampled_from([0, 0, 0, 0, 3 * SECOND, 400 * SECOND, 2 * 3600 * SECOND]))
        user = draw(st.sampled_from(["u_a", "u_a", "u_b"]))
        source = f"{user}/{draw(st.sampled_from('xy'))}"
        if sequences.get(source) and draw(st.integers(0, 9)) == 0:
            sequence = draw(st.integers(1, sequences[source]))
        else:
            sequence = sequences[source] = sequences.get(source, 0) + draw(st.integers(1, 2))
        events.append(
            Event(
                user, source, sequence, draw(st.sampled_from(KINDS)), now - late, draw(st.integers(0, 5000)),
                draw(st.sampled_from(["", "c1", "c2", "c3"])), draw(st.sampled_from(["", "a1", "a2", "a3"])),
                draw(st.sampled_from(["", "t1", "t2"])), draw(st.booleans()), START,
            )
        )  # fmt: skip
    return events


def batch_of(events: Sequence[Event], watermark_us: int = 0, stream: str = "live") -> pb.ActivityBatch:
    strings = sorted({s for e in events for s in (e.user, e.source, e.channel, e.address, e.token)})
    place = {s: i for i, s in enumerate(strings)}
    batch = pb.ActivityBatch(stream=stream, clock=pb.CLOCK_KIND_GATEWAY, watermark_us=watermark_us, strings=strings)
    for e in events:
        for column in ("user", "source", "channel", "address", "token"):
            getattr(batch, column).append(place[getattr(e, column)])
        for column in ("sequence", "kind", "time_us", "size", "error", "received_us"):
            getattr(batch, column).append(getattr(e, column))
    return batch


Vector = tuple[str, str, int, tuple[float, ...]]


def run(engine: PartitionEngine, batches: Iterable[pb.ActivityBatch]) -> list[Vector]:
    return [vector for batch in batches for vector in vectors_of(engine.apply(batch))]


def vectors_of(batch: features_pb2.VectorBatch | None) -> list[Vector]:
    if batch is None:
        return []
    rows = [tuple(batch.values[i : i + WIDTH]) for i in range(0, len(batch.values), WIDTH)]
    return list(zip(batch.user_key, batch.vector_id, batch.ordinal, rows, strict=True))


def expected_vectors(events: list[Event]) -> list[list[float]]:
    """Vectors of one user, one event at a time: when they are due, and what they say."""
    vectors, applied, seen = [], list[Event](), dict[str, int]()
    first, messages, now = 0, 0, 0
    for event in events:
        if event.sequence <= seen.get(event.source, 0):
            continue
        seen[event.source] = event.sequence
        if first and event.time_us >= first + ACTIVITY_US:
            vectors.append(reference(applied))
            first = messages = 0
        applied.append(event)
        now = max(now, event.time_us)
        if now - event.time_us > 3600 * SECOND or event.kind == pb.ACTIVITY_KIND_DISCONNECT:
            continue
        first = first or event.time_us
        messages += event.kind in (pb.ACTIVITY_KIND_MESSAGE, pb.ACTIVITY_KIND_LIMITED)
        if messages == MESSAGES_PER_VECTOR:
            vectors.append(reference(applied))
            first = messages = 0
    if first:
        vectors.append(reference(applied))
    return vectors


@given(streams())
@settings(max_examples=200, deadline=None)
def test_every_vector_is_the_reference_of_the_users_own_events(events: list[Event]) -> None:
    engine = PartitionEngine()
    got = run(engine, [batch_of([e]) for e in events] + [batch_of([], watermark_us=events[-1].time_us + 10**12)])
    for user in {e.user for e in events}:
        want = expected_vectors([e for e in events if e.user == user])
        mine = [row for key, _, _, row in got if key == user]
        assert len(mine) == len(want)
        for row, expected in zip(mine, want, strict=True):
            assert row == pytest.approx(expected, rel=1e-9, abs=1e-9)


@given(streams(), st.data())
@settings(max_examples=200, deadline=None)
def test_where_batches_end_does_not_matter(events: list[Event], data: st.DataObject) -> None:
    end = batch_of([], watermark_us=events[-1].time_us + 10**12)
    one_by_one = run(PartitionEngine(), [*(batch_of([e]) for e in events), end])
    cut = data.draw(st.integers(0, len(events)))
    together = run(PartitionEngine(), [batch_of(events[:cut]), batch_of(events[cut:]), end])
    assert together == one_by_one


@given(streams(), st.data())
@settings(max_examples=200, deadline=None)
def test_a_crash_anywhere_gives_the_same_vectors(events: list[Event], data: st.DataObject) -> None:
    batches = [batch_of(events[i : i + 5], watermark_us=events[i].time_us) for i in range(0, len(events), 5)]
    undisturbed = run(PartitionEngine(), batches)
    engine, shards, header, kept, out = PartitionEngine(), dict[int, bytes](), b"", 0, list[Vector]()
    crash, snapshot = data.draw(st.integers(0, len(batches))), data.draw(st.integers(0, len(batches)))
    for number, batch in enumerate(batches[:crash]):
        out += vectors_of(engine.apply(batch))
        if number < snapshot:
            header, changed = engine.dump()
            shards |= changed
            kept = number + 1
    engine = PartitionEngine.restore(header, shards) if kept else PartitionEngine()
    again = run(engine, batches[kept:])
    assert dict.fromkeys(out + again).keys() == dict.fromkeys(undisturbed).keys()
    assert [v for v in again if v not in out] == [v for v in undisturbed if v not in out]


def message(user: str, sequence: int, time_us: int) -> Event:
    return Event(user, f"{user}/s", sequence, pb.ACTIVITY_KIND_MESSAGE, time_us, 10, "c", "a", "t", False, START)


def test_a_vector_every_ten_messages() -> None:
    engine = PartitionEngine()
    out = engine.apply(batch_of([message("u_a", i + 1, START + i) for i in range(25)]))
    assert out is not None
    assert list(out.reason) == [features_pb2.EMISSION_REASON_COUNT] * 2
    assert list(out.end_us) == [START + 9, START + 19]


def test_users_who_go_quiet_are_closed_by_the_watermark() -> None:
    engine = PartitionEngine()
    assert not vectors_of(engine.apply(batch_of([message("u_a", 1, START)])))
    assert not vectors_of(engine.apply(batch_of([], watermark_us=START + ACTIVITY_US - 1)))
    out = engine.apply(batch_of([], watermark_us=START + ACTIVITY_US))
    assert out is not None
    assert list(out.reason) == [features_pb2.EMISSION_REASON_TIME]
    assert list(out.end_us) == [START]
    assert out.watermark_us == START + ACTIVITY_US


def test_a_replay_has_a_state_of_its_own() -> None:
    engine = PartitionEngine()
    engine.apply(batch_of([message("u_a", i + 1, START + i) for i in range(10)]))
    out = engine.apply(batch_of([message("u_a", i + 1, 1000 + i) for i in range(10)], stream="replay:x"))
    assert [ordinal for _, _, ordinal, _ in vectors_of(out)] == [1]
    assert engine.users() == 2


def test_users_who_are_idle_for_long_are_forgotten() -> None:
    engine = PartitionEngine(max_age_us=3600 * SECOND)
    engine.apply(batch_of([message("u_a", 1, START)]))
    engine.apply(batch_of([message("u_b", 1, START + 5000 * SECOND)]))
    engine.apply(batch_of([], watermark_us=START + 5000 * SECOND))
    assert engine.users() == 1
    _, changed = engine.dump()
    assert b"" in changed.values(), "the snapshot forgets them too"


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (lambda b: b.sequence.append(1), "column sequence has 2 entries; expected 1"),
        (lambda b: b.ClearField("strings"), "names strings, but the batch has none"),
        (lambda b: b.address.__setitem__(0, 99), "column address names a string that is not there"),
        (lambda b: b.kind.__setitem__(0, 0), "column kind has a value that is none of"),
        (lambda b: b.time_us.__setitem__(0, -5), "column time_us has a value outside 1970 to 2286"),
        (lambda b: b.ClearField("stream"), "field stream is empty"),
        (lambda b: b.strings.append("u" * 10_000), "a string has 10000 characters; expected at most 512"),
    ],
)
def test_a_malformed_batch_changes_nothing(spoil: Any, says: str) -> None:
    engine = PartitionEngine()
    batch = batch_of([message("u_a", 1, START)])
    spoil(batch)
    with pytest.raises(BadBatch, match=says):
        engine.apply(batch)
    assert engine.users() == 0
