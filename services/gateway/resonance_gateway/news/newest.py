"""The newest items of a kind, bounded, each id once."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator
from typing import Final, Generic, TypeVar

T = TypeVar("T")

CAPACITY: Final = 1000


class Newest(Generic[T]):
    """Items by id, oldest arrival first; the oldest goes when there are too many."""

    def __init__(self, capacity: int = CAPACITY) -> None:
        self._capacity = capacity
        self._items: OrderedDict[str, T] = OrderedDict()

    def __len__(self) -> int:
        return len(self._items)

    def put(self, key: str, item: T) -> bool:
        """Adds an item unless its id is known; returns whether it was added."""
        if key in self._items:
            return False
        self.replace(key, item)
        return True

    def replace(self, key: str, item: T) -> None:
        """Adds an item; one with the same id keeps its place and takes the new content."""
        self._items[key] = item
        if len(self._items) > self._capacity:
            self._items.popitem(last=False)

    def get(self, key: str) -> T | None:
        """The item of an id."""
        return self._items.get(key)

    def drop(self, key: str) -> None:
        """Drops an item, if it is there."""
        self._items.pop(key, None)

    def drop_of(self, user_key: str, owner: Callable[[T], str]) -> list[str]:
        """Drops the items of a user; returns their ids."""
        dropped = [key for key, item in self._items.items() if owner(item) == user_key]
        for key in dropped:
            del self._items[key]
        return dropped

    def drop_while(self, condition: Callable[[T], bool]) -> list[str]:
        """Drops items from the oldest arrival on while a condition holds; returns their ids."""
        dropped = []
        while self._items:
            key, item = next(iter(self._items.items()))
            if not condition(item):
                break
            dropped.append(key)
            del self._items[key]
        return dropped

    def newest_first(self) -> Iterator[T]:
        """All items, the one that arrived last first."""
        return reversed(self._items.values())
