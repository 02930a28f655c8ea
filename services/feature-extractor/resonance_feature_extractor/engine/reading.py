"""Reads an `ActivityBatch` from its bytes into columns, without an object an event.

The layout is Protobuf's (protobuf.dev/programming-guides/encoding); what is not written the usual way, such as
columns in pieces, unpacked columns or fields of a later version, is read all the same.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from resonance_feature_extractor.engine.compiled import compiled, inner

# Rows of the columns, in the order of the message's fields from FIRST_FIELD.
USER: Final = 0
SOURCE: Final = 1
SEQUENCE: Final = 2
TIME: Final = 3
KIND: Final = 4
SIZE: Final = 5
CHANNEL: Final = 6
ADDRESS: Final = 7
TOKEN: Final = 8
ERROR: Final = 9
RECEIVED: Final = 10
COLUMNS: Final = 11
FIRST_FIELD: Final = 5

# What is said of a batch, int64 (HEAD,).
WATERMARK: Final = 0
STREAM_AT: Final = 1
STREAM_SIZE: Final = 2
ORIGIN_AT: Final = 3
ORIGIN_SIZE: Final = 4
STRINGS: Final = 5
HEAD: Final = 6

DONE: Final = 0
MALFORMED: Final = 1
NO_ROOM: Final = 2

_STREAM_FIELD: Final = 1
_WATERMARK_FIELD: Final = 3
_STRINGS_FIELD: Final = 4
_ORIGIN_FIELD: Final = 16
_VARINT: Final = 0
_FIXED64: Final = 1
_BYTES: Final = 2
_FIXED32: Final = 5


@inner
def varint(data: NDArray[np.uint8], at: int, end: int) -> tuple[int, int]:
    """A number, and where the next byte is; -1 there where it does not end properly."""
    value = np.uint64(0)
    shift = np.uint64(0)
    for i in range(at, min(end, at + 10)):
        byte = data[i]
        value |= np.uint64(byte & 0x7F) << shift
        if byte < 0x80:
            return np.int64(value), i + 1
        shift += np.uint64(7)
    return 0, -1


@compiled
def read(
    data: NDArray[np.uint8],
    head: NDArray[np.int64],
    columns: NDArray[np.int64],
    lengths: NDArray[np.int64],
    strings: NDArray[np.int64],
) -> int:
    """Fills head, columns, their lengths and the places of strings; returns DONE, MALFORMED or NO_ROOM.

    Args:
        data: The message.
        head: Shape (HEAD,).
        columns: Shape (COLUMNS, most events).
        lengths: Shape (COLUMNS,).
        strings: Start and length of each string, shape (most strings, 2).
    """
    for i in range(HEAD):
        head[i] = 0
    for i in range(COLUMNS):
        lengths[i] = 0
    at, size = 0, len(data)
    while at < size:
        tag, at = varint(data, at, size)
        if at < 0:
            return MALFORMED
        field, wire = tag >> 3, tag & 7
        column = field - FIRST_FIELD
        if wire == _VARINT:
            value, at = varint(data, at, size)
            if at < 0:
                return MALFORMED
            if field == _WATERMARK_FIELD:
                head[WATERMARK] = value
            elif 0 <= column < COLUMNS:
                if lengths[column] == columns.shape[1]:
                    return NO_ROOM
                columns[column, lengths[column]] = value
                lengths[column] += 1
        elif wire == _BYTES:
            length, at = varint(data, at, size)
            if at < 0 or length < 0 or length > size - at:
                return MALFORMED
            end = at + length
            if field == _STRINGS_FIELD:
                if head[STRINGS] == len(strings):
                    return NO_ROOM
                strings[head[STRINGS], 0], strings[head[STRINGS], 1] = at, length
                head[STRINGS] += 1
            elif field == _STREAM_FIELD:
                head[STREAM_AT], head[STREAM_SIZE] = at, length
            elif field == _ORIGIN_FIELD:
                head[ORIGIN_AT], head[ORIGIN_SIZE] = at, length
            elif 0 <= column < COLUMNS:
                count = lengths[column]
                while at < end:
                    if count == columns.shape[1]:
                        return NO_ROOM
                    byte = data[at]
                    if byte < 0x80:
                        columns[column, count] = byte
                        at += 1
                    else:
                        columns[column, count], at = varint(data, at, end)
                        if at < 0:
                            return MALFORMED
                    count += 1
                lengths[column] = count
            at = end
        elif wire == _FIXED64 and at + 8 <= size:
            at += 8
        elif wire == _FIXED32 and at + 4 <= size:
            at += 4
        else:
            return MALFORMED
        if field == 0:
            return MALFORMED
    return DONE
