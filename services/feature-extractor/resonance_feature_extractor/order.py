"""In which order the records of a partition are taken: each once, none before the one that precedes it. Pure.

What was fetched before a rebalance may arrive after it. A partition that was given up unfinished begins again further
back, so such a record comes too early: it is passed over, and the records that are missing are fetched again.
"""

from __future__ import annotations

from enum import Enum, auto
from typing import Final

# While what is missing is on its way, records that were fetched before still come.
PATIENCE_S: Final = 1.0
# What was asked for this often is not on the log any more: it was deleted, or there was never a record.
MOST_ASKED: Final = 3


class Verdict(Enum):
    """What to do with a record."""

    TAKE = auto()
    REPEATED = auto()
    EARLY = auto()
    ASK = auto()


class Order:
    """Judges the offsets of one partition.

    Args:
        begin: First offset to take.

    Attributes:
        next: Offset of the next record to take.
    """

    def __init__(self, begin: int) -> None:
        self.next = begin
        self._asked = 0
        self._patient_until_s = 0.0

    def judge(self, offset: int, now_s: float) -> Verdict:
        """What to do with the record of an offset.

        Args:
            offset: Where it lies.
            now_s: Seconds on a clock that never goes back.

        Returns:
            TAKE once for each record, in order. REPEATED for one that was taken. EARLY for one that is to be passed
            over because others are missing before it, ASK where those should be fetched again, from `next` on.
        """
        if offset < self.next:
            return Verdict.REPEATED
        if offset > self.next:
            if now_s < self._patient_until_s:
                return Verdict.EARLY
            if self._asked < MOST_ASKED:
                self._asked += 1
                self._patient_until_s = now_s + PATIENCE_S
                return Verdict.ASK
        self.next = offset + 1
        self._asked, self._patient_until_s = 0, 0.0
        return Verdict.TAKE
