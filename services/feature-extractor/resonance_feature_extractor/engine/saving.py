"""Users as bytes, and back: exactly as they were, whatever rows they get.

A part holds users of one shard and one stream in columns, as the table has them, little-endian. Parts are read in the
order in which they were written; the newest word on a user counts.
"""

from __future__ import annotations

from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from resonance_feature_extractor.engine.blocks import give, size_class, take
from resonance_feature_extractor.engine.compiled import compiled, inner
from resonance_feature_extractor.engine.copying import copy_bytes, copy_row
from resonance_feature_extractor.engine.layout import (
    ADDRESS_WIDTH,
    ADDRESSES,
    CHANGED,
    CHANNEL_WIDTH,
    CHANNELS,
    HOUR_BUCKETS,
    LENGTH,
    NARROW,
    ROOM,
    SHARD,
    SOURCE_WIDTH,
    SOURCES,
    TOKEN_WIDTH,
    TOKENS,
    WIDE,
)
from resonance_feature_extractor.engine.siphash import name_of
from resonance_feature_extractor.engine.table import Table, Users, add, find, has_room


class Part(msgspec.Struct, array_like=True):
    """Users of one shard and one stream.

    Attributes:
        removed: Keys of users who are gone; those below are not among them any more.
        key_sizes: uint16 (users,).
        keys: The keys, one after the other.
        wide, narrow: Rows of the table; where lists begin, and what room they have, is 0.
        sources, channels, addresses, address_counts, tokens: The lists of all users, one after the other.
    """

    stream: str
    removed: list[bytes]
    key_sizes: bytes
    keys: bytes
    wide: bytes
    narrow: bytes
    sources: bytes
    channels: bytes
    addresses: bytes
    address_counts: bytes
    tokens: bytes


def save(table: Table, stream: str, rows: NDArray[np.int64], removed: list[bytes]) -> Part:
    """Some users of one shard; they count as unchanged from now on."""
    narrow = table.narrow[rows]
    lists = [SOURCES, CHANNELS, ADDRESSES, TOKENS]
    lengths = narrow[:, [kind + LENGTH for kind in lists]].sum(axis=0, dtype=np.int64)
    narrow[:, lists + [kind + ROOM for kind in lists]] = 0
    sizes = table.key_at[rows, 1]
    keys = np.empty(int(sizes.sum()), np.uint8)
    sources = np.empty((lengths[0], SOURCE_WIDTH), np.int64)
    channels = np.empty((lengths[1], CHANNEL_WIDTH), np.int64)
    addresses = np.empty((lengths[2], ADDRESS_WIDTH), np.int64)
    address_counts = np.empty((lengths[2], HOUR_BUCKETS), np.uint32)
    tokens = np.empty((lengths[3], TOKEN_WIDTH), np.int64)
    collect(table, rows, keys, sources, channels, addresses, address_counts, tokens)
    table.marks[rows, CHANGED] = 0
    return Part(
        stream, removed, sizes.astype(np.uint16).tobytes(), keys.tobytes(), table.wide[rows].tobytes(),
        narrow.tobytes(), sources.tobytes(), channels.tobytes(), addresses.tobytes(), address_counts.tobytes(),
        tokens.tobytes(),
    )  # fmt: skip


@compiled
def collect(
    table: Table,
    rows: NDArray[np.int64],
    keys: NDArray[np.uint8],
    sources: NDArray[np.int64],
    channels: NDArray[np.int64],
    addresses: NDArray[np.int64],
    address_counts: NDArray[np.uint32],
    tokens: NDArray[np.int64],
) -> None:
    """Copies keys and lists of some users, in their order."""
    k, s, c, a, t = 0, 0, 0, 0, 0
    for row in rows:
        narrow = table.narrow[row]
        start, length = table.key_at[row, 0], table.key_at[row, 1]
        copy_bytes(table.key_bytes, start, keys, k, length)
        k += length
        s = _copy_list(table.sources, narrow, SOURCES, sources, s)
        c = _copy_list(table.channels, narrow, CHANNELS, channels, c)
        begin = np.int64(narrow[ADDRESSES])
        for i in range(np.int64(narrow[ADDRESSES + LENGTH])):
            copy_row(table.address_counts, begin + i, address_counts, a + i, HOUR_BUCKETS)
        a = _copy_list(table.addresses, narrow, ADDRESSES, addresses, a)
        t = _copy_list(table.tokens, narrow, TOKENS, tokens, t)


@inner
def _copy_list(
    entries: NDArray[np.int64], narrow: NDArray[np.uint32], kind: int, target: NDArray[np.int64], at: int
) -> int:
    begin, length = np.int64(narrow[kind]), np.int64(narrow[kind + LENGTH])
    for i in range(length):
        copy_row(entries, begin + i, target, at + i, entries.shape[1])
    return at + length


