"""How a training says how far it is, from the thread it runs in."""

from __future__ import annotations

from typing import Protocol


class Abandoned(Exception):
    """The training is to end at once: nobody waits for it any more."""


class Tell(Protocol):
    """Called now and then by a training."""

    def __call__(self, share: float, message: str, /, *, searching: bool = False) -> None:
        """Takes note.

        Args:
            share: Of the work, done so far, 0 to 1.
            message: What is done now, a sentence.
            searching: Whether parameters are searched; otherwise it is learned with what was found.

        Raises:
            Abandoned: The training is to end.
        """


def silent(share: float, message: str, *, searching: bool = False) -> None:
    """Tells nobody."""


def part(tell: Tell, begin: float, end: float) -> Tell:
    """For a part of the work, which is from `begin` to `end` of the whole."""

    def told(share: float, message: str, *, searching: bool = False) -> None:
        tell(begin + (end - begin) * share, message, searching=searching)

    return told
