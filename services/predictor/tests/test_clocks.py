"""Clocks of backends, up to five minutes behind or ahead: one flood is one incident, and ends once."""

from __future__ import annotations

from itertools import pairwise

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from resonance_contracts.pb.resonance.v1.features_pb2 import VectorBatch
from resonance_predictor.detection import PartitionDetector
from resonance_predictor.messages import Outputs
from resonance_predictor.state import Header, load_header

SECOND = 1_000_000
START = 10**15
QUIET_S = 300
STEP_S = 5
CHECKS = settings(max_examples=6, suppress_health_check=[HealthCheck.function_scoped_fixture])
SKEWS = (-300, -299, -60, 0, 60, 299, 300)

Way = tuple[int, int]
"""How far its clock is ahead, and how many seconds it leaves between two vectors."""


def flood(synthetic, *ways: Way, seconds: int = 900, until: int = 2000) -> list[VectorBatch]:
    """Records of a user who floods over some ways at once, with a watermark every few seconds."""
    loud, records, ordinal = synthetic.values(messages_per_minute=300), [synthetic.quiet(START)], 0
    for at in range(STEP_S, until, STEP_S):
        vectors = []
        for skew, gap in ways:
            if at <= seconds and (at - STEP_S) % gap < STEP_S:
                ordinal += 1
                vectors.append(synthetic.vector("u_a", ordinal, START + (at + skew) * SECOND, loud))
        records.append(synthetic.batch(vectors, START + at * SECOND))
    return records


def apply(detector: PartitionDetector, records: list[VectorBatch], first: int = 0) -> list[Outputs]:
    return [detector.apply(first + n, record) for n, record in enumerate(records)]


def told(outputs: list[Outputs]) -> tuple[list, list]:
    return [a for o in outputs for a in o.raised], [a for o in outputs for a in o.resolved]


def heard(records: list[VectorBatch]) -> int:
    """Watermark of the stream when the last vector came."""
    return max(before.watermark_us for before, record in pairwise(records) if record.vector_id)


def save(detector: PartitionDetector, shards: dict[int, list[bytes]]) -> Header:
    """Take what changed into the saved shards; the header that goes with them."""
    for shard, piece in detector.dirty_shards().items():
        shards[shard] = [*([] if piece.whole else shards.get(shard, [])), *([piece.data] if piece.data else [])]
    return load_header(detector.header())


@pytest.mark.parametrize("gap", [5, 100, 290])
@pytest.mark.parametrize("skew", SKEWS)
def test_a_flood_is_one_incident_whatever_the_clock_that_tells_it(synthetic, skew, gap):
    records = flood(synthetic, (skew, gap))
    raised, resolved = told(apply(PartitionDetector(synthetic.terms), records))
    last_us = max(end for record in records for end in record.end_us)
    assert [a.kind for a in raised] == ["message_flood"]
    assert [a.alert_id for a in resolved] == [raised[0].alert_id]
    assert resolved[0].vectors == sum(len(record.vector_id) for record in records)
    assert resolved[0].resolved_us == max(last_us, heard(records)) + QUIET_S * SECOND
    assert resolved[0].last_seen_us == last_us, "what people are shown is the time of the vector"


@pytest.mark.parametrize(
    "ways", [[(-300, 5), (0, 5)], [(0, 20), (300, 200)], [(0, 250), (300, 400)], [(-300, 50), (300, 400)]]
)
def test_a_flood_that_several_clocks_tell_is_one_incident(synthetic, ways):
    raised, resolved = told(apply(PartitionDetector(synthetic.terms), flood(synthetic, *ways)))
    assert len(raised) == len(resolved) == 1


@pytest.mark.parametrize("skew", SKEWS)
def test_a_flood_after_the_quiet_time_is_another_incident(synthetic, skew):
    raised, resolved = told(apply(PartitionDetector(synthetic.terms), flood(synthetic, (skew, 320))))
    assert len(raised) == len(resolved) > 1


def test_in_a_replay_a_vector_ends_what_was_over_before_it_though_the_watermark_is_behind(synthetic):
    loud = synthetic.values(messages_per_minute=300)
    vectors = [synthetic.vector("u_a", n + 1, START + n * 310 * SECOND, loud, "replay:x") for n in range(2)]
    raised, resolved = told([PartitionDetector(synthetic.terms).apply(0, synthetic.batch(vectors, START, "replay:x"))])
    assert [a.vector_id for a in raised] == [v.id for v in vectors]
    assert [a.resolved_us for a in resolved] == [START + QUIET_S * SECOND]


@pytest.mark.parametrize("skew", [-300, 300])
def test_saved_and_restored_before_every_record_it_goes_on_as_if_undisturbed(synthetic, skew):
    records = flood(synthetic, (skew, 20), seconds=60, until=700)
    detector, shards = PartitionDetector(synthetic.terms), dict[int, list[bytes]]()
    outputs = []
    for at, record in enumerate(records):
        detector = PartitionDetector.restore(save(detector, shards), shards, None)
        outputs.append(detector.apply(at, record))
    assert outputs == apply(PartitionDetector(synthetic.terms), records)


ways = st.lists(st.tuples(st.sampled_from(SKEWS), st.integers(20, 400)), min_size=1, max_size=3)


@CHECKS
@given(ways=ways, points=st.lists(st.integers(0, 240), min_size=2, max_size=8))
def test_after_a_crash_the_same_records_give_the_same(synthetic, ways, points):
    records = flood(synthetic, *ways, seconds=500, until=1200)
    detector = PartitionDetector(synthetic.scored_terms)
    expected = apply(detector, records)
    detector, shards = PartitionDetector(synthetic.scored_terms), dict[int, list[bytes]]()
    at = 0
    for saved, crashed in pairwise([0, *sorted(points)]):
        assert apply(detector, records[at:saved], at) == expected[at:saved]
        header = save(detector, shards)
        apply(detector, records[saved:crashed], saved)
        detector = PartitionDetector.restore(header, shards, synthetic.scorer())
        at = saved
    assert apply(detector, records[at:], at) == expected[at:]


def without_what_was_heard(data: bytes) -> bytes:
    """A document of a shard as it was before incidents noted when they were heard of."""
    document = msgspec.msgpack.decode(data, strict=False)
    for case in document["cases"].values():
        for incident in case["incidents"].values():
            del incident["heard_us"]
    return msgspec.msgpack.encode(document)


@pytest.mark.parametrize("skew", [-200, 0])
def test_a_state_saved_before_that_is_read_and_goes_on(synthetic, skew):
    records = flood(synthetic, (skew, 5))
    detector = PartitionDetector(synthetic.terms)
    first = apply(detector, records[:20])
    old = {shard: [without_what_was_heard(piece.data)] for shard, piece in detector.dirty_shards().items()}
    again = PartitionDetector.restore(load_header(detector.header()), old, None)
    raised, resolved = told([*first, *apply(again, records[20:], 20)])
    assert [a.alert_id for a in raised] == [a.alert_id for a in resolved]
    assert len(raised) == 1
    silent = PartitionDetector.restore(load_header(detector.header()), old, None)
    over_us = records[19].end_us[0] + QUIET_S * SECOND
    assert silent.apply(20, synthetic.quiet(over_us - 1)).resolved == []
    assert [a.resolved_us for a in silent.apply(21, synthetic.quiet(over_us)).resolved] == [over_us]