def load(users: Users, part: Part) -> None:
    """Adds the users of a part, or what is newer of them.

    Raises:
        ValueError: The columns do not have the widths of this version.
    """
    sizes = np.frombuffer(part.key_sizes, np.uint16).astype(np.int64)
    keys = _column(part.keys, np.uint8, 1).ravel()
    wide, narrow = _column(part.wide, np.int64, WIDE), _column(part.narrow, np.uint32, NARROW)
    sources = _column(part.sources, np.int64, SOURCE_WIDTH)
    channels = _column(part.channels, np.int64, CHANNEL_WIDTH)
    addresses = _column(part.addresses, np.int64, ADDRESS_WIDTH)
    address_counts = _column(part.address_counts, np.uint32, HOUR_BUCKETS)
    tokens = _column(part.tokens, np.int64, TOKEN_WIDTH)
    if len(wide) != len(sizes) or len(narrow) != len(sizes):
        raise ValueError(f"a saved part has {len(wide)} rows for {len(sizes)} users")
    users.make_room(len(sizes), len(keys))
    done = np.zeros(6, np.int64)
    while enter_all(users.table, done, sizes, keys, wide, narrow, sources, channels, addresses, address_counts, tokens):
        users.make_room()


def _column(data: bytes, kind: type[Any], width: int) -> NDArray[Any]:
    return np.frombuffer(data, kind).reshape(-1, width).copy()


@compiled
def enter_all(
    table: Table,
    done: NDArray[np.int64],
    sizes: NDArray[np.int64],
    keys: NDArray[np.uint8],
    wide: NDArray[np.int64],
    narrow: NDArray[np.uint32],
    sources: NDArray[np.int64],
    channels: NDArray[np.int64],
    addresses: NDArray[np.int64],
    address_counts: NDArray[np.uint32],
    tokens: NDArray[np.int64],
) -> bool:
    """Puts users into the table; True where room ended before all were in.

    Args:
        done: How many users, bytes of keys, sources, channels, addresses and uses of tokens are in; int64 (6,).
    """
    while done[0] < len(sizes):
        if not has_room(table):
            return True
        i = done[0]
        name = np.uint64(name_of(keys, done[1], sizes[i]))
        row = find(table, keys, done[1], sizes[i], name)
        if row < 0:
            row = add(table, keys, done[1], sizes[i], name)
        else:
            free_lists(table, row)
        copy_row(wide, i, table.wide, row, WIDE)
        for c in range(NARROW):
            table.narrow[row, c] = narrow[i, c]
        table.marks[row, CHANGED] = 0
        done[0] += 1
        done[1] += sizes[i]
        own = table.narrow[row]
        done[2] = _enter_list(sources, done[2], table.sources, table.source_blocks, own, SOURCES)
        done[3] = _enter_list(channels, done[3], table.channels, table.channel_blocks, own, CHANNELS)
        first = done[4]
        done[4] = _enter_list(addresses, first, table.addresses, table.address_blocks, own, ADDRESSES)
        for j in range(np.int64(own[ADDRESSES + LENGTH])):
            copy_row(address_counts, first + j, table.address_counts, np.int64(own[ADDRESSES]) + j, HOUR_BUCKETS)
        done[5] = _enter_list(tokens, done[5], table.tokens, table.token_blocks, own, TOKENS)
    return False


@inner
def _enter_list(
    source: NDArray[np.int64],
    at: int,
    entries: NDArray[np.int64],
    free: NDArray[np.int64],
    narrow: NDArray[np.uint32],
    kind: int,
) -> int:
    length = np.int64(narrow[kind + LENGTH])
    if length:
        size = size_class(length)
        begin = take(entries, free, size)
        for i in range(length):
            copy_row(source, at + i, entries, begin + i, entries.shape[1])
        narrow[kind] = begin
        narrow[kind + ROOM] = 1 << size
    return at + length


@inner
def free_lists(table: Table, row: int) -> None:
    """Gives the lists of a user up."""
    narrow = table.narrow[row]
    give(table.sources, table.source_blocks, narrow, SOURCES)
    give(table.channels, table.channel_blocks, narrow, CHANNELS)
    give(table.addresses, table.address_blocks, narrow, ADDRESSES)
    give(table.tokens, table.token_blocks, narrow, TOKENS)


def rows_of_shards(table: Table, rows: NDArray[np.int64]) -> dict[int, NDArray[np.int64]]:
    """Some rows by their shard."""
    if not len(rows):
        return {}
    shards = table.marks[rows, SHARD]
    order = np.argsort(shards, kind="stable")
    rows, shards = rows[order], shards[order]
    borders = np.flatnonzero(np.diff(shards)) + 1
    return {int(table.marks[part[0], SHARD]): part for part in np.split(rows, borders)}
