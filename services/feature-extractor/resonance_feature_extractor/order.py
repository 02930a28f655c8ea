"""In which order the records of a partition are taken: each once, none before the one that precedes it. Pure."""

from __future__ import annotations

from enum import Enum, auto


class Verdict(Enum):
    """What to do with a record."""

    TAKE = auto()
    REPEATED = auto()
    EARLY = auto()


class Order:
    """Judges the offsets of one partition.

    Attributes:
        next: Offset of the next record to take; None where it is the first that comes.
    """

    def __init__(self, begin: int | None) -> None:
        self.next = begin

    def judge(self, offset: int) -> Verdict:
        """What to do with the record of an offset: TAKE it, once; REPEATED if it was; EARLY if others are missing."""
        if self.next is not None and offset != self.next:
            return Verdict.REPEATED if offset < self.next else Verdict.EARLY
        self.next = offset + 1
        return Verdict.TAKE

    def skip_to(self, offset: int) -> None:
        """What lies before this offset is not to be had any more."""
        if self.next is not None and offset > self.next:
            self.next = offset
