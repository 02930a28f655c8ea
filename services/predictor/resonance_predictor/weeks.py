"""Each user's own normal by part of the week: what they ordinarily do of a Tuesday evening.

What a user does in one part of one week is summed up while it lasts, weighted by active minutes as the baseline's, and
becomes one lesson when it is over: so a vector is compared with what was before its part of this week, never with what
led up to it. A lesson is worth its minutes; what was learned before weighs half after `HALF_LIFE_WEEKS`.

Detection does not go by it: explanations compare with it. A week's mean of few, uneven minutes is a fair thing to
compare with and a poor one to raise alarms by.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from resonance_contracts.features import WIDTH
from resonance_predictor.baseline import MINUTES_ALONE
from resonance_predictor.time_zones import PARTS, part_of_week, parts_of_week
from resonance_predictor.week_rows import NONE, Chains, Columns, WeekRows

Floats = NDArray[np.float64]
Slots = NDArray[np.intp]
Parts = NDArray[np.int64]
"""Numbers of parts, see `time_zones`."""

HALF_LIFE_WEEKS: Final = 4.0
"""Weeks after which what was learned weighs half: about a month, so that a new job shows within two."""

VOID_WEEKS: Final = 8
"""A part that was not seen for longer is learned anew: two half-lives, and a long holiday."""

GLANCE_MINUTES: Final = 2.0
"""Active minutes that one part of one week has to have: somebody who only looked in did not show what is usual."""

LEAST_WEEKS: Final = 2
"""Weeks that it takes to call something usual: once is an event, not a habit."""

LEAST_MINUTES: Final = MINUTES_ALONE
"""Active minutes that it takes: what a baseline takes where nothing else is known of a user."""

MOST_WEEKS: Final = 255


@dataclass(frozen=True, slots=True)
class Usual:
    """What is usual of a user in a part of the week.

    Attributes:
        part: Number of the part that was asked about.
        scaled: Means on the scales of comparison, (WIDTH,).
        minutes: Active minutes that they were learned from, less what decayed.
        weeks: Different weeks that they were learned from.
    """

    part: int
    scaled: Floats
    minutes: float
    weeks: int


@dataclass(frozen=True, slots=True)
class Dumped:
    """What was learned of some owners: slots first, then chains alone.

    Attributes:
        part: Number of the part that each slot is in, NONE before the first, (n,).
        minutes, sums: Of what it did in that, (n,) and (n, WIDTH).
        counts, rows: See `WeekRows.collect`.
    """

    part: NDArray[np.int32]
    minutes: NDArray[np.float32]
    sums: NDArray[np.float32]
    counts: NDArray[np.uint8]
    rows: Columns


class Weeks:
    """What is usual of each of many slots.

    Args:
        capacity: Number of slots.
    """

    def __init__(self, capacity: int) -> None:
        self._part: NDArray[np.int32] = np.full(capacity, NONE, dtype=np.int32)
        self._minutes: NDArray[np.float32] = np.zeros(capacity, dtype=np.float32)
        # A sum of some 20,000 vectors in single precision is off by less than a thousandth.
        self._sums: NDArray[np.float32] = np.zeros((capacity, WIDTH), dtype=np.float32)
        self._chains: Chains = np.full(capacity, NONE, dtype=np.int32)
        self._rows = WeekRows()

    def grow(self, capacity: int) -> None:
        """Make room; slots keep their numbers."""
        more = capacity - len(self._part)
        self._part = np.pad(self._part, (0, more), constant_values=NONE)
        self._minutes = np.pad(self._minutes, (0, more))
        self._sums = np.pad(self._sums, ((0, more), (0, 0)))
        self._chains = np.pad(self._chains, (0, more), constant_values=NONE)

    def clear(self, slot: int) -> None:
        """Forget what was learned in a slot."""
        self._part[slot] = NONE
        self._minutes[slot] = 0.0
        self._sums[slot] = 0.0
        self._rows.free(int(self._chains[slot]))
        self._chains[slot] = NONE

    def turn(self, slots: Slots, parts: Parts) -> None:
        """It is these parts now, (n,), of some slots, (n,), all different: the ones before them are learned."""
        before = self._part[slots]
        over = before < parts
        if not over.any():
            return
        some = slots[over]
        self._conclude(some[before[over] != NONE])
        self._part[some] = parts[over]

    def learn(self, slots: Slots, values: Floats, minutes: Floats, parts: Parts) -> None:
        """Add one vector to each of some slots, all different; one of a part that is over already teaches nothing.

        Args:
            slots: Where, (n,).
            values: What was seen, on the scales of comparison, (n, WIDTH).
            minutes: Active minutes that each stands for, (n,), above 0.
            parts: Which part each is in, (n,).
        """
        late = self._part[slots] != parts
        if late.any():
            slots, values, minutes = slots[~late], values[~late], minutes[~late]
        self._minutes[slots] += minutes
        self._sums[slots] += minutes[:, np.newaxis] * values

    def usual(self, slot: int, part: int) -> Usual | None:
        """What was usual in a part of the week before this one, where enough was seen."""
        chains, place = self._chains[slot : slot + 1], part_of_week(part)
        (row,) = self._rows.find(chains, np.array([place])).tolist()
        if row == NONE:
            return None
        found = self._rows.columns
        minutes, weeks = float(found.minutes[row]), int(found.weeks[row])
        recent = 0 < part - int(found.last[row]) <= VOID_WEEKS * PARTS
        if not recent or weeks < LEAST_WEEKS or minutes < LEAST_MINUTES:
            return None
        return Usual(part, found.mean[row].astype(np.float64), minutes, weeks)

    def release(self, slot: int) -> int:
        """Take out of a slot what was learned there; the part that it is in is over. Returns its chain, or NONE."""
        if self._part[slot] != NONE:
            self._conclude(np.array([slot]))
        chain = int(self._chains[slot])
        self._chains[slot] = NONE
        self.clear(slot)
        return chain

    def adopt(self, slot: int, chain: int) -> None:
        """Put what `release` gave into a slot in which nothing was learned."""
        self._chains[slot] = chain

    def free(self, chain: int) -> None:
        """Forget what `release` gave."""
        self._rows.free(chain)

    def dump(self, slots: Slots, chains: Sequence[int]) -> Dumped:
        """What was learned in some slots, (n,), and what is in some chains that were released."""
        every = np.concatenate((self._chains[slots], np.array(chains, dtype=np.int32)))
        return Dumped(self._part[slots], self._minutes[slots], self._sums[slots], *self._rows.collect(every))

    def load(self, slots: Slots, dumped: Dumped) -> list[int]:
        """What `dump` gave, back into some slots, all different; what was there is forgotten. Returns the chains."""
        for slot in slots.tolist():
            self.clear(slot)
        self._part[slots], self._minutes[slots], self._sums[slots] = dumped.part, dumped.minutes, dumped.sums
        chains = self._rows.restore(dumped.counts, dumped.rows)
        self._chains[slots] = chains[: len(slots)]
        found: list[int] = chains[len(slots) :].tolist()
        return found

    def __len__(self) -> int:
        """Number of rows: of parts that users are known in."""
        return len(self._rows)

    def _conclude(self, slots: Slots) -> None:
        """Learn what some slots, all different, did in the part that they are in; it is over."""
        minutes = self._minutes[slots].astype(np.float64)
        some = minutes >= GLANCE_MINUTES
        if some.any():
            taught = slots[some]
            self._learn_part(taught, self._sums[taught] / minutes[some][:, np.newaxis], minutes[some])
        self._minutes[slots] = 0.0
        self._sums[slots] = 0.0

    def _learn_part(self, slots: Slots, means: Floats, minutes: Floats) -> None:
        parts, chains = self._part[slots].astype(np.int64), self._chains[slots]
        places = parts_of_week(parts)
        rows = self._rows.find(chains, places)
        new = rows == NONE
        if new.any():
            rows[new] = self._rows.add(chains[new], places[new])
            self._chains[slots[new]] = rows[new]
        known = self._rows.columns
        ago = (parts - known.last[rows]) / PARTS
        void = new | (ago > VOID_WEEKS)
        before = np.where(void, 0.0, known.minutes[rows] * np.exp2(ago / -HALF_LIFE_WEEKS))
        weeks = np.where(void, 0, known.weeks[rows].astype(np.int64)) + 1
        share = (minutes / (before + minutes))[:, np.newaxis]
        mean = np.where(void[:, np.newaxis], 0.0, known.mean[rows])
        known.minutes[rows] = before + minutes
        known.mean[rows] = mean + share * (means - mean)
        known.last[rows], known.weeks[rows] = parts, np.minimum(weeks, MOST_WEEKS)
