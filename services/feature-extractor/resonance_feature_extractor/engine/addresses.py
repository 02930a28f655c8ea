"""From which addresses a user's frames of the last hour came, and how many from each.

The entropy of the addresses is log2 N - sum(c log2 c) / N for N frames, c of them from an address. The sum is kept up
to date as a whole number of 2^-32, so it does not drift: it is the same however it was reached.
"""

from __future__ import annotations

from math import log2
from typing import Final

import numpy as np

from resonance_feature_extractor.engine.blocks import append
from resonance_feature_extractor.engine.compiled import inner
from resonance_feature_extractor.engine.copying import clear_row, copy_row
from resonance_feature_extractor.engine.layout import (
    ADDRESS_COUNT,
    ADDRESS_FRAMES,
    ADDRESS_WEIGHT,
    ADDRESS_WIDTH,
    ADDRESSES,
    HOUR_BUCKETS,
    LENGTH,
    MOST_ADDRESSES,
    NAME,
    ROOM,
)
from resonance_feature_extractor.engine.table import Table

_UNIT: Final = 2.0**32
_KNOWN: Final = 1024
# Weights of the counts that occur; the others are computed.
_WEIGHTS: Final = np.array([0] + [round(c * log2(c) * _UNIT) for c in range(1, _KNOWN)], np.int64)


@inner
def _weight(count: int) -> int:
    """c log2 c, in 2^-32."""
    return _WEIGHTS[count] if count < _KNOWN else np.int64(round(count * log2(count) * _UNIT))


@inner
def count_address(table: Table, row: int, name: int, bucket: int) -> bool:
    """Counts a frame, which is in the window, from an address; False where that is one too many to be told apart."""
    wide, narrow = table.wide[row], table.narrow[row]
    begin, length = np.int64(narrow[ADDRESSES]), np.int64(narrow[ADDRESSES + LENGTH])
    found = -1
    for place in range(begin, begin + length):
        if table.addresses[place, NAME] == name:
            found = place
            break
    if found < 0:
        if length >= MOST_ADDRESSES:
            return False
        found = _append(table, row)
        table.addresses[found, NAME] = name
        table.addresses[found, ADDRESS_COUNT] = 0
        clear_row(table.address_counts, found)
    count = table.addresses[found, ADDRESS_COUNT]
    table.address_counts[found, bucket % HOUR_BUCKETS] += np.uint32(1)
    table.addresses[found, ADDRESS_COUNT] = count + 1
    wide[ADDRESS_FRAMES] += 1
    wide[ADDRESS_WEIGHT] += _weight(count + 1) - _weight(count)
    return True


@inner
def _append(table: Table, row: int) -> int:
    narrow = table.narrow[row]
    old, length, space = np.int64(narrow[ADDRESSES]), np.int64(narrow[ADDRESSES + LENGTH]), narrow[ADDRESSES + ROOM]
    place = append(table.addresses, table.address_blocks, narrow, ADDRESSES)
    if narrow[ADDRESSES + ROOM] != space:
        for i in range(length):
            copy_row(table.address_counts, old + i, table.address_counts, np.int64(narrow[ADDRESSES]) + i, HOUR_BUCKETS)
    return place


@inner
def advance_addresses(table: Table, row: int, old: int, new: int) -> None:
    """Moves the hour from bucket `old` to `new`: addresses without a frame in it are forgotten."""
    wide, narrow = table.wide[row], table.narrow[row]
    step = min(new - old, HOUR_BUCKETS)
    begin, kept = np.int64(narrow[ADDRESSES]), 0
    wide[ADDRESS_FRAMES] = 0
    wide[ADDRESS_WEIGHT] = 0
    for i in range(np.int64(narrow[ADDRESSES + LENGTH])):
        count = table.addresses[begin + i, ADDRESS_COUNT]
        for b in range(new - step + 1, new + 1):
            count -= table.address_counts[begin + i, b % HOUR_BUCKETS]
            table.address_counts[begin + i, b % HOUR_BUCKETS] = 0
        if count:
            table.addresses[begin + i, ADDRESS_COUNT] = count
            wide[ADDRESS_FRAMES] += count
            wide[ADDRESS_WEIGHT] += _weight(count)
            if kept != i:
                copy_row(table.addresses, begin + i, table.addresses, begin + kept, ADDRESS_WIDTH)
                copy_row(table.address_counts, begin + i, table.address_counts, begin + kept, HOUR_BUCKETS)
            kept += 1
    narrow[ADDRESSES + LENGTH] = kept


@inner
def entropy(table: Table, row: int) -> float:
    """Shannon entropy of the addresses of the hour's frames, in bits (Shannon 1948)."""
    if table.narrow[row, ADDRESSES + LENGTH] < 2:
        return 0.0
    frames = table.wide[row, ADDRESS_FRAMES]
    return max(0.0, log2(frames) - table.wide[row, ADDRESS_WEIGHT] / (_UNIT * frames))
