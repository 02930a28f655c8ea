"""Which shards should come whole next, so that what is kept stays small and is restored fast.

A shard grows by what is appended to it, and a segment stays as long as one piece in it is needed. A shard that
comes whole lets go of both. So must all shards in segments that may hold people who were erased. No more is asked
for at once than an eighth of the state, or than what was appended last, so that no snapshot is much larger than the
others.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Final

from resonance_runtime.segments import Extent, Index

MOST_PIECES: Final = 64
"""Pieces of a shard after which it should come whole."""

MOST_SEGMENTS: Final = 256

MOST_SPACE: Final = 3.0
"""Bytes stored for each byte of the state."""

SMALL_BYTES: Final = 1_000_000
"""What is not worth saving."""

SHARE_AT_ONCE: Final = 1 / 8


def whole_next(index: Index, sizes: Mapping[int, int], doomed_below: int = 0) -> frozenset[int]:
    """Shards that should come whole next.

    Args:
        index: Where the newest state is.
        sizes: Bytes of each segment that is stored.
        doomed_below: Segments with lower numbers must go soon.
    """
    whole = {shard: extents[0].length for shard, extents in index.items()}
    left = max(SHARE_AT_ONCE * sum(whole.values()), _appended_last(index), SMALL_BYTES)
    chosen: set[int] = set()
    for shard in (*_doomed(index, doomed_below), *_grown(index), *_scattered(index, sizes)):
        if shard in chosen:
            continue
        left -= whole[shard]
        if chosen and left < 0:
            break
        chosen.add(shard)
    return frozenset(chosen)


def _appended_last(index: Index) -> int:
    """Bytes that the newest segment appends to shards."""
    newest = max((extents[-1].segment for extents in index.values()), default=0)
    return sum(extents[-1].length for extents in index.values() if len(extents) > 1 and extents[-1].segment == newest)


def _doomed(index: Index, below: int) -> list[int]:
    """Shards with pieces in segments that must go."""
    return sorted(shard for shard, extents in index.items() if any(extent.segment < below for extent in extents))


def _grown(index: Index) -> list[int]:
    """Shards to which more was appended than their whole piece holds, or too often; those that grew most first."""
    growth = {shard: _growth(extents) for shard, extents in index.items()}
    return sorted((shard for shard in growth if growth[shard] > 1), key=lambda shard: (-growth[shard], shard))


def _growth(extents: tuple[Extent, ...]) -> float:
    whole, *appended = (extent.length for extent in extents)
    return max(sum(appended) / max(whole, 1), len(extents) / MOST_PIECES)


def _scattered(index: Index, sizes: Mapping[int, int]) -> Iterator[int]:
    """Shards with pieces in the segments that hold the least of what is needed, while too much is stored."""
    needed: defaultdict[int, int] = defaultdict(int)
    shards: defaultdict[int, set[int]] = defaultdict(set)
    for shard, extents in index.items():
        for extent in extents:
            needed[extent.segment] += extent.length
            shards[extent.segment].add(shard)
    stored, segments = sum(sizes[n] for n in needed), len(needed)
    most = MOST_SPACE * sum(extents[0].length for extents in index.values()) + SMALL_BYTES
    for number in sorted(needed, key=lambda n: (needed[n] / sizes[n], n)):
        if stored <= most and segments <= MOST_SEGMENTS:
            return
        yield from sorted(shards[number])
        stored -= sizes[number] - needed[number]
        segments -= 1
