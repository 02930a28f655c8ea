"""Brings events to the tracker, and tells when all of them are stored."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Final

from resonance_gateway.tracking.activity import Activity, Stream
from resonance_gateway.tracking.receipts import Receipt
from resonance_gateway.tracking.tracker import Tracker
from resonance_runtime.errors import Reject

# Of no source: an event that comes with it may wait, and nobody is told when it is stored.
_WAITS: Final = Receipt("", lambda: None)


class Storing:
    """Events on their way.

    Attributes:
        done: Its result is there once all in-sync replicas have all events; it fails with Reject where the broker will
            never take them.
    """

    def __init__(self, users: int) -> None:
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        # Whether somebody waits or not, a failure is told to whoever asks next.
        self.done.add_done_callback(lambda done: done.exception())
        self._users = users
        if not users:
            self.done.set_result(None)

    def stored(self) -> None:
        """The last event of one user is stored, and with it those before."""
        self._users -= 1
        if not self._users and not self.done.done():
            self.done.set_result(None)

    def lost(self) -> None:
        """An event can never be stored."""
        if not self.done.done():
            self.done.set_exception(Reject("the broker will not take a record made from it; its log says why"))


class _Last(Receipt):
    """Of the last event of a user."""

    __slots__ = ("_storing",)

    def __init__(self, source: str, storing: Storing) -> None:
        super().__init__(source, storing.stored)
        self._storing = storing

    def lose(self) -> None:
        self._storing.lost()


class Intake:
    """Stores lists of events, each from one writer, while it is open."""

    def __init__(self, tracker: Tracker) -> None:
        self._tracker = tracker
        self._open = False

    def open(self) -> None:
        """The tracker has begun: events may come."""
        self._open = True

    def close(self) -> None:
        """The gateway stops: no more events."""
        self._open = False

    @property
    def closed(self) -> str | None:
        """Why no events may come now, in a sentence; None where they may."""
        if not self._open:
            return "This gateway is starting or stopping."
        return "As many events wait for the broker as may." if self._tracker.full else None

    async def room(self) -> None:
        """Returns when events may come again."""
        await self._tracker.room()

    def joined(self, stream: Stream) -> None:
        """A request of a stream begins."""
        self._tracker.joined(stream)

    def left(self, stream: Stream) -> None:
        """A request of a stream ends."""
        self._tracker.left(stream)

    def store(self, stream: Stream, events: Sequence[Activity]) -> Storing:
        """Takes all events, in their order.

        Those of one user go one way, in order: when the last of them is stored, so are those before it.
        """
        last = {event.user_key: event for event in events}
        storing = Storing(len(last))
        for event in events:
            newest = last[event.user_key] is event
            self._tracker.offer(stream, event, _Last(event.source, storing) if newest else _WAITS)
        return storing
