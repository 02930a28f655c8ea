"""The format of a segment: a head with the index, then the pieces of shards that it brings.

Format 2. Format 1, in which every shard is one piece, is read too.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import msgspec

from resonance_runtime.errors import RuntimeFault

FORMAT: Final = 2
_LENGTH_BYTES: Final = 4


class BrokenSnapshot(RuntimeFault):
    """A segment is missing, or does not hold what it should."""


class Extent(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Where one piece of a shard is: its segment, and start and length in what the segment brings, bytes."""

    segment: int
    start: int
    length: int


Index = dict[int, tuple[Extent, ...]]
"""Where the pieces of each shard are, in their order."""


class Head(msgspec.Struct):
    """Beginning of a segment.

    Attributes:
        next_offset: First offset that is not in the state.
        header: What the partition knows beside its shards.
        index: Where the state's pieces are, in this segment and in those before.
        blob_sha256: SHA-256 of this segment's pieces.
        doomed_below: Segments with lower numbers may hold people who were erased, so they must go soon.
    """

    format: int
    next_offset: int
    header: bytes
    index: Index
    blob_sha256: bytes
    doomed_below: int = 0


class _Format(msgspec.Struct):
    format: int


class _Head1(msgspec.Struct):
    next_offset: int
    header: bytes
    index: dict[int, Extent]
    blob_sha256: bytes


@dataclass(frozen=True, slots=True)
class Segment:
    """A segment as it was read.

    Attributes:
        blob: Its pieces, one after the other.
        size: Bytes of the whole.
    """

    head: Head
    blob: memoryview
    size: int

    def piece(self, extent: Extent) -> bytes:
        """One of its pieces."""
        return bytes(self.blob[extent.start : extent.start + extent.length])


def encode(next_offset: int, header: bytes, index: Index, pieces: Iterable[bytes], doomed_below: int = 0) -> bytes:
    """A segment as bytes; equal arguments give equal bytes."""
    brought = list(pieces)
    digest = hashlib.sha256()
    for piece in brought:
        digest.update(piece)
    head = msgspec.msgpack.encode(Head(FORMAT, next_offset, header, index, digest.digest(), doomed_below))
    return b"".join([len(head).to_bytes(_LENGTH_BYTES, "big"), head, *brought])


def decode(key: str, data: bytes) -> Segment:
    """A segment from bytes.

    Raises:
        BrokenSnapshot: They are not one, or damaged; `key` is named.
    """
    view = memoryview(data)
    begin = _LENGTH_BYTES + int.from_bytes(view[:_LENGTH_BYTES], "big")
    try:
        head = _head(key, view[_LENGTH_BYTES:begin])
    except msgspec.DecodeError as error:
        raise BrokenSnapshot(f"{key} is not a snapshot: {error}.") from error
    blob = view[begin:]
    if hashlib.sha256(blob).digest() != head.blob_sha256:
        raise BrokenSnapshot(f"{key} is damaged: its content does not match its hash.")
    return Segment(head, blob, len(data))


def later_version(found: int, known: int) -> str:
    """What is said of state that a later version kept in a format that this one does not know."""
    return (
        f"this state is of format {found}, which a later version kept; this one reads format {known}. Run that version "
        "again, or take state back with `python -m resonance_runtime.restore --from BACKUP --state`; do not remove it"
    )


def _head(key: str, data: memoryview) -> Head:
    found = msgspec.msgpack.decode(data, type=_Format).format
    if found == FORMAT:
        return msgspec.msgpack.decode(data, type=Head)
    if found == 1:
        old = msgspec.msgpack.decode(data, type=_Head1)
        index: Index = {shard: (extent,) for shard, extent in old.index.items()}
        return Head(found, old.next_offset, old.header, index, old.blob_sha256)
    raise BrokenSnapshot(f"{key}: {later_version(found, FORMAT)}.")
