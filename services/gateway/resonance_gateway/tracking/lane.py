"""The way of one partition and one stream to the broker: one batch in flight, in order, until it is stored.

While a batch is in flight, events gather in the next one, so batches grow with load. A batch that the broker did not
take is sent again, the same bytes under the same id: a reader that got it twice sees the same events.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Final, Protocol

from resonance_contracts.topics import ACTIVITY_OBSERVED
from resonance_gateway.tracking.activity import Activity, Stream
from resonance_gateway.tracking.batching import MAX_EVENTS, columns
from resonance_gateway.tracking.receipts import Receipt
from resonance_gateway.tracking.traces import received
from resonance_runtime.errors import Reject, Unavailable
from resonance_runtime.records import Outgoing
from resonance_runtime.retry import delays

# Of what has waited while a batch was in flight, this many batches go in one request.
_MOST_AT_ONCE: Final = 16

log = logging.getLogger(__name__)

Spawn = Callable[[str, Coroutine[Any, Any, None]], asyncio.Task[None]]


class Sender(Protocol):
    """The part of the runtime's publisher that the tracker needs."""

    async def send_together(self, outgoing: Sequence[Outgoing]) -> int:
        """Returns how many of the records, from the first, were stored by all in-sync replicas; at least one.

        Raises:
            Unavailable: All may be sent again: none was stored without those before it.
            Reject: The first, or one of several, can never be stored.
        """


class Observer(Protocol):
    """Who wants to know how batches fare."""

    def stored(self, events: Sequence[Activity]) -> None:
        """The events of a batch were stored."""

    def refused(self, events: int, reason: str) -> None:
        """A batch can never be stored; its events are lost."""

    def failed(self, reason: str) -> None:
        """The broker did not take a batch; it is tried again."""


@dataclass(slots=True)
class _Load:
    """Events on their way into one batch, and the newest number of each connection that wants to know."""

    events: list[Activity] = field(default_factory=list)
    marks: dict[Receipt, int] = field(default_factory=dict)
    watermark_us: int = 0


class Lane:
    """Sends the events of one partition and stream.

    Args:
        origin: Name of this running gateway.
        partition: Partition they go to.
        stream: Stream they belong to.
        sender: Takes the records.
        next_id: Gives the id of the next batch, unique over gateways and restarts.
        watermark: Watermark of the stream now.
        observer: Told what became of batches.
        spawn: Starts the task that sends.
    """

    def __init__(
        self,
        origin: str,
        partition: int,
        stream: Stream,
        sender: Sender,
        next_id: Callable[[], str],
        watermark: Callable[[], int],
        observer: Observer,
        spawn: Spawn,
    ) -> None:
        self._origin = origin
        self._partition = partition
        self.stream = stream
        self.is_replay = stream.is_replay
        self._sender = sender
        self._next_id = next_id
        self._watermark = watermark
        self._observer = observer
        self._spawn = spawn
        self._open = _Load()
        self._sealed: deque[_Load] = deque()
        self._sending = False
        self._listed = False
        self._told_us = 0

    @property
    def idle(self) -> bool:
        """Whether nothing waits and nothing is in flight."""
        return not self._sending and not self._sealed and not self._open.events

    @property
    def gathering(self) -> bool:
        """Whether events wait for the next batch; where none do, the next `add` says that one does."""
        self._listed = bool(self._open.events)
        return self._listed

    def add(self, event: Activity, receipt: Receipt | None) -> bool:
        """Takes an event; a full batch goes at once. Returns whether it is the first that waits for `flush`."""
        load = self._open
        load.events.append(event)
        if receipt is not None and event.source == receipt.source:
            load.marks[receipt] = event.sequence
        if len(load.events) >= MAX_EVENTS:
            self._seal()
            self._send()
        if self._listed:
            return False
        self._listed = True
        return True

    def flush(self) -> None:
        """Sends what has gathered, unless a batch is in flight: then it gathers on."""
        if self._open.events and not self._sending:
            self._seal()
            self._send()

    def tell_watermark(self, after_us: int = 0) -> None:
        """Sends a batch without events if more than so much time has passed since the last, and none is on its way."""
        if self.idle and self._watermark() - self._told_us > after_us:
            self._seal()
            self._send()

    def _seal(self) -> None:
        # The promise is as of now: whatever comes later is stamped later.
        self._open.watermark_us = self._told_us = max(self._told_us, self._watermark())
        self._sealed.append(self._open)
        self._open = _Load()

    def _send(self) -> None:
        if not self._sending:
            self._sending = True
            self._spawn(f"activity {self.stream.name} {self._partition}", self._send_all())

    async def _send_all(self) -> None:
        try:
            while self._sealed:
                await self._store(list(islice(self._sealed, _MOST_AT_ONCE)))
        finally:
            self._sending = False

    async def _store(self, loads: Sequence[_Load]) -> None:
        """Brings the oldest loads to the broker, however long it takes."""
        outgoing = [self._outgoing(load) for load in loads]
        for delay in delays():
            try:
                count = await self._sender.send_together(outgoing)
            except Unavailable as fault:
                self._observer.failed(str(fault))
                await asyncio.sleep(delay)
            except Reject as reject:
                if len(loads) > 1:
                    loads, outgoing = loads[:1], outgoing[:1]
                    continue
                self._observer.refused(len(loads[0].events), str(reject))
                for receipt in loads[0].marks:
                    receipt.lose()
                self._sealed.popleft()
                return
            else:
                return self._stored(loads[:count])

    def _stored(self, loads: Sequence[_Load]) -> None:
        for load in loads:
            self._sealed.popleft()
            self._observer.stored(load.events)
            for receipt, sequence in load.marks.items():
                receipt.store(sequence)

    def _outgoing(self, load: _Load) -> Outgoing:
        time_us = load.events[-1].time_us if load.events else load.watermark_us
        id_ = self._next_id()
        return Outgoing(
            ACTIVITY_OBSERVED,
            columns(self._origin, self.stream, load.watermark_us, load.events),
            id_,
            time_us,
            partition=self._partition,
            traceparent=received(load.events, self.stream, self._partition, id_),
        )
