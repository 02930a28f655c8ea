"""Counts over time in bounded memory: equal buckets of which only those with something in them are kept.

A bucket begins one second wide; whenever more than `SLOTS` have something in them, all become twice as wide.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Mapping
from typing import Final, TypeAlias

SLOTS: Final = 256
Counts: TypeAlias = "array[int]"


def no_counts() -> Counts:
    """Zero in every slot."""
    return array("Q", bytes(8 * SLOTS))


class Timeline:
    """The buckets that all templates of a log share.

    Args:
        everyone: Gives the counts of each template, which are rewritten where buckets become wider.
    """

    def __init__(self, everyone: Callable[[], Iterable[Counts]]) -> None:
        self._everyone = everyone
        self._width = 1
        self._slots: dict[int, int] = {}
        self.total = no_counts()

    @property
    def width_s(self) -> int:
        """Width of a bucket, seconds."""
        return self._width

    @property
    def starts(self) -> list[int]:
        """Where the buckets with something in them begin, ascending, seconds since the epoch."""
        return [key * self._width for key in sorted(self._slots)]

    def slot(self, time: float) -> int:
        """Where to count what happened at a time."""
        key = int(time // self._width)
        slot = self._slots.get(key)
        if slot is not None:
            return slot
        while len(self._slots) >= SLOTS and key not in self._slots:
            self._widen()
            key = int(time // self._width)
        return self._slots.setdefault(key, len(self._slots))

    def in_order(self, counts: Counts) -> list[int]:
        """The counts of the buckets of `starts`."""
        return [counts[self._slots[key]] for key in sorted(self._slots)]

    def _widen(self) -> None:
        """Doubles the width, until a bucket is free."""
        wider = _numbered(key // 2 for key in self._slots)
        moves = [(slot, wider[key // 2]) for key, slot in self._slots.items()]
        for counts in (self.total, *self._everyone()):
            before = counts[:]
            counts[:] = no_counts()
            for old, new in moves:
                counts[new] += before[old]
        self._slots = wider
        self._width *= 2


def _numbered(keys: Iterable[int]) -> dict[int, int]:
    found: dict[int, int] = {}
    for key in keys:
        found.setdefault(key, len(found))
    return found


def as_pairs(starts: Iterable[int], counts: Iterable[int]) -> Mapping[int, int]:
    """Counts by the start of their bucket, without zeros."""
    return {start: count for start, count in zip(starts, counts, strict=True) if count}
