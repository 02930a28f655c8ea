"""Offsets of a backup as those of the topics that it is restored to, whose records begin at 0 and have no gaps."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, field


@dataclass(slots=True)
class Translation:
    """One partition.

    Attributes:
        count: How many of its records were taken in.
    """

    count: int = 0
    _begins: list[int] = field(default_factory=list)
    _targets: list[int] = field(default_factory=list)
    _next: int = -1

    def take(self, offset: int) -> None:
        """Take in the next record, by its offset in the backup."""
        if offset != self._next:
            self._begins.append(offset)
            self._targets.append(self.count)
        self._next, self.count = offset + 1, self.count + 1

    def of(self, offset: int) -> int:
        """Where the first record at or after an offset is now; after the last one where there is none."""
        if offset >= self._next:
            return self.count
        at = bisect_left(self._begins, offset + 1) - 1
        if at < 0:
            return 0
        end = self._targets[at + 1] if at + 1 < len(self._targets) else self.count
        return min(self._targets[at] + offset - self._begins[at], end)
