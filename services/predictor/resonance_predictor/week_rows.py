"""What was learned of parts of the week, a row each, for as many owners as there are.

Most users are active in few of the 28 parts, so there is a row only of a part that was seen. An owner knows its first
row, each row the next one: a chain of at most 28, walked for many owners at a time.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from resonance_contracts.features import WIDTH

Floats = NDArray[np.float64]
Places = NDArray[np.intp]
Chains = NDArray[np.int32]
"""First row of each of some owners; NONE where there is none."""

NONE: Final = -1
FIRST_CAPACITY: Final = 1024


@dataclass(slots=True)
class Columns:
    """Rows in columns.

    Attributes:
        part: Place in the week, 0 to 27, (n,).
        last: Number of the part that was learned last, (n,).
        weeks: How many weeks it was learned from, (n,), at most 255.
        minutes: Active minutes that it was learned from, less what decayed, (n,).
        mean: On the scales of comparison, (n, WIDTH).
    """

    part: NDArray[np.int8] = field(default_factory=lambda: np.zeros(0, dtype=np.int8))
    last: NDArray[np.int32] = field(default_factory=lambda: np.zeros(0, dtype=np.int32))
    weeks: NDArray[np.uint8] = field(default_factory=lambda: np.zeros(0, dtype=np.uint8))
    minutes: NDArray[np.float32] = field(default_factory=lambda: np.zeros(0, dtype=np.float32))
    mean: NDArray[np.float32] = field(default_factory=lambda: np.zeros((0, WIDTH), dtype=np.float32))

    def of(self, rows: Places) -> Columns:
        """Some of them, (k,)."""
        return Columns(self.part[rows], self.last[rows], self.weeks[rows], self.minutes[rows], self.mean[rows])

    def put(self, rows: Places, others: Columns) -> None:
        """Others in the place of some, (k,)."""
        self.part[rows], self.last[rows], self.weeks[rows] = others.part, others.last, others.weeks
        self.minutes[rows], self.mean[rows] = others.minutes, others.mean

    def grow(self, capacity: int) -> None:
        """Make room; rows keep their numbers."""
        more = capacity - len(self.part)
        self.part, self.last = np.pad(self.part, (0, more)), np.pad(self.last, (0, more))
        self.weeks, self.minutes = np.pad(self.weeks, (0, more)), np.pad(self.minutes, (0, more))
        self.mean = np.pad(self.mean, ((0, more), (0, 0)))


class WeekRows:
    """Rows of many owners.

    Attributes:
        columns: What is in the rows.
    """

    def __init__(self) -> None:
        self.columns = Columns()
        self._next: Chains = np.zeros(0, dtype=np.int32)
        self._free: list[int] = []
        self._used = 0

    def find(self, chains: Chains, parts: NDArray[np.int64]) -> Places:
        """The row of each owner that is of a place in the week, (n,); NONE where there is none."""
        found = chains.astype(np.intp)
        some = np.flatnonzero(found != NONE)
        while len(some := some[self.columns.part[found[some]] != parts[some]]):
            found[some] = self._next[found[some]]
            some = some[found[some] != NONE]
        return found

    def add(self, chains: Chains, parts: NDArray[np.int64]) -> Places:
        """A new row for each of some owners, (n,), in front of theirs: it is the first of its chain now."""
        count = len(chains)
        taken = [self._free.pop() for _ in range(min(count, len(self._free)))]
        fresh = count - len(taken)
        rows = np.array([*taken, *range(self._used, self._used + fresh)], dtype=np.intp)
        self._used += fresh
        if self._used > len(self._next):
            capacity = max(FIRST_CAPACITY, self._used, 3 * len(self._next) // 2)
            self.columns.grow(capacity)
            self._next = np.pad(self._next, (0, capacity - len(self._next)))
        self._next[rows] = chains
        self.columns.part[rows] = parts
        return rows

    def free(self, chain: int) -> None:
        """Forget all rows of one owner."""
        while chain != NONE:
            self._free.append(chain)
            self.columns.put(np.array([chain]), EMPTY_ROW)
            chain = int(self._next[chain])

    def collect(self, chains: Chains) -> tuple[NDArray[np.uint8], Columns]:
        """How many rows each of some owners has, (n,), and all these, owner by owner, by their place in the week."""
        owner, row = np.arange(len(chains)), chains.astype(np.intp)
        owners, rows = [owner[:0]], [row[:0]]
        while (there := row != NONE).any():
            owner, row = owner[there], row[there]
            owners.append(owner)
            rows.append(row)
            row = self._next[row].astype(np.intp)
        whose, every = np.concatenate(owners), np.concatenate(rows)
        every = every[np.lexsort((self.columns.part[every], whose))]
        return np.bincount(whose, minlength=len(chains)).astype(np.uint8), self.columns.of(every)

    def restore(self, counts: NDArray[np.uint8], columns: Columns) -> Chains:
        """What `collect` gave, as new rows; returns the first of each owner, (n,)."""
        chains = np.full(len(counts), NONE, dtype=np.int32)
        ends = np.cumsum(counts, dtype=np.intp)
        for place in range(int(counts.max(initial=0))):
            some = np.flatnonzero(counts > place)
            source = ends[some] - 1 - place
            rows = self.add(chains[some], columns.part[source].astype(np.int64))
            self.columns.put(rows, columns.of(source))
            chains[some] = rows
        return chains

    def __len__(self) -> int:
        return self._used - len(self._free)


EMPTY_ROW: Final = Columns(
    np.zeros(1, dtype=np.int8),
    np.zeros(1, dtype=np.int32),
    np.zeros(1, dtype=np.uint8),
    np.zeros(1, dtype=np.float32),
    np.zeros((1, WIDTH), dtype=np.float32),
)
