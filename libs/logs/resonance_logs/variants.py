"""Which of the places where messages of a cluster differ hold parameters, and which hold words of different messages.

`VM Paused` and `VM Stopped` are two messages, `Invalid user anna` and `Invalid user boris` are one. By form and by
count: a place is a parameter when something that is no word stands there, when more than `MOST_WORDS` words do, or,
once everything was read, when most of its words came once. Else each word is a template of its own.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Final, Generic, Protocol, TypeVar

MOST_WORDS: Final = 4
MOST_TEMPLATES: Final = 16
"""Of one cluster."""
MOST_ONCE: Final = 0.5
"""Share of a place's words that came once, above which they are no words."""
PARAMETER: Final = "<*>"
_WORD: Final = re.compile(r"[^\w<>]*[A-Za-z][A-Za-z_'-]*[^\w<>]*\Z")

Key = tuple[str, ...]


class Counted(Protocol):
    """What is kept of a template."""

    @property
    def seen(self) -> int:
        """Entries of it."""


T = TypeVar("T", bound="Counted")


class Variants(Generic[T]):
    """Templates of one cluster, by their tokens.

    Args:
        merge: Called with a template and with another that turned out to be the same: the first one stays.
    """

    def __init__(self, merge: Callable[[T, T], None]) -> None:
        self._merge = merge
        self._parameters: set[int] = set()
        self._templates: dict[Key, T] = {}

    def __iter__(self) -> Iterator[tuple[Key, T]]:
        return iter(self._templates.items())

    def find(self, tokens: Key) -> T | None:
        """The template of a message, if it is known."""
        return self._templates.get(self._key(tokens))

    def add(self, tokens: Key, template: T) -> T:
        """A template for a message that has none yet, or the one that it turns out to be."""
        self._templates[self._key(tokens)] = template
        self._settle(last=False)
        return self._templates[self._key(tokens)]

    def finish(self) -> None:
        """Decides by how often words came, too."""
        self._settle(last=True)

    def _key(self, tokens: Key) -> Key:
        if not self._parameters:
            return tokens
        return tuple(PARAMETER if place in self._parameters else token for place, token in enumerate(tokens))

    def _settle(self, last: bool) -> None:
        while len(self._templates) > 1 and (found := self._more_parameters(last)):
            self._parameters |= found
            merged: dict[Key, T] = {}
            for tokens, template in self._templates.items():
                key = self._key(tokens)
                if key in merged:
                    self._merge(merged[key], template)
                else:
                    merged[key] = template
            self._templates = merged

    def _more_parameters(self, last: bool) -> set[int]:
        found: set[int] = set()
        most, where = 1, None
        for place, column in enumerate(zip(*self._templates, strict=True)):
            words = set(column)
            if len(words) == 1 or place in self._parameters:
                continue
            if len(words) > MOST_WORDS or not all(map(_WORD.match, words)) or (last and self._seldom(column)):
                found.add(place)
            elif len(words) > most:
                most, where = len(words), place
        if not found and len(self._templates) > MOST_TEMPLATES and where is not None:
            return {where}
        return found

    def _seldom(self, column: Key) -> bool:
        counts: Counter[str] = Counter()
        for word, template in zip(column, self._templates.values(), strict=True):
            counts[word] += template.seen
        return sum(count == 1 for count in counts.values()) > MOST_ONCE * len(counts)
