"""Windows of whole buckets that end with the user's newest event."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from resonance_feature_extractor.engine.addresses import advance_addresses
from resonance_feature_extractor.engine.channels import advance_channels
from resonance_feature_extractor.engine.compiled import inner
from resonance_feature_extractor.engine.layout import (
    BYTES,
    ERRORS,
    FRAMES,
    HOUR_BUCKET,
    LIMITED,
    LONG_BUCKET,
    LONG_BUCKETS,
    MESSAGES,
    NOW,
    SHORT,
    SHORT_BUCKET,
    SHORT_BUCKETS,
)
from resonance_feature_extractor.engine.table import Table
from resonance_feature_extractor.engine.tokens import advance_tokens


@inner
def _clear(counts: NDArray[np.uint32], first: int, length: int, old: int, new: int) -> None:
    """Empties the buckets after `old` up to `new` of the ring in columns `first` and following."""
    for b in range(new - min(new - old, length) + 1, new + 1):
        counts[first + b % length] = 0


@inner
def advance(table: Table, row: int, time_us: int) -> None:
    """Moves every window of a user up to a newer time."""
    wide, narrow = table.wide[row], table.narrow[row]
    now_us = wide[NOW]
    wide[NOW] = time_us
    old, new = now_us // SHORT_BUCKET, time_us // SHORT_BUCKET
    if old == new:
        return
    _clear(narrow, SHORT, SHORT_BUCKETS, old, new)
    old, new = now_us // LONG_BUCKET, time_us // LONG_BUCKET
    if old == new:
        return
    for first in (MESSAGES, ERRORS, FRAMES, LIMITED):
        _clear(narrow, first, LONG_BUCKETS, old, new)
    for b in range(new - min(new - old, LONG_BUCKETS) + 1, new + 1):
        wide[BYTES + b % LONG_BUCKETS] = 0
    advance_channels(table, row, new)
    old, new = now_us // HOUR_BUCKET, time_us // HOUR_BUCKET
    if old != new:
        advance_addresses(table, row, old, new)
        advance_tokens(table, row, new)


@inner
def total(counts: NDArray[np.uint32], first: int, length: int) -> int:
    """Sum of the whole ring."""
    found = 0
    for i in range(first, first + length):
        found += counts[i]
    return found


@inner
def newest(counts: NDArray[np.uint32], first: int, length: int, head: int, buckets: int) -> int:
    """Sum of the buckets that end with `head`."""
    found = 0
    for b in range(head - buckets + 1, head + 1):
        found += counts[first + b % length]
    return found
