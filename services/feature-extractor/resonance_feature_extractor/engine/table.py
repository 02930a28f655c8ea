"""The arrays that hold what is known of all users of one stream in one partition, and how users are found in them.

Nothing is allocated while events are applied: where room ends, that stops until `Users.make_room` made more.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from resonance_contracts.shards import SHARDS
from resonance_feature_extractor.engine.blake2b import blake2b
from resonance_feature_extractor.engine.blocks import FREE, FRESH
from resonance_feature_extractor.engine.compiled import compiled, inner
from resonance_feature_extractor.engine.copying import clear_row, copy_bytes
from resonance_feature_extractor.engine.layout import (
    ADDRESS_WIDTH,
    CHANGED,
    CHANNEL_WIDTH,
    HOUR_BUCKETS,
    LIVE,
    MARKS,
    MOST_ADDRESSES,
    MOST_CHANNELS,
    MOST_SOURCES,
    MOST_TOKEN_USES,
    NARROW,
    NOW,
    SHARD,
    SOURCE_WIDTH,
    TOKEN_WIDTH,
    WIDE,
)
from resonance_feature_extractor.engine.siphash import name_of

# `gauges`, int64 (GAUGES,).
USERS: Final = 0
FRESH_ROW: Final = 1
FREE_ROW: Final = 2
KEY_BYTES: Final = 3
LATE: Final = 4
REPEATED: Final = 5
FORGOTTEN_SOURCES: Final = 6
DEAD_KEY_BYTES: Final = 7
GAUGES: Final = 8

_ALL_BITS: Final = 2**64 - 1
# A key of 512 characters of four bytes.
LONGEST_KEY: Final = 2048
_KEY_GUESS: Final = 32
_FEWEST_ROWS: Final = 64
_GROWTH: Final = 1.5


class Table(NamedTuple):
    """The arrays; see `layout` for the columns.

    Attributes:
        wide: int64 (rows, WIDE).
        narrow: uint32 (rows, NARROW).
        marks: uint8 (rows, MARKS).
        key_hash: SipHash of each user's key, uint64 (rows,).
        key_at: Start and length of each user's key in `key_bytes`, int64 (rows, 2).
        key_bytes: uint8.
        buckets: Row + 1 of the users by hash, 0 where there is none; int32, open addressing, length a power of 2.
        sources, channels, addresses, tokens: Entries of the lists, int64.
        address_counts: Frames from each address by bucket of the hour, uint32 (addresses, HOUR_BUCKETS).
        source_blocks, channel_blocks, address_blocks, token_blocks: Which of their blocks are free, int64 (FREE,).
        gauges: Counts for people, and what rows are free.
        work: Room for hashing, uint64 (24,).
    """

    wide: NDArray[np.int64]
    narrow: NDArray[np.uint32]
    marks: NDArray[np.uint8]
    key_hash: NDArray[np.uint64]
    key_at: NDArray[np.int64]
    key_bytes: NDArray[np.uint8]
    buckets: NDArray[np.int32]
    sources: NDArray[np.int64]
    channels: NDArray[np.int64]
    addresses: NDArray[np.int64]
    address_counts: NDArray[np.uint32]
    tokens: NDArray[np.int64]
    source_blocks: NDArray[np.int64]
    channel_blocks: NDArray[np.int64]
    address_blocks: NDArray[np.int64]
    token_blocks: NDArray[np.int64]
    gauges: NDArray[np.int64]
    work: NDArray[np.uint64]


@compiled
def find(table: Table, data: NDArray[np.uint8], at: int, length: int, name: np.uint64) -> int:
    """Row of the user with this key, -1 where there is none.

    Args:
        data, at, length: Where the key stands.
        name: SipHash of the key.
    """
    mask = len(table.buckets) - 1
    place = np.int64(name) & mask
    while table.buckets[place]:
        row = np.int64(table.buckets[place]) - 1
        if table.key_hash[row] == name and table.key_at[row, 1] == length:
            start = table.key_at[row, 0]
            same = True
            for i in range(length):
                if table.key_bytes[start + i] != data[at + i]:
                    same = False
                    break
            if same:
                return row
        place = (place + 1) & mask
    return -1


@inner
def add(table: Table, data: NDArray[np.uint8], at: int, length: int, name: np.uint64) -> int:
    """Row of a new user; there is room."""
    gauges = table.gauges
    if gauges[FREE_ROW]:
        row = gauges[FREE_ROW] - 1
        gauges[FREE_ROW] = table.wide[row, NOW]
    else:
        row = gauges[FRESH_ROW]
        gauges[FRESH_ROW] += 1
    gauges[USERS] += 1
    clear_row(table.wide, row)
    clear_row(table.narrow, row)
    start = gauges[KEY_BYTES]
    gauges[KEY_BYTES] += length
    copy_bytes(data, at, table.key_bytes, start, length)
    table.key_at[row, 0], table.key_at[row, 1] = start, length
    table.key_hash[row] = name
    blake2b(data, at, length, 2, table.work)
    # The two bytes of the digest are a big-endian number, and the shards a divisor of 256.
    table.marks[row, SHARD] = np.uint8((table.work[0] >> np.uint64(8)) % np.uint64(SHARDS))
    table.marks[row, LIVE] = 1
    table.marks[row, CHANGED] = 1
    enter(table, row)
    return row


@inner
def has_room(table: Table) -> bool:
    """Whether there is room for an event of a new user, and for each of the user's lists to move."""
    return (
        table.gauges[FRESH_ROW] < len(table.wide)
        and table.gauges[KEY_BYTES] + LONGEST_KEY <= len(table.key_bytes)
        and table.source_blocks[FRESH] + MOST_SOURCES <= len(table.sources)
        and table.channel_blocks[FRESH] + MOST_CHANNELS <= len(table.channels)
        and table.address_blocks[FRESH] + MOST_ADDRESSES <= len(table.addresses)
        and table.token_blocks[FRESH] + MOST_TOKEN_USES <= len(table.tokens)
    )


