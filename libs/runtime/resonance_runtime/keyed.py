"""Keyed state of a consumer group: one object per partition, kept by snapshots.

The snapshot holds the offset up to which records were applied, and the input is committed only after it.
So after a crash a partition begins exactly at its snapshot, whatever was committed, and the same records
give the same outputs again, under the same ids.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from resonance_contracts.topics import Topic
from resonance_runtime import metrics
from resonance_runtime.dead_letters import bury
from resonance_runtime.errors import Reject
from resonance_runtime.health import Health, Progress
from resonance_runtime.patience import persistently
from resonance_runtime.publisher import Publisher
from resonance_runtime.records import Outgoing, RawRecord, Record, decode
from resonance_runtime.snapshots import Snapshot
from resonance_runtime.tracing import span

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Dump:
    """What a partition wants kept: its header, and the shards that changed since the last dump.

    A shard with empty content is gone.
    """

    header: bytes
    changed: dict[int, bytes]


class KeyedState(Protocol):
    """The state of all partitions that a group's member owns."""

    async def open(self, partition: int, snapshot: Snapshot | None) -> None:
        """Takes over a partition, from its snapshot or empty."""

    def close(self, partition: int) -> None:
        """Forgets a partition that another member owns now."""

    def apply(self, record: Record[Any]) -> Sequence[Outgoing]:
        """Applies one record, once, and returns what follows from it.

        Raises:
            Reject: The record can never be applied; nothing of it was.
        """

    def dump(self, partition: int) -> Dump:
        """The state as of the last record that was applied; called between batches only."""


@dataclass(frozen=True, slots=True)
class KeyedHandling:
    """Applies records to keyed state and sends what follows.

    A record is applied exactly once, so what it gave is sent until the broker has it; only then the next
    batch begins. A record that cannot be applied goes to the dead letters.
    """

    group: str
    topics: dict[str, Topic]
    state: KeyedState
    publisher: Publisher
    health: Health

    async def run(self, raws: Sequence[RawRecord], progress: Progress | None = None) -> None:
        """Returns when everything that follows from the records is stored."""
        started = time.perf_counter()
        outgoing: list[Outgoing] = []
        for raw in raws:
            try:
                record = decode(self.topics[raw.topic], raw)
                with span(f"{self.group} apply", record.headers):
                    outgoing += self.state.apply(record)
            except Reject as reject:
                await self._bury(raw, str(reject), progress)
            except Exception as fault:  # whatever a state raises must not end the consumer
                log.exception("applying failed", extra={"group": self.group, "offset": raw.offset})
                await self._bury(raw, f"{type(fault).__name__}: {fault}", progress)
        if outgoing:
            await persistently(lambda: self.publisher.send_all(outgoing), self.health, f"{self.group} output", progress)
        metrics.HANDLE_SECONDS.labels(group=self.group).observe(time.perf_counter() - started)
        for raw in raws:
            metrics.RECORDS_CONSUMED.labels(topic=raw.topic, group=self.group).inc()

    async def _bury(self, raw: RawRecord, reason: str, progress: Progress | None) -> None:
        topic = self.topics[raw.topic]
        await persistently(
            lambda: bury(self.publisher, topic, self.group, raw, reason),
            self.health,
            f"{self.group} dead letters",
            progress,
        )
