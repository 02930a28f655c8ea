"""Which events came already."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

MOST: Final = 10_000

Key = tuple[str, ...]


class Seen:
    """Remembers the last keys, bounded.

    Args:
        keys: What is known already, oldest first.
        most: How many are remembered.
    """

    def __init__(self, keys: Iterable[Key] = (), most: int = MOST) -> None:
        self._keys = dict.fromkeys(keys)
        self._most = most

    def __contains__(self, key: Key) -> bool:
        return key in self._keys

    def __len__(self) -> int:
        return len(self._keys)

    def add(self, key: Key) -> None:
        """Remember one; the oldest is forgotten where there are too many."""
        self._keys[key] = None
        if len(self._keys) > self._most:
            del self._keys[next(iter(self._keys))]

    def newest(self, count: int) -> list[Key]:
        """The newest, oldest first."""
        return list(self._keys)[-count:]
