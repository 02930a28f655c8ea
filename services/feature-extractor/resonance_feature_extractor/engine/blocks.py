"""Short lists of all users in one array each: a list is a block of it, and moves to one twice as large as it grows.

Entries of a list stand side by side: a list is read in one go, where linked nodes would miss the cache one by one.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from resonance_feature_extractor.engine.compiled import inner
from resonance_feature_extractor.engine.copying import copy_row
from resonance_feature_extractor.engine.layout import LENGTH, ROOM

# Columns of `free`, int64: the first entry that was never used, then by size the place + 1 of a block that is free.
FRESH: Final = 0
SIZES: Final = 11
FREE: Final = 1 + SIZES


@inner
def size_class(count: int) -> int:
    """Which blocks hold so many entries: those of 2 to its power."""
    found = 0
    while 1 << found < count:
        found += 1
    return found


@inner
def take(entries: NDArray[np.int64], free: NDArray[np.int64], size: int) -> int:
    """Where a block of 2^size entries begins; there is room."""
    at = free[1 + size]
    if at:
        free[1 + size] = entries[at - 1, 0]
        return at - 1
    at = free[FRESH]
    free[FRESH] += 1 << size
    return at


@inner
def give(entries: NDArray[np.int64], free: NDArray[np.int64], narrow: NDArray[np.uint32], kind: int) -> None:
    """Frees the block of a list."""
    if narrow[kind + ROOM]:
        at, size = np.int64(narrow[kind]), size_class(np.int64(narrow[kind + ROOM]))
        entries[at, 0] = free[1 + size]
        free[1 + size] = at + 1
    narrow[kind] = 0
    narrow[kind + LENGTH] = 0
    narrow[kind + ROOM] = 0


@inner
def append(entries: NDArray[np.int64], free: NDArray[np.int64], narrow: NDArray[np.uint32], kind: int) -> int:
    """Place of a new last entry, to be filled.

    Args:
        narrow: The user's row.
        kind: Column of the list in it.
    """
    length = np.int64(narrow[kind + LENGTH])
    if length == narrow[kind + ROOM]:
        old, size = np.int64(narrow[kind]), size_class(length + 1)
        new = take(entries, free, size)
        for i in range(length):
            copy_row(entries, old + i, entries, new + i, entries.shape[1])
        give(entries, free, narrow, kind)
        narrow[kind] = new
        narrow[kind + LENGTH] = length
        narrow[kind + ROOM] = 1 << size
    narrow[kind + LENGTH] = length + 1
    return np.int64(narrow[kind]) + length
