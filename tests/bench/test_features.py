"""The events of the benchmark `features`, and that its check of the output can fail."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import pytest

from resonance_contracts.pb.resonance.v1.activity_pb2 import ActivityBatch
from resonance_contracts.pb.resonance.v1.features_pb2 import VectorBatch
from resonance_contracts.shards import partition_of
from resonance_feature_extractor.engine import PartitionEngine
from resonance_gateway.people.pseudonyms import Pseudonyms
from resonance_gateway.tracking.activity import Activity, Kind
from tests.bench.features import memory
from tests.bench.features.expected import count, expected
from tests.bench.features.output import Incomplete, Output
from tests.bench.features.people import People
from tests.bench.features.samples import samples
from tests.bench.features.traffic import START_US, Traffic, batches

PARTITIONS = 4
TRAFFIC = Traffic(users=20, messages=2_000)


def test_messages_are_those_of_the_peers_loader() -> None:
    # What the loader writes first and third.
    first, _, third = [e for e in Traffic(1000, 3) if e.kind == Kind.MESSAGE]
    key = Pseudonyms("bench")
    assert (first.user_key, first.size, first.channel) == (key.user("user864"), 808, "c6")
    assert (first.address, first.error, first.time_us) == (key.address("10.0.0.132"), False, START_US)
    assert (third.user_key, third.size, third.time_us) == (key.user("user929"), 467, START_US + 2_000)


def test_records_hold_consecutive_events_of_the_partition_of_their_users() -> None:
    made = list(batches(TRAFFIC, PARTITIONS, 100))
    assert sum(batch.messages for batch in made) == TRAFFIC.messages
    for partition in range(PARTITIONS):
        mine = [batch for batch in made if batch.partition == partition]
        assert [batch.number for batch in mine] == list(range(len(mine)))
        parsed = [ActivityBatch.FromString(batch.value) for batch in mine]
        assert all(len(p.user) == 100 for p in parsed[:-2])
        assert len(parsed[-1].user) == 0
        users = [p.strings[i] for p in parsed for i in p.user]
        assert {partition_of(user, PARTITIONS) for user in users} == {partition}
        times = [t for p in parsed for t in p.time_us]
        own = [e.time_us for e in TRAFFIC if partition_of(e.user_key, PARTITIONS) == partition]
        assert times == own == sorted(own)
        for earlier, later in pairwise(parsed):
            assert all(t >= earlier.watermark_us for t in later.time_us)


def test_vectors_end_by_count_or_by_time() -> None:
    def message(after_ms: int) -> Activity:
        return Activity("u", "c", 1, START_US + after_ms * 1000, Kind.MESSAGE, 1, "", "", "", False, 0)

    ends = expected([message(ms) for ms in (0, 249, 250, *range(1000, 1012))])["u"]
    assert [(t - START_US) // 1000 for t in ends[1::3]] == [249, 250, 1009, 1011]
    assert list(ends[2::3]) == [2, 2, 1, 2]
    assert count({"u": ends}) == 4


def outputs() -> list[bytes]:
    engines = [PartitionEngine() for _ in range(PARTITIONS)]
    return [out for batch in batches(TRAFFIC, PARTITIONS, 100) for out in engines[batch.partition].apply(batch.value)]


def compare(values: list[bytes]) -> None:
    output = Output()
    for value in values:
        output.add(value)
    output.compare(expected(TRAFFIC), samples(TRAFFIC, 5))


def changed(change: Callable[[VectorBatch], object]) -> list[bytes]:
    """The output with the last batch of vectors changed."""
    values = outputs()
    at = max(i for i, value in enumerate(values) if VectorBatch.FromString(value).user_key)
    batch = VectorBatch.FromString(values[at])
    change(batch)
    return [*values[:at], batch.SerializeToString(), *values[at + 1 :]]


def test_the_output_of_the_engine_is_complete() -> None:
    compare(outputs())


def _one_less(batch: VectorBatch) -> None:
    for column in ("vector_id", "user_key", "ordinal", "start_us", "end_us", "reason"):
        del getattr(batch, column)[-1]
    del batch.values[-batch.width :]


@pytest.mark.parametrize(
    "change",
    [
        _one_less,
        lambda batch: batch.end_us.__setitem__(-1, batch.end_us[-1] + 1),
        lambda batch: batch.ordinal.__setitem__(-1, batch.ordinal[-1] + 1),
        lambda batch: batch.values.__setitem__(-1, float("nan")),
        lambda batch: batch.vector_id.__setitem__(-1, batch.vector_id[0]),
        lambda batch: setattr(batch, "catalogue_version", "0"),
    ],
    ids=["missing", "other event", "ordinal", "not finite", "repeated id", "catalogue"],
)
def test_an_output_that_is_not_complete_is_found(change: Callable[[VectorBatch], object]) -> None:
    with pytest.raises(Incomplete):
        compare(changed(change))


def test_a_wrong_value_is_found() -> None:
    short = Traffic(users=20, messages=300)
    ((user, of_user),) = samples(short, 1).items()
    assert "ip_entropy" in of_user
    output, engine = Output(), PartitionEngine()
    for batch in batches(short, 1, 100):
        for value in engine.apply(batch.value):
            output.add(value)
    output.compare(expected(short), {user: of_user})
    for name in of_user:
        with pytest.raises(Incomplete, match=name):
            output.compare(expected(short), {user: {**of_user, name: of_user[name] + 0.001}})


def test_people_become_known_and_are_restored() -> None:
    found = memory.measure(batch.value for batch in batches(People(500), 1, 100))
    assert found["users"] == 500
    assert found["same"]
    assert found["dump_bytes"] > 0
