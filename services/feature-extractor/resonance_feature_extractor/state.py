"""The engines of the partitions that this process owns, as keyed state of the runtime."""

from __future__ import annotations

from typing import Any

from resonance_contracts.topics import FEATURES_COMPUTED
from resonance_feature_extractor.engine import PartitionEngine
from resonance_feature_extractor.events import BadBatch
from resonance_runtime.errors import Reject
from resonance_runtime.health import Health
from resonance_runtime.keyed import Dump
from resonance_runtime.records import Outgoing, Record
from resonance_runtime.snapshots import Snapshot


class FeatureState:
    """One engine a partition; a batch of vectors goes to the partition its activity came from."""

    def __init__(self, health: Health, max_age_us: int) -> None:
        self._health = health
        self._max_age_us = max_age_us
        self._engines: dict[int, PartitionEngine] = {}

    async def open(self, partition: int, snapshot: Snapshot | None) -> None:
        """Takes over a partition."""
        if snapshot is None:
            self._engines[partition] = PartitionEngine(self._max_age_us)
        else:
            self._engines[partition] = PartitionEngine.restore(snapshot.header, snapshot.shards, self._max_age_us)
        self._count_users()

    def close(self, partition: int) -> None:
        """Forgets a partition."""
        self._engines.pop(partition, None)
        self._count_users()

    def apply(self, record: Record[Any]) -> list[Outgoing]:
        """Applies a batch of activity.

        Raises:
            Reject: The batch is malformed.
        """
        try:
            vectors = self._engines[record.partition].apply(record.value)
        except BadBatch as error:
            raise Reject(str(error)) from error
        if vectors is None:
            return []
        return [
            Outgoing(FEATURES_COMPUTED, vectors, f"{record.id}/vectors", record.time_us, partition=record.partition)
        ]

    def dump(self, partition: int) -> Dump:
        """What changed since the last dump."""
        header, changed = self._engines[partition].dump()
        self._count_users()
        return Dump(header, changed)

    def _count_users(self) -> None:
        self._health.details["users"] = str(sum(engine.users() for engine in self._engines.values()))
