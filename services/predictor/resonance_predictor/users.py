"""What is known of each user of a partition, in arrays: one slot for each user and stream.

A slot's number means nothing outside the process. Users belong to shards; a shard moves between partitions whole.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from resonance_contracts.shards import shard_of
from resonance_predictor.arms import Arms
from resonance_predictor.away import Away
from resonance_predictor.baseline import Moments
from resonance_predictor.deviation import SIDES
from resonance_predictor.incidents import Case
from resonance_predictor.peaks import NOTHING, Grounds, Learned
from resonance_predictor.quantiles import Quantiles
from resonance_predictor.recent import Recent
from resonance_predictor.week_rows import NONE
from resonance_predictor.weeks import Weeks

FIRST_CAPACITY: Final = 1024
NEVER: Final = 2**62


@dataclass(slots=True)
class Stream:
    """One stream in one partition.

    Attributes:
        slots: Slot of each user.
        watermark_us: Event time that the stream has reached.
        live_us: Event time of the live stream when this one's newest record came: its age is judged by that.
        due_us: No incident ends before this.
        swept_us: Watermark when idle users were last looked for.
        cases: Slots with something in progress.
        limited: Slots with a limit.
        learned: How high evidence rises, as it was known when idle users were last looked for: what thresholds follow.
        lately: Peaks since then.
    """

    slots: dict[str, int] = field(default_factory=dict)
    watermark_us: int = 0
    live_us: int = 0
    due_us: int = NEVER
    swept_us: int = 0
    cases: set[int] = field(default_factory=set)
    limited: set[int] = field(default_factory=set)
    learned: Learned = NOTHING
    lately: Learned = NOTHING


class Users:
    """All users of a partition, of all streams.

    Attributes:
        streams: By name.
        keys, homes, shards: User key, stream and shard of each slot.
        ordinals: Ordinal of the newest vector applied; 0 before the first.
        ends_us: Newest event time seen; 0 before the first vector.
        since_us: When the sitting began that the newest vector is of.
        baseline: Mean and variance per feature, on the scales of comparison.
        quantiles: Quantiles per feature, as distances from the mean of `baseline`.
        learned: Vectors that the baseline was learned from, (capacity,).
        habit: Mean and variance of the model's surprise.
        climb: Evidence of a rise that stays, (capacity,).
        counted_us: Event time of the newest peak of each of `Grounds` that was learned from, (capacity, 3).
        recent: The last vectors that the baseline was learned from, of this sitting.
        weeks: What is usual by part of the week.
        away: Users of whom only that is known.
        arms: Whom a challenger serves.
        cases: What is in progress, by slot.
        busy: Whether a slot has a case, (capacity,).
        changed: Slots that changed since they were last saved.
        gone: Stream and key of users forgotten since their shard was last saved, by shard.
        erased: Shards of users who were erased since: they are to be saved whole, so that nothing of them is kept.
    """

    def __init__(self) -> None:
        self.streams: dict[str, Stream] = {}
        self.keys: list[str] = []
        self.homes: list[str] = []
        self.shards: list[int] = []
        self.ordinals: list[int] = []
        self.ends_us: list[int] = []
        self.since_us: list[int] = []
        self.baseline = Moments(SIDES, FIRST_CAPACITY)
        self.quantiles = Quantiles(len(SIDES), FIRST_CAPACITY)
        self.learned: NDArray[np.int64] = np.zeros(FIRST_CAPACITY, dtype=np.int64)
        self.habit = Moments(np.zeros(1), FIRST_CAPACITY)
        self.climb: NDArray[np.float64] = np.zeros(FIRST_CAPACITY)
        self.counted_us: NDArray[np.int64] = np.zeros((FIRST_CAPACITY, len(Grounds)), dtype=np.int64)
        self.recent = Recent(FIRST_CAPACITY)
        self.weeks = Weeks(FIRST_CAPACITY)
        self.away = Away()
        self.arms = Arms(FIRST_CAPACITY)
        self.cases: dict[int, Case] = {}
        self.busy: NDArray[np.bool_] = np.zeros(FIRST_CAPACITY, dtype=np.bool_)
        self.changed: set[int] = set()
        self.gone: dict[int, set[tuple[str, str]]] = {}
        self.erased: set[int] = set()
        self._members: dict[int, set[int]] = {}
        self._free: list[int] = []

    def stream(self, name: str) -> Stream:
        """A stream, new if it was not seen before."""
        return self.streams.setdefault(name, Stream())

    def slot(self, name: str, stream: Stream, user_key: str) -> int:
        """Slot of a user of the stream called `name`, new if they were not seen before."""
        found = stream.slots.get(user_key)
        return self._add(name, stream, user_key) if found is None else found

    def case(self, slot: int) -> Case:
        """What is in progress about a user, empty where nothing is."""
        return self.cases.get(slot) or Case()

    def keep(self, stream: Stream, slot: int, case: Case) -> None:
        """Keep a case while there is something in it."""
        if case:
            self.cases[slot] = case
            stream.cases.add(slot)
        else:
            self.cases.pop(slot, None)
            stream.cases.discard(slot)
        self.busy[slot] = bool(case)
        if case.limit is None:
            stream.limited.discard(slot)
        else:
            stream.limited.add(slot)

    def members(self, shard: int) -> list[int]:
        """Slots of a shard, by stream and user key."""
        return self.in_order(self._members.get(shard, ()))

    def in_order(self, slots: Iterable[int]) -> list[int]:
        """Slots by stream and user key."""
        return sorted(slots, key=lambda slot: (self.homes[slot], self.keys[slot]))

    def count(self, shard: int) -> int:
        """Number of users of a shard."""
        return len(self._members.get(shard, ()))

    def forget_learned(self, slot: int) -> None:
        """Start anew what was learned of a user, and what was measured by that.

        Ordinal and case stay, and what is usual by part of the week: a weekend is no reason to forget a Tuesday.
        """
        self.climb[slot] = 0.0
        self.baseline.clear(slot)
        self.quantiles.clear(slot)
        self.habit.clear(slot)
        self.recent.clear(np.array([slot]))
        self.learned[slot] = 0

    def remove(self, stream: Stream, slot: int, *, stays_away: bool = False) -> None:
        """Forget a user of a stream altogether, or all but what is usual of them by part of the week."""
        who = self.homes[slot], self.keys[slot]
        if stays_away and (chain := self.weeks.release(slot)) != NONE:
            self.away.leave(self.shards[slot], who, chain, self.ends_us[slot])
        self.weeks.clear(slot)
        self.changed.discard(slot)
        self.gone.setdefault(self.shards[slot], set()).add(who)
        self._members[self.shards[slot]].discard(slot)
        del stream.slots[self.keys[slot]]
        self.keep(stream, slot, Case())
        self.forget_learned(slot)
        self.keys[slot], self.homes[slot] = "", ""
        self.ordinals[slot] = self.ends_us[slot] = self.since_us[slot] = 0
        self.counted_us[slot] = 0
        self._free.append(slot)

    def erase(self, user_key: str) -> bool:
        """Forget a user in every stream as if they had never been; incidents that are open are not told of again.

        Returns:
            Whether they had a limit.
        """
        limited, shard = False, shard_of(user_key)
        for name, stream in self.streams.items():
            self.weeks.free(self.away.come_back(shard, (name, user_key)))
            if (slot := stream.slots.get(user_key)) is not None:
                limited |= slot in stream.limited
                self.remove(stream, slot)
        self.erased.add(shard)
        return limited

    def forget_away(self, name: str, before_us: int) -> None:
        """Forget those altogether who are away from a stream since before some time."""
        for shard, who in list(self.away.since(name, before_us)):
            self.weeks.free(self.away.come_back(shard, who))

    def forget_weeks(self) -> None:
        """Forget of everybody what is usual by part of the week."""
        self.changed.update(slot for stream in self.streams.values() for slot in stream.slots.values())
        for shard in self.away.shards():
            self.gone.setdefault(shard, set())
        self.weeks, self.away = Weeks(len(self.busy)), Away()

    def _add(self, name: str, stream: Stream, user_key: str) -> int:
        if self._free:
            slot = self._free.pop()
            self.arms.forget(slot)
            self.keys[slot], self.homes[slot], self.shards[slot] = user_key, name, shard_of(user_key)
        else:
            slot = len(self.keys)
            self.keys.append(user_key)
            self.homes.append(name)
            self.shards.append(shard_of(user_key))
            self.ordinals.append(0)
            self.ends_us.append(0)
            self.since_us.append(0)
            if slot >= len(self.busy):
                self._grow(2 * len(self.busy))
        stream.slots[user_key] = slot
        self.weeks.adopt(slot, self.away.come_back(self.shards[slot], (name, user_key)))
        self._members.setdefault(self.shards[slot], set()).add(slot)
        return slot

    def _grow(self, capacity: int) -> None:
        self.baseline.grow(capacity)
        self.quantiles.grow(capacity)
        self.habit.grow(capacity)
        self.climb = np.pad(self.climb, (0, capacity - len(self.climb)))
        self.counted_us = np.pad(self.counted_us, ((0, capacity - len(self.counted_us)), (0, 0)))
        self.recent.grow(capacity)
        self.weeks.grow(capacity)
        self.arms.grow(capacity)
        self.learned = np.pad(self.learned, (0, capacity - len(self.learned)))
        self.busy = np.pad(self.busy, (0, capacity - len(self.busy)))
