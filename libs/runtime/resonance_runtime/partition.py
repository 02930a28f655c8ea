"""One partition that this process owns: its batch in work, its progress, its state."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Final, Protocol

from resonance_runtime import metrics
from resonance_runtime.health import Health, Progress
from resonance_runtime.keyed import Dump, KeyedState
from resonance_runtime.objects import ObjectStore
from resonance_runtime.patience import persistently
from resonance_runtime.records import RawRecord
from resonance_runtime.snapshots import Snapshot, SnapshotLog

log = logging.getLogger(__name__)

Commit = Callable[[int], Awaitable[None]]

REST: Final = 10
"""Durations of a snapshot from its beginning to that of the next: at most a tenth of the time goes into them."""


class BatchHandling(Protocol):
    """Handles a batch to the end."""

    async def run(self, raws: Sequence[RawRecord], progress: Progress | None = None) -> None:
        """Returns when every record was handled or is in the dead letters."""


class OwnedPartition:
    """Handles batches one after the other and keeps what they changed.

    Attributes:
        done: Next offset after the last record handled; None before the first.
        kept: Next offset that was committed; None before the first.
    """

    def __init__(self, group: str, topic: str, number: int, handling: BatchHandling, health: Health) -> None:
        self.number = number
        self.done: int | None = None
        self.kept: int | None = None
        self._group = group
        self._handling = handling
        self._health = health
        self._progress = health.progress(f"{group} {topic}/{number}")
        self._state: KeyedState | None = None
        self._snapshots: SnapshotLog | None = None
        self._rests_until = 0.0
        self._given_up = False
        self._unsaid = False
        # `_keeping` is held while a dump is written and committed, `_working` while a batch is handled or a
        # dump is taken. Always in this order.
        self._keeping = asyncio.Lock()
        self._working = asyncio.Lock()

    async def restore(self, state: KeyedState, objects: ObjectStore, prefix: str) -> int | None:
        """Gives the partition keyed state from its newest snapshot; returns the next offset to read, if known."""
        started = time.perf_counter()
        snapshots = SnapshotLog(objects, prefix)
        snapshot = await persistently(snapshots.restore, self._health, f"{self._group} restore")
        users = await persistently(lambda: state.open(self.number, snapshot), self._health, f"{self._group} restore")
        self._state, self._snapshots = state, snapshots
        self.done = self.kept = None if snapshot is None else snapshot.next_offset
        self._tell_restored(snapshot, users, time.perf_counter() - started)
        return self.done

    @property
    def unkept(self) -> bool:
        """Whether something was handled that is not kept yet, and may be."""
        return self.done is not None and self.done != self.kept and not self._unsaid

    @property
    def due(self) -> bool:
        """Whether there is something to keep, and the last time it was kept is long enough ago for what that took."""
        return self.unkept and time.perf_counter() >= self._rests_until

    async def handle(self, raws: Sequence[RawRecord]) -> None:
        """Handles a batch to the end.

        After one that was not, nothing is kept any more: the state holds it, and what follows from it was not said.
        """
        async with self._working:
            self._progress.busy()
            try:
                await self._handling.run(raws, self._progress)
                self.done = raws[-1].offset + 1
            except BaseException:
                self._unsaid = True
                raise
            finally:
                self._progress.idle()

    async def keep(self, commit: Commit) -> None:
        """Keeps the state, then commits the offset it holds. The next batch may run meanwhile."""
        async with self._keeping:
            async with self._working:
                if not self.unkept:
                    return
                started = time.perf_counter()
                done, dump = self.done, self._dump()
                took = time.perf_counter() - started
            took += await self._write(done, dump, commit)
            self._rests_until = started + REST * took

    async def change(self, change: Callable[[int], Awaitable[None]], commit: Commit) -> None:
        """Applies `change` to the state between two batches, and keeps it before the next one begins.

        Of a partition that was given up, or of which a batch was not handled to the end, nothing is changed: another
        one may have its number by now.
        """
        async with self._keeping, self._working:
            if self._given_up or self._unsaid:
                return
            await change(self.number)
            await self._write(self.done, self._dump(), commit)

    def forget(self) -> None:
        """Another process owns the partition now."""
        self._given_up = True
        self._health.forget(self._progress)
        self.done = self.kept
        if self._state is not None:
            self._state.close(self.number)

    def _dump(self) -> Dump | None:
        if self._state is None or self._snapshots is None:
            return None
        return self._state.dump(self.number, self._snapshots.whole)

    async def _write(self, done: int | None, dump: Dump | None, commit: Commit) -> float:
        """Returns how long the store took, seconds."""
        took = 0.0
        if dump is not None and self._snapshots is not None:
            took = await self._snapshot(self._snapshots, done or 0, dump)
        if done is not None:
            await commit(done)
            self.kept = done
        return took

    async def _snapshot(self, snapshots: SnapshotLog, next_offset: int, dump: Dump) -> float:
        async def write() -> tuple[int, float]:
            # Only what worked is timed: a store that is away is waited for, and that is no reason to rest.
            started = time.perf_counter()
            size = await snapshots.write(next_offset, dump.header, dump.changed, erased=dump.erased)
            return size, time.perf_counter() - started

        size, took = await persistently(write, self._health, f"{self._group} snapshot")
        metrics.SNAPSHOT_SECONDS.labels(group=self._group).observe(took)
        metrics.SNAPSHOT_BYTES.labels(group=self._group).inc(size)
        return took

    def _tell_restored(self, snapshot: Snapshot | None, users: int, seconds: float) -> None:
        metrics.RESTORE_SECONDS.labels(group=self._group).observe(seconds)
        pieces = [] if snapshot is None else [piece for shard in snapshot.shards.values() for piece in shard]
        extra = {"group": self._group, "partition": self.number, "users": users, "bytes": sum(map(len, pieces))}
        log.info("partition restored", extra=extra | {"seconds": round(seconds, 3)})
