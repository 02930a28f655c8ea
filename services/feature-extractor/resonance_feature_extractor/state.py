"""The engines of the partitions that this process owns, as keyed state of the runtime."""

from __future__ import annotations

import asyncio
from collections.abc import Collection

import msgspec

from resonance_contracts.topics import FEATURES_COMPUTED, Service
from resonance_feature_extractor.engine import BadBatch, BadState, PartitionEngine, Scratch
from resonance_feature_extractor.engine.partition import FORMAT, LIVE
from resonance_runtime import metrics
from resonance_runtime.delays import WatermarkDelay
from resonance_runtime.errors import Reject
from resonance_runtime.health import Health
from resonance_runtime.keyed import Dump
from resonance_runtime.records import Outgoing, Record
from resonance_runtime.segments import later_version
from resonance_runtime.snapshots import Snapshot


class FeatureState:
    """One engine a partition; a batch of vectors goes to the partition its activity came from."""

    def __init__(self, health: Health, max_age_us: int) -> None:
        self._health = health
        self._max_age_us = max_age_us
        self._scratch = Scratch()
        self._watermark = WatermarkDelay(Service.FEATURE_EXTRACTOR)
        self._engines: dict[int, PartitionEngine] = {}

    async def open(self, partition: int, snapshot: Snapshot | None) -> int:
        """Takes over a partition; returns how many users it knows.

        Raises:
            BadState: The snapshot cannot be read by this version.
        """
        if snapshot is None:
            engine = PartitionEngine(self._max_age_us, self._scratch)
        else:
            _check(snapshot)
            saved = snapshot.header, snapshot.shards
            engine = await asyncio.to_thread(PartitionEngine.restore, *saved, self._max_age_us, self._scratch)
        self._engines[partition] = engine
        self._count_users()
        return engine.users()

    def close(self, partition: int) -> None:
        """Forgets a partition."""
        self._engines.pop(partition, None)
        self._watermark.forget(partition)
        self._count_users()

    def apply(self, record: Record[bytes]) -> list[Outgoing]:
        """Applies a batch of activity, which is left as bytes.

        Raises:
            Reject: The batch is malformed.
        """
        try:
            engine = self._engines[record.partition]
            batches = engine.apply(record.value)
        except BadBatch as error:
            raise Reject(str(error)) from error
        self._watermark.observe(record.partition, LIVE, engine.live_watermark_us)
        return [
            Outgoing(FEATURES_COMPUTED, vectors, _id(record, i), record.time_us, partition=record.partition)
            for i, vectors in enumerate(batches)
        ]

    def dump(self, partition: int, whole: Collection[int]) -> Dump:
        """What changed since the last dump, and the shards wanted whole."""
        engine = self._engines[partition]
        header, changed = engine.dump(whole)
        for what, count in engine.take_counts().items():
            metrics.FEATURES_SKIPPED.labels(what=what).inc(count)
        self._count_users()
        return Dump(header, changed, erased=engine.take_erased())

    def _count_users(self) -> None:
        users = sum(engine.users() for engine in self._engines.values())
        metrics.FEATURES_USERS.set(users)
        metrics.FEATURES_BYTES.set(sum(engine.nbytes() for engine in self._engines.values()))
        self._health.details["users"] = str(users)


class _Header(msgspec.Struct):
    format: int


def _check(snapshot: Snapshot) -> None:
    """Raises BadState where a later version kept it; what else is wrong with it the engine says."""
    try:
        found = msgspec.msgpack.decode(snapshot.header, type=_Header).format
    except msgspec.DecodeError:
        return
    if found > FORMAT:
        raise BadState(later_version(found, FORMAT))


def _id(record: Record[bytes], number: int) -> str:
    return f"{record.id}/vectors/{number}" if number else f"{record.id}/vectors"
