"""Moves the state of a group to more partitions; may be interrupted anywhere and begun again.

Shard s lives in partition s % P. With a multiple of P partitions, the shards of one partition go to it and to new
ones, so that every partition is made from exactly one: its first snapshot has its shards, the header of the one
it came from, and the next offset to read, which is 0 where the partition is new.

The order makes it safe. While there is state for two numbers of partitions, nobody begins (see `places`). It is
copied; it is sealed, which says that the copy is whole; Kafka gets its partitions; what was copied is removed,
and the seals last.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from resonance_contracts.shards import partition_of_shard
from resonance_runtime.objects import STATE_BUCKET, ObjectStore
from resonance_runtime.places import Place
from resonance_runtime.snapshots import Piece, Snapshot, SnapshotLog

SEAL: Final = "sealed"

Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Move:
    """The state of one group, from `old` to `new` partitions of its topic; `new` is a multiple of `old`."""

    objects: ObjectStore
    group: str
    topic: str
    old: int
    new: int

    @property
    def source(self) -> Place:
        """Where the state is."""
        return Place(self.group, self.topic, self.old)

    @property
    def target(self) -> Place:
        """Where it goes."""
        return Place(self.group, self.topic, self.new)

    async def next_offsets(self) -> dict[int, int]:
        """Next offset in the snapshot of each old partition; those without one are left out."""
        found: dict[int, int] = {}
        for q in range(self.old):
            if (snapshot := await self._snapshot(self.source.of(q))) is not None:
                found[q] = snapshot.next_offset
        return found

    async def version(self) -> list[str]:
        """Keys of the old state: others once somebody wrote it again."""
        return await self.objects.list(STATE_BUCKET, self.source.prefix)

    async def copy(self, tell: Tell) -> None:
        """Writes the first snapshot of every new partition, and again those that are not as they should be.

        Raises:
            BrokenSnapshot: What should be copied is damaged.
            Conflict: Another process does the same now.
            Unavailable: The store does not answer.
        """
        for q in range(self.old):
            snapshot = await self._snapshot(self.source.of(q))
            if snapshot is None:
                tell(f"{self.group}: partition {q} of {self.old} has no state.")
                continue
            parts = list(range(q, self.new, self.old))
            for p in parts:
                await self._write(self.target.of(p), self._part(snapshot, q, p))
            size = sum(len(data) for pieces in snapshot.shards.values() for data in pieces)
            tell(
                f"{self.group}: partition {q} of {self.old}, {len(snapshot.shards)} shards with {size:,} bytes, "
                f"copied to partitions {', '.join(map(str, parts))}."
            )

    async def seal(self) -> None:
        """Says that the copy is whole."""
        await self.objects.put_if_absent(STATE_BUCKET, self._seal, b"")

    async def sealed(self) -> bool:
        """Whether the copy is whole."""
        return self._seal in await self.objects.list(STATE_BUCKET, self._seal)

    async def clear(self) -> None:
        """Removes what was copied.

        Raises:
            Unavailable: The store does not answer, or keeps some of it.
        """
        await self._remove(self.source.prefix)

    async def take_back(self) -> bool:
        """Removes the copy, so that everything is as it was; whether there was one."""
        return await self._remove(self._seal) | await self._remove(self.target.prefix)

    @property
    def _seal(self) -> str:
        return f"{self.target.prefix}{SEAL}"

    def _part(self, snapshot: Snapshot, q: int, p: int) -> Snapshot:
        """What of old partition `q` new partition `p` begins with. A shard that does not belong to `q` stays there."""
        shards = {shard: pieces for shard, pieces in snapshot.shards.items() if self._home(shard, q) == p}
        return Snapshot(snapshot.next_offset if p == q else 0, snapshot.header, shards)

    def _home(self, shard: int, q: int) -> int:
        return partition_of_shard(shard, self.new) if partition_of_shard(shard, self.old) == q else q

    async def _snapshot(self, prefix: str) -> Snapshot | None:
        return await SnapshotLog(self.objects, prefix).restore()

    async def _write(self, prefix: str, wanted: Snapshot) -> None:
        if (found := await self._snapshot(prefix)) == wanted:
            return
        if found is not None:
            await self._remove(prefix)
        log = SnapshotLog(self.objects, prefix)
        for at in range(max((len(pieces) for pieces in wanted.shards.values()), default=1)):
            layer = {shard: Piece(pieces[at], at == 0) for shard, pieces in wanted.shards.items() if at < len(pieces)}
            await log.write(wanted.next_offset, wanted.header, layer)

    async def _remove(self, prefix: str) -> bool:
        """Removes everything under a prefix; whether there was something."""
        keys = await self.objects.list(STATE_BUCKET, prefix)
        await self.objects.delete(STATE_BUCKET, keys)
        return bool(keys)


async def remove_seals(objects: ObjectStore) -> None:
    """Removes the seals of all moves; nothing may be left to clear."""
    keys = await objects.list(STATE_BUCKET, "")
    await objects.delete(STATE_BUCKET, [key for key in keys if key.endswith(f"/{SEAL}")])
