"""Engines as keyed state: bytes in, bytes out, under ids that follow from the input."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Self

import pytest

from resonance_contracts.topics import ACTIVITY_OBSERVED, FEATURES_COMPUTED
from resonance_feature_extractor import state as module
from resonance_feature_extractor.engine import BadBatch
from resonance_feature_extractor.state import FeatureState
from resonance_runtime.errors import Reject
from resonance_runtime.health import Health
from resonance_runtime.keyed import Dump, Piece
from resonance_runtime.records import Record
from resonance_runtime.snapshots import Snapshot


class Engine:
    """An engine that gives back the words of a value; it knows as many users as words."""

    live_watermark_us = 0

    def __init__(self, max_age_us: int, scratch: object) -> None:
        self.max_age_us = max_age_us
        self.words: list[bytes] = []

    def apply(self, value: bytes) -> list[bytes]:
        if value == b"bad":
            raise BadBatch("it is bad")
        self.words += value.split()
        return value.split()

    def users(self) -> int:
        return len(self.words)

    def nbytes(self) -> int:
        return sum(map(len, self.words))

    def take_counts(self) -> dict[str, int]:
        return {"repeated": 0}

    def take_erased(self) -> bool:
        return b"erased" in self.words

    def dump(self, whole: Collection[int]) -> tuple[bytes, dict[int, Piece]]:
        return b"header", {shard: Piece(b" ".join(self.words), True) for shard in whole}

    @classmethod
    def restore(cls, header: bytes, shards: Mapping[int, Sequence[bytes]], max_age_us: int, scratch: object) -> Self:
        engine = cls(max_age_us, scratch)
        engine.words = [header, *(piece for pieces in shards.values() for piece in pieces)]
        return engine


@pytest.fixture
def health() -> Health:
    return Health(30)


@pytest.fixture
def state(health: Health, monkeypatch: pytest.MonkeyPatch) -> FeatureState:
    monkeypatch.setattr(module, "PartitionEngine", Engine)
    monkeypatch.setattr(module, "Scratch", object)
    return FeatureState(health, 1_000_000)


def record(value: bytes, partition: int = 3) -> Record[Any]:
    return Record(ACTIVITY_OBSERVED, partition, 0, "batch-7", 10**15, None, value, {})


async def test_each_batch_of_vectors_has_an_id_of_its_own(state: FeatureState) -> None:
    assert await state.open(3, None) == 0
    sent = state.apply(record(b"one two three"))
    assert [o.id for o in sent] == ["batch-7/vectors", "batch-7/vectors/1", "batch-7/vectors/2"]
    assert [o.value for o in sent] == [b"one", b"two", b"three"]
    assert {(o.topic, o.partition, o.time_us) for o in sent} == {(FEATURES_COMPUTED, 3, 10**15)}
    assert state.apply(record(b"")) == []


async def test_a_bad_batch_is_rejected(state: FeatureState) -> None:
    await state.open(3, None)
    with pytest.raises(Reject, match="it is bad"):
        state.apply(record(b"bad"))


async def test_shards_are_dumped_whole_where_they_are_wanted(state: FeatureState) -> None:
    await state.open(3, None)
    state.apply(record(b"one two"))
    assert state.dump(3, {5}) == Dump(b"header", {5: Piece(b"one two", True)})


async def test_users_are_counted_over_all_partitions(state: FeatureState, health: Health) -> None:
    assert await state.open(3, Snapshot(9, b"header", {1: [b"a", b"b"], 2: [b"c"]})) == 4
    await state.open(4, None)
    state.apply(record(b"one two", 4))
    state.dump(4, ())
    assert health.details["users"] == "6"
    state.close(3)
    assert health.details["users"] == "2"
