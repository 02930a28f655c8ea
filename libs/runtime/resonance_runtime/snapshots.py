"""Snapshots of keyed state in an object store: only what changed, the applied offset inside.

A snapshot of a partition is one object, a *segment*: the next offset to read, the partition's own header,
pieces of the shards that changed since the last segment, and an index that says for every shard where its
pieces are, in this segment and in those before. Writing it is one atomic PUT, so state and offset cannot part.
Segments are numbered; a writer that was replaced finds its number taken, or a later one there, and stops
(`Conflict`). Segments without a piece that is needed are deleted. So that this happens and a shard does not become a
long list of pieces, some shards are asked for whole (see `upkeep`); after a person was erased all are, bit by bit.
"""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from resonance_runtime.errors import Conflict, NotFound, Unavailable
from resonance_runtime.objects import STATE_BUCKET, ObjectStore
from resonance_runtime.segments import BrokenSnapshot, Extent, Index, Segment, decode, encode
from resonance_runtime.upkeep import whole_next

log = logging.getLogger(__name__)

READ_AT_ONCE: Final = 4
"""Segments that are read at the same time: as many as the store has threads; bounds memory, too."""


@dataclass(frozen=True, slots=True)
class Piece:
    """What a snapshot says of one shard.

    Attributes:
        data: Content; of a shard that is gone, none.
        whole: Whether it replaces everything that is kept of the shard; else it is appended to it.
    """

    data: bytes
    whole: bool


@dataclass(frozen=True, slots=True)
class Snapshot:
    """State of one partition as of `next_offset`, the first offset that is not in it.

    Attributes:
        shards: Pieces of each shard: what came whole last, then what was appended to it, in order.
    """

    next_offset: int
    header: bytes
    shards: dict[int, list[bytes]]


