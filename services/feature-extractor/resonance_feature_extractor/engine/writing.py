"""Writes vectors as the bytes of a `VectorBatch`: the same bytes that Protobuf's own encoder gives."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from resonance_contracts.features import CATALOGUE_VERSION, WIDTH
from resonance_contracts.pb.resonance.v1 import features_pb2
from resonance_feature_extractor.engine.compiled import compiled, inner
from resonance_feature_extractor.engine.copying import copy_bytes
from resonance_feature_extractor.engine.emitting import (
    END,
    MOST_KEY_BYTES,
    MOST_VECTORS,
    NUMBER,
    REASON,
    RECEIVED_FIRST,
    RECEIVED_LAST,
    ROW,
    START,
    VECTORS,
    Emitted,
)
from resonance_feature_extractor.engine.prefetching import prefetch
from resonance_feature_extractor.engine.siphash import siphash
from resonance_feature_extractor.engine.table import Table

ID_DIGITS: Final = 32
_ID_SIZE: Final = 2 + ID_DIGITS
# Bytes of a vector beside its key, at most.
_MOST_BYTES: Final = 2 + _ID_SIZE + 3 + 5 * 10 + 1 + 8 * WIDTH
_LONGEST_KEY: Final = 4 * 512
# How many vectors ahead a key is fetched.
_AHEAD: Final = 4
# Tags and lengths of the columns.
_MOST_TAGS: Final = 64
# Behind the record: what an id is made from.
_TEXT_AT: Final = MOST_VECTORS * _MOST_BYTES + MOST_KEY_BYTES + _LONGEST_KEY + _MOST_TAGS


def record(table: Table, out: Emitted, stream: str, watermark_us: int, room: NDArray[np.uint8]) -> bytes:
    """The vectors as a serialized `VectorBatch`; afterwards there are none.

    Args:
        room: As `room` gives it.
    """
    head = _head(stream)[1] + (_number_field(2, watermark_us) if watermark_us else b"") + _HEAD_END
    size = write(table, out, _head(stream)[0], room)
    out.fill[:] = 0
    return head + room[:size].tobytes()


def room() -> NDArray[np.uint8]:
    """Room for the largest record."""
    return np.zeros(_TEXT_AT + 2 * _LONGEST_KEY + 64, np.uint8)


@lru_cache(maxsize=64)
def _head(stream: str) -> tuple[NDArray[np.uint8], bytes]:
    """The stream's name, and the field that says it."""
    return (
        np.frombuffer(stream.encode(), np.uint8).copy(),
        features_pb2.VectorBatch(stream=stream).SerializeToString(),
    )


def _number_field(field: int, value: int) -> bytes:
    return bytes([field << 3]) + _varint(value)


def _varint(value: int) -> bytes:
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


_HEAD_END: Final = features_pb2.VectorBatch(catalogue_version=CATALOGUE_VERSION, width=WIDTH).SerializeToString()


@compiled
def write(table: Table, out: Emitted, stream: NDArray[np.uint8], room: NDArray[np.uint8]) -> int:
    """Writes the fields from `vector_id` on; returns how many bytes they are.

    Args:
        stream: Name of the stream in UTF-8.
    """
    n = out.fill[VECTORS]
    if n == 0:
        return 0
    text = room[_TEXT_AT:]
    at = 0
    for i in range(n):
        if i + _AHEAD < n:
            prefetch(table.key_bytes, table.key_at[out.facts[i + _AHEAD, ROW], 0])
        at = _write_id(table, out.facts[i], stream, text, room, at)
    for i in range(n):
        at = _write_key(table, out.facts[i, ROW], room, at)
    at = _write_column(out, NUMBER, 7, room, at)
    at = _write_column(out, START, 8, room, at)
    at = _write_column(out, END, 9, room, at)
    at = _write_values(out, room, at)
    at = _write_column(out, REASON, 11, room, at)
    at = _write_column(out, RECEIVED_FIRST, 12, room, at)
    return _write_column(out, RECEIVED_LAST, 13, room, at)


@inner
def _put(value: int, room: NDArray[np.uint8], at: int) -> int:
    """Writes a number as a varint."""
    rest = np.uint64(value)
    while rest >= np.uint64(0x80):
        room[at] = np.uint8(rest & np.uint64(0x7F)) | np.uint8(0x80)
        rest >>= np.uint64(7)
        at += 1
    room[at] = np.uint8(rest)
    return at + 1


@inner
def _digits(value: int, room: NDArray[np.uint8], at: int) -> int:
    """Writes a number as decimal digits."""
    length, rest = 1, value // 10
    while rest:
        length += 1
        rest //= 10
    for i in range(length):
        room[at + length - 1 - i] = 48 + value % 10
        value //= 10
    return at + length


@inner
def _write_id(
    table: Table,
    facts: NDArray[np.int64],
    stream: NDArray[np.uint8],
    text: NDArray[np.uint8],
    room: NDArray[np.uint8],
    at: int,
) -> int:
    """Writes "v_" and 32 hexadecimal digits, a function of stream, user, ordinal and end; see `vector_id`."""
    start, length = table.key_at[facts[ROW], 0], table.key_at[facts[ROW], 1]
    size = len(stream)
    copy_bytes(stream, 0, text, 0, size)
    text[size] = 0
    copy_bytes(table.key_bytes, start, text, size + 1, length)
    size += 1 + length
    text[size] = 0
    size = _digits(facts[NUMBER], text, size + 1)
    text[size] = 0
    size = _digits(facts[END], text, size + 1)
    room[at], room[at + 1], room[at + 2], room[at + 3] = 5 << 3 | 2, _ID_SIZE, 118, 95
    at = _write_hex(siphash(text, 0, size), room, at + 4)
    text[size] = 0
    return _write_hex(siphash(text, 0, size + 1), room, at)


@inner
def _write_hex(value: np.uint64, room: NDArray[np.uint8], at: int) -> int:
    for i in range(ID_DIGITS // 2):
        digit = np.int64(value >> np.uint64(60 - 4 * i)) & 15
        room[at + i] = 48 + digit if digit < 10 else 87 + digit
    return at + ID_DIGITS // 2


@inner
def _write_key(table: Table, row: int, room: NDArray[np.uint8], at: int) -> int:
    start, length = table.key_at[row, 0], table.key_at[row, 1]
    room[at] = 6 << 3 | 2
    at = _put(length, room, at + 1)
    copy_bytes(table.key_bytes, start, room, at, length)
    return at + length


@inner
def _write_column(out: Emitted, column: int, field: int, room: NDArray[np.uint8], at: int) -> int:
    n = out.fill[VECTORS]
    size = 0
    for i in range(n):
        rest = out.facts[i, column] >> 7
        size += 1
        while rest:
            size += 1
            rest >>= 7
    room[at] = field << 3 | 2
    at = _put(size, room, at + 1)
    for i in range(n):
        at = _put(out.facts[i, column], room, at)
    return at


@inner
def _write_values(out: Emitted, room: NDArray[np.uint8], at: int) -> int:
    n = out.fill[VECTORS]
    room[at] = 10 << 3 | 2
    at = _put(8 * WIDTH * n, room, at + 1)
    copy_bytes(out.value_bytes, 0, room, at, 8 * WIDTH * n)
    return at + 8 * WIDTH * n
