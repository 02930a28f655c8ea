"""Records of one partition that were fetched, and wait for the batch before them to end. Pure."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from typing import Final

from resonance_runtime.records import RawRecord

MOST_BYTES: Final = 1_000_000


class Inbox:
    """Records in their order; whoever puts some in asks first whether it is full.

    The Kafka client asks a broker for nothing more while anything of any partition lies fetched with it: what is
    taken from it at once lets the other partitions of that broker go on while one of them is in work.

    Args:
        most: How many records make a batch, and the inbox full.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._records: deque[RawRecord] = deque()
        self._bytes = 0

    @property
    def full(self) -> bool:
        """Whether no more should be put in now."""
        return len(self._records) >= self._most or self._bytes >= MOST_BYTES

    def put(self, records: Iterable[RawRecord]) -> None:
        """Adds records behind those that wait."""
        for record in records:
            self._records.append(record)
            self._bytes += len(record.value or b"")

    def take(self) -> list[RawRecord]:
        """The next batch: the oldest records, as many as make one; none where none wait."""
        taken = [self._records.popleft() for _ in range(min(self._most, len(self._records)))]
        self._bytes -= sum(len(record.value or b"") for record in taken)
        return taken

    def clear(self) -> None:
        """Lets go of all that waits."""
        self._records.clear()
        self._bytes = 0