@dataclass(slots=True)
class SnapshotLog:
    """Segments of one partition of one group; one writer at a time.

    Attributes:
        prefix: Key prefix of the segments, ending in "/".
        whole: Shards that should come whole with the next write.
    """

    objects: ObjectStore
    prefix: str
    whole: frozenset[int] = frozenset()
    _last: int = 0
    _index: Index = field(default_factory=dict)
    _sizes: dict[int, int] = field(default_factory=dict)
    _doomed_below: int = 0

    async def restore(self) -> Snapshot | None:
        """The newest snapshot, or None where there is none.

        Raises:
            BrokenSnapshot: A segment is damaged or missing.
            Unavailable: The store does not answer.
        """
        numbers = await self._numbers()
        while numbers:
            try:
                return await self._load(numbers)
            except NotFound as gone:
                # A writer that is about to be replaced may have gone on meanwhile.
                before, numbers = max(numbers), await self._numbers()
                if numbers and max(numbers) == before:
                    raise BrokenSnapshot(f"{self._key(before)} needs what is missing: {gone}") from gone
        self._last, self._index, self._sizes, self.whole = 0, {}, {}, frozenset()
        self._doomed_below = 0
        return None

    async def write(
        self, next_offset: int, header: bytes, changed: Mapping[int, Piece], *, erased: bool = False
    ) -> int:
        """Writes a segment and deletes those that are not needed any more; returns its size in bytes.

        Args:
            next_offset, header, changed: What is kept.
            erased: Whether people were erased since the last write: then the segments before must go soon.

        Raises:
            Conflict: Another writer took over this partition.
            Unavailable: The store does not answer; nothing was changed, or the same call may be repeated.
        """
        number = self._last + 1
        index, pieces = self._placed(number, changed)
        doomed_below = number if erased else self._doomed_below
        segment = await asyncio.to_thread(encode, next_offset, header, index, pieces, doomed_below)
        if not await self.objects.put_if_absent(STATE_BUCKET, self._key(number), segment):
            await self._settle(number, segment)
        self._last, self._index, self._doomed_below = number, index, doomed_below
        self._sizes[number] = len(segment)
        await self._collect()
        self.whole = whole_next(self._index, self._sizes, doomed_below)
        return len(segment)

    def _placed(self, number: int, changed: Mapping[int, Piece]) -> tuple[Index, list[bytes]]:
        """The index after a write of what changed, and the pieces to write."""
        index, pieces, start = dict(self._index), list[bytes](), 0
        for shard, piece in sorted(changed.items()):
            before = () if piece.whole else index.get(shard, ())
            if piece.data:
                index[shard] = (*before, Extent(number, start, len(piece.data)))
                pieces.append(piece.data)
                start += len(piece.data)
            elif piece.whole:
                index.pop(shard, None)
        return index, pieces

    async def _settle(self, number: int, segment: bytes) -> None:
        """A repeated write may find its own segment, if the first answer was lost; another's is a conflict."""
        try:
            if await self.objects.get(STATE_BUCKET, self._key(number)) == segment:
                return
        except NotFound:
            log.info("another's segment is gone again", extra={"segment": self._key(number)})
        raise Conflict(f"Another process wrote {self._key(number)}: this partition is not ours any more.")

    async def _collect(self) -> None:
        """Deletes what nothing needs; what cannot be deleted now is deleted another time."""
        doomed = self._sizes.keys() - _needed(self._index) - {self._last}
        if not doomed:
            return
        try:
            # Who was replaced finds its number free once its successor has deleted it, and must delete nothing.
            if (newest := max(await self._numbers())) > self._last:
                raise Conflict(f"Another process wrote {self._key(newest)}: this partition is not ours any more.")
            await self.objects.delete(STATE_BUCKET, [self._key(number) for number in sorted(doomed)])
        except Unavailable as fault:
            log.info("old segments stay for now", extra={"prefix": self.prefix, "reason": str(fault)})
            return
        for number in doomed:
            del self._sizes[number]

    async def _load(self, numbers: set[int]) -> Snapshot:
        last = max(numbers)
        newest = await self._read(last)
        index, slots = newest.head.index, asyncio.Semaphore(READ_AT_ONCE)
        sizes = dict.fromkeys(numbers, 0) | {last: newest.size}
        shards = {shard: [b""] * len(extents) for shard, extents in index.items()}

        async def load(number: int, wanted: list[tuple[int, int, Extent]]) -> None:
            async with slots:
                segment = newest if number == last else await self._read(number)
                sizes[number] = segment.size
                for shard, at, extent in wanted:
                    shards[shard][at] = segment.piece(extent)

        await asyncio.gather(*(load(number, wanted) for number, wanted in _by_segment(index).items()))
        self._last, self._index, self._sizes = last, index, sizes
        self._doomed_below = newest.head.doomed_below
        self.whole = whole_next(index, sizes, self._doomed_below)
        return Snapshot(newest.head.next_offset, newest.head.header, shards)

    async def _numbers(self) -> set[int]:
        keys = await self.objects.list(STATE_BUCKET, self.prefix)
        return {int(key.rsplit("/", 1)[1]) for key in keys}

    async def _read(self, number: int) -> Segment:
        data = await self.objects.get(STATE_BUCKET, self._key(number))
        return await asyncio.to_thread(decode, self._key(number), data)

    def _key(self, number: int) -> str:
        return f"{self.prefix}{number:020d}"


def _needed(index: Index) -> set[int]:
    """Segments with a piece that is needed."""
    return {extent.segment for extents in index.values() for extent in extents}


def _by_segment(index: Index) -> dict[int, list[tuple[int, int, Extent]]]:
    """What is needed of each segment: shard, position among its pieces, and where it is."""
    wanted: defaultdict[int, list[tuple[int, int, Extent]]] = defaultdict(list)
    for shard, extents in index.items():
        for at, extent in enumerate(extents):
            wanted[extent.segment].append((shard, at, extent))
    return wanted
