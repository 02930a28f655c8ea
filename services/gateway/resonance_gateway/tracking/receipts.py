"""How a client learns what is stored."""

from __future__ import annotations

from collections.abc import Callable


class Receipt:
    """The newest stored frame of one connection.

    All events of a connection take one way, in order and one batch at a time, so the newest stored one stands
    for all before it. `changed` is called when it moves; the shell then sends one ack, however many moved it.
    """

    __slots__ = ("_changed", "source", "stored")

    def __init__(self, source: str, changed: Callable[[], None]) -> None:
        self.source = source
        self.stored = 0
        self._changed = changed

    def store(self, sequence: int) -> None:
        """Every event of the connection up to this one is stored."""
        if sequence > self.stored:
            self.stored = sequence
            self._changed()

    def lose(self) -> None:
        """Some of its events can never be stored; a connection is not told, it lasts longer than they do."""
