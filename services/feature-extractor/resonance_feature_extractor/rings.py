"""Counts over sliding windows of whole buckets."""

from __future__ import annotations

import msgspec


class Ring(msgspec.Struct, array_like=True):
    """Counts in the newest buckets of event time.

    Attributes:
        counts: One count per bucket; bucket b lives in place b mod length.
        head: Newest bucket.
    """

    counts: list[int]
    head: int = 0

    @classmethod
    def of(cls, length: int) -> Ring:
        """An empty ring of this many buckets."""
        return cls([0] * length)

    def add(self, bucket: int, amount: int) -> None:
        """Counts into a bucket; one that is older than the ring is dropped."""
        self.advance(bucket)
        if bucket > self.head - len(self.counts):
            self.counts[bucket % len(self.counts)] += amount

    def advance(self, bucket: int) -> None:
        """Moves the window up to this bucket; never back."""
        step = bucket - self.head
        if step <= 0:
            return
        length = len(self.counts)
        if step >= length:
            self.counts = [0] * length
        else:
            for b in range(self.head + 1, bucket + 1):
                self.counts[b % length] = 0
        self.head = bucket

    def total(self) -> int:
        """Count in the whole window."""
        return sum(self.counts)

    def newest(self, buckets: int) -> int:
        """Count in the newest buckets."""
        length = len(self.counts)
        return sum(self.counts[b % length] for b in range(self.head - buckets + 1, self.head + 1))
