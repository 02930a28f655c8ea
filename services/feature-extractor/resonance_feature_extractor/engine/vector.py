"""Computes the vector of a user as of the user's newest event, in the catalogue's order."""

from __future__ import annotations

from math import sqrt
from typing import Final

import numpy as np
from numpy.typing import NDArray

from resonance_feature_extractor.engine.addresses import entropy
from resonance_feature_extractor.engine.compiled import inner
from resonance_feature_extractor.engine.layout import (
    BYTES,
    CHANNELS,
    CHURN,
    ERRORS,
    FRAMES,
    GAPS_N,
    INTERVALS,
    INTERVALS_AT,
    INTERVALS_N,
    LAST_MESSAGE,
    LENGTH,
    LIMITED,
    LOGIN_GAPS,
    LONG_BUCKET,
    LONG_BUCKETS,
    MESSAGES,
    NOW,
    RECENT_BUCKETS,
    RECENT_INTERVALS,
    REUSE,
    SECOND,
    SHORT,
    SHORT_BUCKETS,
)
from resonance_feature_extractor.engine.sources import oldest_open
from resonance_feature_extractor.engine.table import Table
from resonance_feature_extractor.engine.windows import newest, total

FEWEST_INTERVALS: Final = 8
LONGEST_LOGIN_INTERVAL_S: Final = 3600.0


@inner
def compute(table: Table, row: int, out: NDArray[np.float64], work: NDArray[np.float64]) -> None:
    """Writes the values of every feature of a user.

    Args:
        out: Shape (13,).
        work: Shape (32,) at least, overwritten.
    """
    wide, narrow = table.wide[row], table.narrow[row]
    head = wide[NOW] // LONG_BUCKET
    messages = total(narrow, MESSAGES, LONG_BUCKETS)
    recent = newest(narrow, MESSAGES, LONG_BUCKETS, head, RECENT_BUCKETS)
    channels = np.int64(narrow[CHANNELS + LENGTH])
    size = 0
    for b in range(BYTES, BYTES + LONG_BUCKETS):
        size += wide[b]
    out[0] = total(narrow, SHORT, SHORT_BUCKETS)
    out[1] = total(narrow, FRAMES, LONG_BUCKETS)
    out[2] = size / messages if messages else 0.0
    out[3] = newest(narrow, ERRORS, LONG_BUCKETS, head, RECENT_BUCKETS) / recent if recent else 0.0
    out[4] = total(narrow, LIMITED, LONG_BUCKETS)
    out[5] = (wide[NOW] - oldest_open(table, row)) / SECOND
    out[6] = channels
    out[7] = messages / max(1, channels)
    out[8] = burstiness(work, _intervals(wide, narrow, head, work))
    out[9] = entropy(table, row)
    out[10] = _login_intervals(wide, narrow, work)
    out[11] = narrow[REUSE]
    out[12] = narrow[CHURN]


@inner
def burstiness(intervals: NDArray[np.float64], n: int) -> float:
    """Burstiness of inter-event times, -1 (a clock) to 1 (one burst).

    Kim and Jo, "Measuring burstiness for finite event sequences", Phys. Rev. E 94, 032311 (2016), eq. 22.

    Args:
        intervals: The first `n` are times between events, any unit.
        n: 0 is returned for fewer than eight.
    """
    if n < FEWEST_INTERVALS:
        return 0.0
    mean = 0.0
    for i in range(n):
        mean += intervals[i]
    mean /= n
    if mean == 0:
        return 1.0
    squares = 0.0
    for i in range(n):
        squares += (intervals[i] - mean) ** 2
    r = sqrt(squares / n) / mean
    score = (sqrt(n + 1.0) * r - sqrt(n - 1.0)) / ((sqrt(n + 1.0) - 2) * r + sqrt(n - 1.0))
    return min(1.0, max(-1.0, score))


@inner
def _intervals(wide: NDArray[np.int64], narrow: NDArray[np.uint32], head: int, out: NDArray[np.float64]) -> int:
    """Intervals between the messages of the last ten minutes, newest first; returns how many."""
    oldest = (head - LONG_BUCKETS + 1) * LONG_BUCKET
    time_us = wide[LAST_MESSAGE]
    n = 0
    if time_us < oldest:
        return 0
    at = np.int64(narrow[INTERVALS_AT])
    for i in range(np.int64(narrow[INTERVALS_N])):
        interval = np.int64(narrow[INTERVALS + (at - 1 - i) % RECENT_INTERVALS])
        time_us -= interval
        if time_us < oldest:
            break
        out[n] = interval
        n += 1
    return n


@inner
def _login_intervals(wide: NDArray[np.int64], narrow: NDArray[np.uint32], work: NDArray[np.float64]) -> float:
    n = np.int64(narrow[GAPS_N])
    if n == 0:
        return LONGEST_LOGIN_INTERVAL_S
    for i in range(n):
        gap = float(wide[LOGIN_GAPS + i])
        j = i
        while j and work[j - 1] > gap:
            work[j] = work[j - 1]
            j -= 1
        work[j] = gap
    median = (work[(n - 1) // 2] + work[n // 2]) / 2
    return min(LONGEST_LOGIN_INTERVAL_S, median / SECOND)