def find_key(table: Table, key: bytes) -> int:
    """Row of the user with this key, -1 where there is none."""
    data = np.frombuffer(key, np.uint8).copy()
    return int(find(table, data, 0, len(data), np.uint64(name_of(data, 0, len(data)) & _ALL_BITS)))


@inner
def enter(table: Table, row: int) -> None:
    """Puts a row into the index."""
    mask = len(table.buckets) - 1
    place = np.int64(table.key_hash[row]) & mask
    while table.buckets[place]:
        place = (place + 1) & mask
    table.buckets[place] = row + 1


@inner
def leave(table: Table, row: int) -> None:
    """Takes a row out of the index; those that it pushed further move back (Knuth, volume 3, 6.4, algorithm R)."""
    mask = len(table.buckets) - 1
    hole = np.int64(table.key_hash[row]) & mask
    while table.buckets[hole] != row + 1:
        hole = (hole + 1) & mask
    probe = (hole + 1) & mask
    while table.buckets[probe]:
        home = np.int64(table.key_hash[np.int64(table.buckets[probe]) - 1]) & mask
        if (probe - home) & mask >= (probe - hole) & mask:
            table.buckets[hole] = table.buckets[probe]
            hole = probe
        probe = (probe + 1) & mask
    table.buckets[hole] = 0


@compiled
def rebuild_index(table: Table) -> None:
    """Enters all users again, into an index that is empty."""
    for row in range(table.gauges[FRESH_ROW]):
        if table.marks[row, LIVE]:
            enter(table, row)


@compiled
def pack_keys(table: Table, packed: NDArray[np.uint8]) -> int:
    """Copies the keys of all users into `packed`, one after the other, and returns how many bytes they are."""
    end = 0
    for row in range(table.gauges[FRESH_ROW]):
        if table.marks[row, LIVE]:
            start, length = table.key_at[row, 0], table.key_at[row, 1]
            copy_bytes(table.key_bytes, start, packed, end, length)
            table.key_at[row, 0] = end
            end += length
    return end


