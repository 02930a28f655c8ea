"""Users with events that no vector was emitted for yet, in the order in which their 250 ms are over.

A binary heap of (time, row). An entry whose vector was emitted meanwhile stays until its time comes. Users of one
time stand in the order of their hashes, so what is emitted does not depend on the rows they have.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from resonance_contracts.pb.resonance.v1 import features_pb2
from resonance_feature_extractor.engine.compiled import compiled, inner
from resonance_feature_extractor.engine.emitting import Emitted, emit, full
from resonance_feature_extractor.engine.layout import ACTIVITY_US, FIRST, LIVE
from resonance_feature_extractor.engine.table import FRESH_ROW, Table

DUE: Final = 0
ROW: Final = 1

_TIME: Final = int(features_pb2.EMISSION_REASON_TIME)


class Quiet(NamedTuple):
    """The heap.

    Attributes:
        entries: int64 (most, 2).
        size: How many there are, int64 (1,).
    """

    entries: NDArray[np.int64]
    size: NDArray[np.int64]

    @classmethod
    def empty(cls, most: int = 256) -> Quiet:
        """No entries, and room for some."""
        return cls(np.zeros((most, 2), np.int64), np.zeros(1, np.int64))

    def room(self, more: int) -> Quiet:
        """The same with room for so many more."""
        need = int(self.size[0]) + more
        if need <= len(self.entries):
            return self
        longer = np.zeros((max(need, 2 * len(self.entries)), 2), np.int64)
        longer[: len(self.entries)] = self.entries
        return Quiet(longer, self.size)


@inner
def has_room_for_one(quiet: Quiet) -> bool:
    """Whether another user can be remembered."""
    return quiet.size[0] < len(quiet.entries)


@inner
def _earlier(table: Table, entries: NDArray[np.int64], a: int, b: int) -> bool:
    if entries[a, DUE] != entries[b, DUE]:
        return entries[a, DUE] < entries[b, DUE]
    return table.key_hash[entries[a, ROW]] < table.key_hash[entries[b, ROW]]


@inner
def _swap(entries: NDArray[np.int64], a: int, b: int) -> None:
    for column in (DUE, ROW):
        entries[a, column], entries[b, column] = entries[b, column], entries[a, column]


@inner
def push(table: Table, quiet: Quiet, row: int) -> None:
    """Remembers a user whose first event since the last vector has come."""
    entries = quiet.entries
    at = quiet.size[0]
    quiet.size[0] += 1
    entries[at, DUE], entries[at, ROW] = table.wide[row, FIRST] + ACTIVITY_US, row
    while at:
        above = (at - 1) // 2
        if not _earlier(table, entries, at, above):
            return
        _swap(entries, at, above)
        at = above


@inner
def _pop(table: Table, quiet: Quiet) -> None:
    entries = quiet.entries
    quiet.size[0] -= 1
    size = quiet.size[0]
    entries[0, DUE], entries[0, ROW] = entries[size, DUE], entries[size, ROW]
    at = 0
    while True:
        least = at
        for below in (2 * at + 1, 2 * at + 2):
            if below < size and _earlier(table, entries, below, least):
                least = below
        if least == at:
            return
        _swap(entries, at, least)
        at = least


@compiled
def close(table: Table, quiet: Quiet, watermark_us: int, out: Emitted) -> bool:
    """Emits what users left open whose time is over; False where there was no room for all."""
    while quiet.size[0] and quiet.entries[0, DUE] <= watermark_us:
        if full(out):
            return False
        due, row = quiet.entries[0, DUE], quiet.entries[0, ROW]
        if table.marks[row, LIVE] and table.wide[row, FIRST] and table.wide[row, FIRST] + ACTIVITY_US == due:
            emit(table, row, _TIME, out)
        _pop(table, quiet)
    return True


@compiled
def push_open(table: Table, quiet: Quiet) -> None:
    """Remembers all users with events that no vector was emitted for; there is room."""
    quiet.size[0] = 0
    for row in range(table.gauges[FRESH_ROW]):
        if table.marks[row, LIVE] and table.wide[row, FIRST]:
            push(table, quiet, row)
