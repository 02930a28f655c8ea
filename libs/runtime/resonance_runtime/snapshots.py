"""Snapshots of keyed state in an object store: changed shards only, the applied offset inside.

A snapshot of a partition is one object, a *segment*: the next offset to read, the partition's own header,
the shards that changed since the last segment, and an index that says for every shard which segment holds
its newest content. Writing it is one atomic PUT, so state and offset cannot part. Segments are numbered;
a writer that was replaced finds its number taken and stops (`Conflict`). Segments that no shard's newest
content lives in are deleted.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Final

import msgspec

from resonance_runtime.errors import Conflict, RuntimeFault
from resonance_runtime.objects import STATE_BUCKET, ObjectStore

FORMAT: Final = 1


class BrokenSnapshot(RuntimeFault):
    """A segment does not hold what it should."""


class _Place(msgspec.Struct, array_like=True):
    """Where the newest content of a shard is."""

    segment: int
    start: int
    length: int


class _Head(msgspec.Struct):
    """Beginning of a segment; the shards' bytes follow it."""

    format: int
    next_offset: int
    header: bytes
    index: dict[int, _Place]
    blob_sha256: bytes


@dataclass(frozen=True, slots=True)
class Snapshot:
    """State of one partition as of `next_offset`, the first offset that is not in it."""

    next_offset: int
    header: bytes
    shards: dict[int, bytes]


@dataclass(slots=True)
class SnapshotLog:
    """Segments of one partition of one group; one writer at a time.

    Attributes:
        prefix: Key prefix of the segments, ending in "/".
    """

    objects: ObjectStore
    prefix: str
    _last: int = 0
    _index: dict[int, _Place] = field(default_factory=dict)
    _segments: set[int] = field(default_factory=set)

    async def restore(self) -> Snapshot | None:
        """The newest snapshot, or None where there is none.

        Raises:
            BrokenSnapshot: A segment is damaged.
            Unavailable: The store does not answer.
        """
        keys = await self.objects.list(STATE_BUCKET, self.prefix)
        self._segments = {int(key.rsplit("/", 1)[1]) for key in keys}
        if not self._segments:
            self._last, self._index = 0, {}
            return None
        self._last = max(self._segments)
        head, _ = await self._read(self._last)
        self._index = head.index
        blobs = {n: (await self._read(n))[1] for n in {place.segment for place in head.index.values()}}
        shards = {s: blobs[p.segment][p.start : p.start + p.length] for s, p in head.index.items()}
        return Snapshot(head.next_offset, head.header, shards)

    async def write(self, next_offset: int, header: bytes, changed: dict[int, bytes]) -> int:
        """Writes a segment and deletes those that are not needed any more; returns its size in bytes.

        Raises:
            Conflict: Another writer took over this partition.
            Unavailable: The store does not answer; nothing was changed, or the same call may be repeated.
        """
        number = self._last + 1
        index, blob = dict(self._index), bytearray()
        for shard, data in sorted(changed.items()):
            if data:
                index[shard] = _Place(number, len(blob), len(data))
                blob += data
            else:
                index.pop(shard, None)
        segment = _encode(_Head(FORMAT, next_offset, header, index, hashlib.sha256(blob).digest()), bytes(blob))
        if not await self.objects.put_if_absent(STATE_BUCKET, self._key(number), segment):
            await self._settle(number, segment)
        self._last, self._index = number, index
        self._segments.add(number)
        await self._collect()
        return len(segment)

    async def _settle(self, number: int, segment: bytes) -> None:
        """A repeated write may find its own segment, if the first answer was lost; another's is a conflict."""
        if await self.objects.get(STATE_BUCKET, self._key(number)) != segment:
            raise Conflict(f"Another process wrote {self._key(number)}: this partition is not ours any more.")

    async def _collect(self) -> None:
        needed = {place.segment for place in self._index.values()} | {self._last}
        doomed = self._segments - needed
        await self.objects.delete(STATE_BUCKET, [self._key(n) for n in doomed])
        self._segments -= doomed

    async def _read(self, number: int) -> tuple[_Head, bytes]:
        return _decode(self._key(number), await self.objects.get(STATE_BUCKET, self._key(number)))

    def _key(self, number: int) -> str:
        return f"{self.prefix}{number:020d}"


def _encode(head: _Head, blob: bytes) -> bytes:
    encoded = msgspec.msgpack.encode(head)
    return len(encoded).to_bytes(4, "big") + encoded + blob


def _decode(key: str, data: bytes) -> tuple[_Head, bytes]:
    length = int.from_bytes(data[:4], "big")
    try:
        head = msgspec.msgpack.decode(data[4 : 4 + length], type=_Head)
    except msgspec.DecodeError as error:
        raise BrokenSnapshot(f"{key} is not a snapshot: {error}.") from error
    blob = data[4 + length :]
    if head.format != FORMAT:
        raise BrokenSnapshot(f"{key} has format {head.format}; this version reads format {FORMAT}.")
    if hashlib.sha256(blob).digest() != head.blob_sha256:
        raise BrokenSnapshot(f"{key} is damaged: its content does not match its hash.")
    return head, blob
