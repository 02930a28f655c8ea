"""A mapping that keeps what was used last, up to a number of entries."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Recent(Generic[K, V]):
    """The `size` entries that were read or written last; with size 0 it keeps nothing."""

    def __init__(self, size: int) -> None:
        if size < 0:
            raise ValueError(f"expected a size from 0, got {size}")
        self._size = size
        self._entries: OrderedDict[K, V] = OrderedDict()

    def __len__(self) -> int:
        return len(self._entries)

    def get(self, key: K) -> V | None:
        """The entry, which is then the last used; None where there is none."""
        if key not in self._entries:
            return None
        self._entries.move_to_end(key)
        return self._entries[key]

    def put(self, key: K, value: V) -> None:
        """Writes an entry; the one used least recently goes where there is no room."""
        self._entries[key] = value
        self._entries.move_to_end(key)
        while len(self._entries) > self._size:
            self._entries.popitem(last=False)

    def drop_where(self, condition: Callable[[V], bool]) -> None:
        """Forgets the entries that meet a condition."""
        for key in [key for key, value in self._entries.items() if condition(value)]:
            del self._entries[key]

    def clear(self) -> None:
        """Forgets everything."""
        self._entries.clear()
