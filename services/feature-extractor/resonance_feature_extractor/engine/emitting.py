"""Emits vectors into arrays, until they are written."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from resonance_contracts.features import WIDTH
from resonance_feature_extractor.engine.compiled import compiled, inner
from resonance_feature_extractor.engine.layout import (
    CHANGED,
    FIRST,
    FIRST_RECEIVED,
    LAST,
    LAST_RECEIVED,
    ORDINAL,
    RECENT_INTERVALS,
    WAITING,
)
from resonance_feature_extractor.engine.table import Table
from resonance_feature_extractor.engine.vector import compute

# A record of so many vectors, with keys of so many bytes, stays below the broker's limit of 1 MB.
MOST_VECTORS: Final = 4000
MOST_KEY_BYTES: Final = 200_000

# Columns of `Emitted.facts`.
ROW: Final = 0
NUMBER: Final = 1
START: Final = 2
END: Final = 3
REASON: Final = 4
RECEIVED_FIRST: Final = 5
RECEIVED_LAST: Final = 6
FACTS: Final = 7
# Entries of `Emitted.fill`.
VECTORS: Final = 0
KEY_BYTES: Final = 1


class Emitted(NamedTuple):
    """Vectors that are not written yet.

    Attributes:
        facts: int64 (MOST_VECTORS, FACTS).
        values: Shape (MOST_VECTORS, WIDTH).
        value_bytes: The same memory as bytes.
        fill: How many vectors there are, and how many bytes their keys have; int64 (2,).
        work: Room for computing.
    """

    facts: NDArray[np.int64]
    values: NDArray[np.float64]
    value_bytes: NDArray[np.uint8]
    fill: NDArray[np.int64]
    work: NDArray[np.float64]

    @classmethod
    def empty(cls) -> Emitted:
        """Room for the vectors of one record."""
        values = np.zeros((MOST_VECTORS, WIDTH), np.float64)
        return cls(
            np.zeros((MOST_VECTORS, FACTS), np.int64),
            values,
            values.ravel().view(np.uint8),
            np.zeros(2, np.int64),
            np.zeros(RECENT_INTERVALS, np.float64),
        )


@compiled
def full(out: Emitted) -> bool:
    """Whether there is no room for another vector."""
    return out.fill[VECTORS] >= MOST_VECTORS or out.fill[KEY_BYTES] >= MOST_KEY_BYTES


@inner
def emit(table: Table, row: int, reason: int, out: Emitted) -> None:
    """Emits the vector of a user; what it was emitted for is over."""
    wide = table.wide[row]
    n = out.fill[VECTORS]
    wide[ORDINAL] += 1
    facts = out.facts[n]
    facts[ROW] = row
    facts[NUMBER] = wide[ORDINAL]
    facts[START] = wide[FIRST]
    facts[END] = wide[LAST]
    facts[REASON] = reason
    facts[RECEIVED_FIRST] = wide[FIRST_RECEIVED]
    facts[RECEIVED_LAST] = wide[LAST_RECEIVED]
    compute(table, row, out.values[n], out.work)
    out.fill[VECTORS] += 1
    out.fill[KEY_BYTES] += table.key_at[row, 1]
    for column in (FIRST, LAST, FIRST_RECEIVED, LAST_RECEIVED):
        wide[column] = 0
    table.narrow[row, WAITING] = 0
    table.marks[row, CHANGED] = 1