class Users:
    """The table, growing as users come."""

    def __init__(self) -> None:
        rows = _FEWEST_ROWS
        self.table = Table(
            wide=np.zeros((rows, WIDE), np.int64),
            narrow=np.zeros((rows, NARROW), np.uint32),
            marks=np.zeros((rows, MARKS), np.uint8),
            key_hash=np.zeros(rows, np.uint64),
            key_at=np.zeros((rows, 2), np.int64),
            key_bytes=np.zeros(rows * _KEY_GUESS, np.uint8),
            buckets=np.zeros(2 * rows, np.int32),
            sources=np.zeros((MOST_SOURCES, SOURCE_WIDTH), np.int64),
            channels=np.zeros((MOST_CHANNELS, CHANNEL_WIDTH), np.int64),
            addresses=np.zeros((MOST_ADDRESSES, ADDRESS_WIDTH), np.int64),
            address_counts=np.zeros((MOST_ADDRESSES, HOUR_BUCKETS), np.uint32),
            tokens=np.zeros((MOST_TOKEN_USES, TOKEN_WIDTH), np.int64),
            source_blocks=np.zeros(FREE, np.int64),
            channel_blocks=np.zeros(FREE, np.int64),
            address_blocks=np.zeros(FREE, np.int64),
            token_blocks=np.zeros(FREE, np.int64),
            gauges=np.zeros(GAUGES, np.int64),
            work=np.zeros(24, np.uint64),
        )

    def __len__(self) -> int:
        return int(self.table.gauges[USERS])

    def make_room(self, users: int = 1, key_bytes: int = 0) -> None:
        """Makes room for an event of a new user at least, more where it is known how many come.

        Args:
            key_bytes: Of the keys of these users.
        """
        self._reserve_rows(users)
        self._widen(int(self.table.gauges[KEY_BYTES]) + max(key_bytes, LONGEST_KEY), ("key_bytes",))
        for blocks, most, names in (
            (self.table.source_blocks, MOST_SOURCES, ("sources",)),
            (self.table.channel_blocks, MOST_CHANNELS, ("channels",)),
            (self.table.address_blocks, MOST_ADDRESSES, ("addresses", "address_counts")),
            (self.table.token_blocks, MOST_TOKEN_USES, ("tokens",)),
        ):
            self._widen(int(blocks[FRESH]) + max(users, most), names)

    def pack(self) -> None:
        """Gives up the room of keys whose users are gone, where it is more than half."""
        table = self.table
        if 2 * table.gauges[DEAD_KEY_BYTES] <= table.gauges[KEY_BYTES]:
            return
        packed = np.empty_like(table.key_bytes)
        used = pack_keys(table, packed)
        table.gauges[KEY_BYTES], table.gauges[DEAD_KEY_BYTES] = used, 0
        self.table = table._replace(key_bytes=packed)

    def nbytes(self) -> int:
        """Bytes of all arrays."""
        return sum(array.nbytes for array in self.table)

    def _reserve_rows(self, more: int) -> None:
        need = int(self.table.gauges[FRESH_ROW]) + more
        self._widen(need, ("wide", "narrow", "marks", "key_hash", "key_at"))
        length = len(self.table.buckets)
        while length < 2 * need:
            length *= 2
        if length > len(self.table.buckets):
            self.table = self.table._replace(buckets=np.zeros(length, np.int32))
            rebuild_index(self.table)

    def _widen(self, need: int, names: tuple[str, ...]) -> None:
        for name in names:
            array = getattr(self.table, name)
            if need > len(array):
                longer = np.zeros((max(need, int(len(array) * _GROWTH)), *array.shape[1:]), array.dtype)
                longer[: len(array)] = array
                self.table = self.table._replace(**{name: longer})
