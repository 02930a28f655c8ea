"""Frames that a replay sends again are judged as they were the first time.

A client that lost its connection sends what was not acknowledged under the same numbers. Judged anew, those frames
would use up the limit twice, so that later frames would be refused that were not too many; and the repeat of an event
would differ from the event.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Final

# Frames that a client may have unacknowledged and limited at once; beyond it, the oldest count as passed.
WINDOW: Final = 4096


@dataclass(slots=True)
class _Source:
    highest: int = 0
    limited: OrderedDict[int, float] = field(default_factory=OrderedDict)


class Resends:
    """Remembers, for each source of a replay, how far it was judged and which frames were limited."""

    def __init__(self, capacity: int = 10_000) -> None:
        self._capacity = capacity
        self._sources: OrderedDict[str, _Source] = OrderedDict()

    def recall(self, source: str, sequence: int) -> float | None:
        """What `note` was told of a frame: seconds to wait, 0.0 where it passed; None for a new frame."""
        known = self._sources.get(source)
        if known is None or sequence > known.highest:
            return None
        return known.limited.get(sequence, 0.0)

    def forget(self, user_key: str) -> None:
        """Forgets the sources of a user."""
        for source in [source for source in self._sources if f"/{user_key}/" in source]:
            del self._sources[source]

    def note(self, source: str, sequence: int, wait_s: float) -> None:
        """A new frame was judged; the source that was used longest ago is forgotten when there are too many."""
        known = self._sources.setdefault(source, _Source())
        self._sources.move_to_end(source)
        known.highest = sequence
        if wait_s > 0:
            known.limited[sequence] = wait_s
            if len(known.limited) > WINDOW:
                known.limited.popitem(last=False)
        if len(self._sources) > self._capacity:
            self._sources.popitem(last=False)
