"""Which channels a right opens: names and prefixes, looked up in time that does not grow with their number.

A pattern is the name of a channel, or a beginning followed by `*`: `chat.*` opens every channel whose name begins with
`chat.`, whatever follows, dots too; it does not open `chat`. `*` opens every channel. A `*` elsewhere is refused, so
there is nothing to backtrack over.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

# Channels that a token without a `channels` claim does not open.
RESERVED_PREFIX: Final = "admin."

_WILDCARD: Final = "*"
# Most callers of one issuer have the same rights: they share one object.
_SHARED: Final = 256


@dataclass(frozen=True, slots=True)
class Grant:
    """Channels that are open.

    Attributes:
        names: Channels by their names.
        prefixes: Beginnings of names, sorted, none of which begins with another.
        closed: Where set, every channel is open but those whose names begin so; the other two are not looked at.
    """

    names: frozenset[str] = frozenset()
    prefixes: tuple[str, ...] = ()
    closed: str | None = None

    def opens(self, channel: str) -> bool:
        """Whether a channel is open."""
        if self.closed is not None:
            return not channel.startswith(self.closed)
        if channel in self.names:
            return True
        # Whatever lies between a prefix and a name that begins with it begins with that prefix too. None of the
        # prefixes does, so only the last one before the name can be its beginning.
        after = bisect_right(self.prefixes, channel)
        return after > 0 and channel.startswith(self.prefixes[after - 1])


EVERY: Final = Grant(prefixes=("",))
UNRESERVED: Final = Grant(closed=RESERVED_PREFIX)


def grant(patterns: Iterable[str]) -> Grant:
    """What patterns open together.

    Raises:
        ValueError: A pattern is empty, or has a `*` before its end; the text is a sentence without its full stop.
    """
    return _grant(frozenset(patterns))


@lru_cache(_SHARED)
def _grant(patterns: frozenset[str]) -> Grant:
    names: set[str] = set()
    prefixes: list[str] = []
    for pattern in sorted(patterns):
        if not pattern or _WILDCARD in pattern[:-1]:
            raise ValueError("a pattern is the name of a channel, or a beginning followed by one `*` at its end")
        if not pattern.endswith(_WILDCARD):
            names.add(pattern)
        else:
            prefixes.append(pattern[:-1])
    return Grant(frozenset(names), _without_longer(prefixes))


def _without_longer(prefixes: list[str]) -> tuple[str, ...]:
    """The prefixes, sorted, without those that begin with another."""
    kept: list[str] = []
    for prefix in sorted(prefixes):
        if not kept or not prefix.startswith(kept[-1]):
            kept.append(prefix)
    return tuple(kept)
