"""The newest value of each key that waits to be written, bounded."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from itertools import islice

from resonance_runtime.online.versions import is_newer, is_tombstone


class Waiting:
    """Keys in the order they began to wait; a key that gets a newer value keeps its place.

    Keys and values are strings and bytes alone: a hundred thousand of anything else would hold up the process for 50 ms
    in each full collection of garbage.

    Args:
        most: Keys at most; beyond, the one that waits longest is dropped.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._dropped = 0
        self._values: OrderedDict[str, bytes] = OrderedDict()

    def __len__(self) -> int:
        return len(self._values)

    def put(self, key: str, value: bytes) -> None:
        """Keeps a value, unless a newer one of its key waits already; a tombstone always."""
        known = self._values.get(key)
        if known is not None and is_newer(known, value) and not is_tombstone(value):
            return
        self._values[key] = value
        if len(self._values) > self._most:
            self._values.popitem(last=False)
            self._dropped += 1

    def first(self, count: int) -> Sequence[tuple[str, bytes]]:
        """Those that wait longest, at most so many."""
        return list(islice(self._values.items(), count))

    def written(self, values: Sequence[tuple[str, bytes]]) -> None:
        """Forgets values that are written; a newer one that came meanwhile goes on waiting."""
        for key, value in values:
            if self._values.get(key) is value:
                del self._values[key]

    def take_dropped(self) -> int:
        """Values dropped since this was asked last."""
        dropped, self._dropped = self._dropped, 0
        return dropped
