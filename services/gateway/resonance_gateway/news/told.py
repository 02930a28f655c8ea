"""What readers were told of late, in order, so that one who comes back goes on where it was.

Positions are of one gateway: on another, or after a restart, nothing is known of them, and what is remembered is told
again. They say nothing about time.
"""

from __future__ import annotations

import secrets
from collections import deque
from collections.abc import Collection, Iterator
from heapq import merge
from typing import Final

from google.protobuf.message import Message

MOST_TOLD: Final = 4000
"""Of each kind of news."""


class Told:
    """The newest news of each kind, numbered 1, 2, 3 … over all kinds.

    Args:
        capacity: News of each kind that are kept.
    """

    def __init__(self, capacity: int = MOST_TOLD) -> None:
        self._capacity = capacity
        self._epoch = secrets.token_hex(4)
        self._number = 0
        self._kept: dict[str, deque[tuple[int, Message]]] = {}
        # Number of the newest news of each kind that is not kept any more.
        self._lost: dict[str, int] = {}

    @property
    def position(self) -> str:
        """Where whoever was told everything is."""
        return f"{self._epoch}.{self._number}"

    def put(self, kind: str, message: Message) -> None:
        """Adds what is told now."""
        self._number += 1
        kept = self._kept.setdefault(kind, deque())
        kept.append((self._number, message))
        if len(kept) > self._capacity:
            self._lost[kind] = kept.popleft()[0]

    def after(self, position: str, kinds: Collection[str]) -> Iterator[tuple[str, Message]] | None:
        """News of some kinds behind a position, each with its own; None where some of them are not known."""
        epoch, _, digits = position.partition(".")
        if epoch != self._epoch or not digits.isdecimal() or len(digits) > 18:
            return None
        number = int(digits)
        if number > self._number or any(self._lost.get(kind, 0) > number for kind in kinds):
            return None
        found = [[one for one in self._kept.get(kind, ()) if one[0] > number] for kind in kinds]
        return ((f"{epoch}.{one}", message) for one, message in merge(*found, key=lambda item: item[0]))

    def forget(self, user_key: str) -> None:
        """Forgets what was told of a person."""
        for kind, kept in self._kept.items():
            self._kept[kind] = deque(one for one in kept if _of(one[1]) != user_key)


def _of(message: Message) -> str:
    alert = getattr(message, "alert", None)
    return str(getattr(message, "user_key", "") or getattr(alert, "user_key", ""))
