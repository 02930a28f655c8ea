"""Checks a batch before anything of it is applied, and says in words what is wrong with one."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from resonance_contracts.pb.resonance.v1 import activity_pb2
from resonance_feature_extractor.engine.compiled import compiled
from resonance_feature_extractor.engine.reading import (
    ADDRESS,
    CHANNEL,
    COLUMNS,
    ERROR,
    KIND,
    RECEIVED,
    SEQUENCE,
    SIZE,
    SOURCE,
    TIME,
    TOKEN,
    USER,
)

# Pseudonyms, channels and sources; the gateway takes no longer ones, and state is kept by them.
LONGEST_STRING: Final = 512
# Year 2286: a time beyond it is milliseconds or nanoseconds taken for microseconds.
LATEST_US: Final = 10_000_000_000_000_000
LAST_KIND: Final = max(activity_pb2.ActivityKind.values())
ERASED: Final = int(activity_pb2.ACTIVITY_KIND_ERASED)

FINE: Final = 0
NOT_TEXT: Final = 1
LONG_STRING: Final = 2
LENGTH: Final = 3
NO_STRINGS: Final = 4
NO_SUCH_STRING: Final = 5
BAD_SEQUENCE: Final = 6
BAD_TIME: Final = 7
BAD_KIND: Final = 8
BAD_RECEIVED: Final = 9

_NAMES: Final = (
    "user", "source", "sequence", "time_us", "kind", "size", "channel", "address", "token", "error", "received_us",
)  # fmt: skip


class BadBatch(ValueError):
    """A batch that cannot be applied; the text says what is wrong with it."""


@compiled
def characters(data: NDArray[np.uint8], start: int, length: int) -> int:
    """Characters of a UTF-8 text, -1 where it is none (RFC 3629)."""
    count = 0
    at, end = start, start + length
    while at < end:
        byte = np.int64(data[at])
        if byte < 0x80:
            at += 1
            count += 1
            continue
        if 0xC2 <= byte < 0xE0:
            more, lowest = 1, 0x80
        elif 0xE0 <= byte < 0xF0:
            more, lowest = 2, 0x800
        elif 0xF0 <= byte < 0xF5:
            more, lowest = 3, 0x10000
        else:
            return -1
        if at + more >= end:
            return -1
        code = byte & (0x3F >> more)
        for i in range(1, more + 1):
            byte = np.int64(data[at + i])
            if byte & 0xC0 != 0x80:
                return -1
            code = code << 6 | (byte & 0x3F)
        if code < lowest or code > 0x10FFFF or 0xD800 <= code < 0xE000:
            return -1
        at += more + 1
        count += 1
    return count


@compiled
def check(
    data: NDArray[np.uint8],
    columns: NDArray[np.int64],
    lengths: NDArray[np.int64],
    strings: NDArray[np.int64],
    strings_n: int,
) -> tuple[int, int, int]:
    """What is wrong with a batch that was read: a fault, and two numbers for its sentence; of FINE, how many erasures.

    Columns that were left out are filled with 0, numbers are cut to the width of their type.
    """
    for i in range(strings_n):
        count = characters(data, strings[i, 0], strings[i, 1])
        if count < 0:
            return NOT_TEXT, i, 0
        if count > LONGEST_STRING:
            return LONG_STRING, count, 0
    n = lengths[USER]
    for c in range(COLUMNS):
        if lengths[c] == 0:
            for i in range(n):
                columns[c, i] = 0
        elif lengths[c] != n:
            return LENGTH, c, lengths[c]
    if n and strings_n == 0:
        return NO_STRINGS, USER, 0
    for c in (USER, SOURCE, CHANNEL, ADDRESS, TOKEN):
        for i in range(n):
            if columns[c, i] < 0 or columns[c, i] >= strings_n:
                return NO_SUCH_STRING, c, strings_n
    erasures = 0
    for i in range(n):
        if columns[SEQUENCE, i] <= 0:
            return BAD_SEQUENCE, 0, 0
        if columns[TIME, i] <= 0 or columns[TIME, i] >= LATEST_US:
            return BAD_TIME, 0, 0
        if columns[KIND, i] <= 0 or columns[KIND, i] > LAST_KIND:
            return BAD_KIND, 0, 0
        if columns[RECEIVED, i] < 0:
            return BAD_RECEIVED, 0, 0
        columns[SIZE, i] &= 0xFFFFFFFF
        columns[ERROR, i] = columns[ERROR, i] != 0
        erasures += columns[KIND, i] == ERASED
    return FINE, erasures, 0


def sentence(fault: int, a: int, b: int, events: int) -> str:
    """A fault that `check` found, in words.

    Args:
        a, b: The numbers that came with it.
        events: Length of the column user.
    """
    if fault == NOT_TEXT:
        return f"string {a} is not UTF-8"
    if fault == LONG_STRING:
        return f"a string has {a} characters; expected at most {LONGEST_STRING}"
    if fault == LENGTH:
        return f"column {_NAMES[a]} has {b} entries; expected {events}, as many as column user, or none"
    if fault == NO_STRINGS:
        return f"column {_NAMES[a]} names strings, but the batch has none"
    if fault == NO_SUCH_STRING:
        return f"column {_NAMES[a]} names a string that is not there; there are {b}"
    if fault == BAD_SEQUENCE:
        return "column sequence has a value outside 1 to 2^63 - 1: events of a source are numbered from 1"
    if fault == BAD_TIME:
        return "column time_us has a value outside 1970 to 2286: expected microseconds since the epoch"
    if fault == BAD_KIND:
        return f"column kind has a value that is none of {list(range(1, LAST_KIND + 1))}"
    return "column received_us has a negative value: expected microseconds since the epoch"
