"""Forgets users who have been quiet for long."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from resonance_feature_extractor.engine.compiled import compiled
from resonance_feature_extractor.engine.layout import CHANGED, LIVE, NOW, SHARD
from resonance_feature_extractor.engine.saving import free_lists
from resonance_feature_extractor.engine.table import DEAD_KEY_BYTES, FREE_ROW, FRESH_ROW, USERS, Table, Users, leave


def forget_before(users: Users, oldest_us: int) -> list[tuple[int, bytes]]:
    """Forgets users without an event since then; returns the shard and key of each."""
    table = users.table
    fresh = int(table.gauges[FRESH_ROW])
    gone = np.flatnonzero((table.marks[:fresh, LIVE] == 1) & (table.wide[:fresh, NOW] < oldest_us))
    return remove(users, gone)


def remove(users: Users, rows: NDArray[np.int64]) -> list[tuple[int, bytes]]:
    """Forgets the users of these rows; returns the shard and key of each."""
    if not len(rows):
        return []
    removed = [shard_and_key(users.table, int(row)) for row in rows]
    release(users.table, rows)
    users.pack()
    return removed


def shard_and_key(table: Table, row: int) -> tuple[int, bytes]:
    """Shard and key of the user of a row."""
    start, length = table.key_at[row]
    return int(table.marks[row, SHARD]), table.key_bytes[start : start + length].tobytes()


@compiled
def release(table: Table, rows: NDArray[np.int64]) -> None:
    """Gives rows and their nodes back."""
    gauges = table.gauges
    for row in rows:
        free_lists(table, row)
        leave(table, row)
        gauges[DEAD_KEY_BYTES] += table.key_at[row, 1]
        table.marks[row, LIVE] = 0
        table.marks[row, CHANGED] = 0
        table.wide[row, NOW] = gauges[FREE_ROW]
        gauges[FREE_ROW] = row + 1
        gauges[USERS] -= 1
