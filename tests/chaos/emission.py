"""Which vectors are due after which events, by the plain rules: written anew here, sharing nothing with the engine."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from resonance_contracts.pb.resonance.v1 import activity_pb2 as pb
from tests.chaos.ledger import Batch, Event, UserKey

ACTIVITY_US: Final = 250_000
MESSAGES: Final = 10
# A gateway that is further behind the others than this is not waited for.
PATIENCE_US: Final = 5_000_000


@dataclass(slots=True)
class Life:
    """What one user did in one stream, in the order of the log, repeats left out.

    Attributes:
        events: Everything the user did.
        due: After how many of these events each vector was due.
    """

    events: list[Event] = field(default_factory=list)
    due: list[int] = field(default_factory=list)
    _first_us: int = 0
    _messages: int = 0
    _highest: dict[str, int] = field(default_factory=dict)

    def take(self, event: Event) -> None:
        """Applies an event."""
        if event.sequence <= self._highest.get(event.source, 0):
            return
        self._highest[event.source] = event.sequence
        if self._first_us and event.time_us >= self._first_us + ACTIVITY_US:
            self._emit()
        self.events.append(event)
        if event.kind == pb.ACTIVITY_KIND_DISCONNECT:
            return
        self._first_us = self._first_us or event.time_us
        self._messages += event.kind in (pb.ACTIVITY_KIND_MESSAGE, pb.ACTIVITY_KIND_LIMITED)
        if self._messages == MESSAGES:
            self._emit()

    def reach(self, watermark_us: int) -> None:
        """Time passed."""
        if self._first_us and self._first_us + ACTIVITY_US <= watermark_us:
            self._emit()

    @property
    def open(self) -> bool:
        """Whether a vector will be due without further events."""
        return self._first_us > 0

    def _emit(self) -> None:
        self.due.append(len(self.events))
        self._first_us = self._messages = 0


@dataclass(slots=True)
class Clock:
    """How far the time of one stream is known to have come: as far as every gateway that keeps up says."""

    watermark_us: int = 0
    _told: dict[str, int] = field(default_factory=dict)

    def hear(self, origin: str, watermark_us: int) -> bool:
        """What a gateway says; True where the stream's time moved."""
        self._told[origin] = max(watermark_us, self._told.get(origin, 0))
        newest = max(self._told.values())
        least = min(us for us in self._told.values() if us >= newest - PATIENCE_US)
        before, self.watermark_us = self.watermark_us, max(self.watermark_us, least)
        return self.watermark_us > before


def lives(batches: Iterable[Batch]) -> dict[UserKey, Life]:
    """What every user of one partition did, and when vectors were due."""
    known: dict[UserKey, Life] = defaultdict(Life)
    clocks: dict[str, Clock] = defaultdict(Clock)
    opened: dict[str, set[UserKey]] = defaultdict(set)
    for batch in batches:
        waiting = opened[batch.stream]
        for event in batch.events:
            key = (batch.stream, event.user)
            known[key].take(event)
            waiting.add(key)
        clock = clocks[batch.stream]
        if clock.hear(batch.origin, batch.watermark_us):
            for key in list(waiting):
                known[key].reach(clock.watermark_us)
                if not known[key].open:
                    waiting.discard(key)
    return known
