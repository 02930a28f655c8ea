"""Events that wait for the gateway, numbered, and the batch of them that is on its way. Free of I/O.

A batch that was sent stays as it is until the gateway has said what became of it: sent again, it is the same events
under the same numbers, and counts once.
"""

from __future__ import annotations

import re
from collections import deque
from itertools import islice
from typing import Final

from resonance_client.errors import UsageError
from resonance_client.tracking.events import Activity

_NAME: Final = re.compile(r"[A-Za-z0-9._:@-]{1,128}")


class Waiting:
    """A bounded queue of events of one source.

    Args:
        source: Name of the source.
        capacity: How many events may wait.
        most: Largest number of events in a batch.

    Raises:
        UsageError: The name is not 1 to 128 letters, digits or . _ : @ -
    """

    def __init__(self, source: str, capacity: int, most: int) -> None:
        if not _NAME.fullmatch(source):
            raise UsageError(f"A source is named with 1 to 128 letters, digits or . _ : @ - ; not {source[:140]!r}.")
        self._source = source
        self._capacity = capacity
        self._most = self._limit = most
        self._events: deque[tuple[Activity, bytes]] = deque()
        self._sequence = 0
        self._sent = 0

    def __len__(self) -> int:
        return len(self._events)

    @property
    def full(self) -> bool:
        """Whether no more events may wait."""
        return len(self._events) >= self._capacity

    @property
    def plenty(self) -> bool:
        """Whether there is a whole batch."""
        return len(self._events) >= self._most

    def add(self, activity: Activity) -> None:
        """Takes an event and numbers it; raises UsageError where it cannot be written."""
        self._events.append((activity, activity.numbered(self._sequence + 1)))
        self._sequence += 1

    def batch(self) -> bytes:
        """The body to send: the oldest events, or the very batch that was sent last and is not settled."""
        self._sent = self._sent or min(self._limit, len(self._events))
        written = b",".join(text for _, text in islice(self._events, self._sent))
        return b'{"source":"%s","events":[%s]}' % (self._source.encode(), written)

    def settle(self) -> list[Activity]:
        """The gateway has said what became of the batch; its events wait no more."""
        settled = [self._events.popleft()[0] for _ in range(self._sent)]
        self._sent, self._limit = 0, self._most
        return settled

    def halve(self) -> bool:
        """The gateway takes nothing of the batch, as a whole: next time half of it. False where it was one event."""
        if self._sent <= 1:
            return False
        self._limit = self._sent // 2
        self._sent = 0
        return True
