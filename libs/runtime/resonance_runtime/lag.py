"""How far a member of a group is behind on the partitions that it has: as it works, and as the broker says.

What a member fetched last does not say what came since, where a batch holds it up: so the broker is asked as well.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable
from typing import Final, Protocol

from resonance_runtime import metrics

log = logging.getLogger(__name__)

LOOK_S: Final = 2.0


class Place(Protocol):
    """A partition of a topic, as either client of Kafka has it."""

    @property
    def topic(self) -> str:
        """Name of the topic."""

    @property
    def partition(self) -> int:
        """Its number."""


Ends = Callable[[], Awaitable[Iterable[tuple[Place, int | None]]]]
"""Asks the broker for the end of every partition that the member has."""


class LagGauge:
    """The lag of one group's member, by partition; one that it gives up is told of no more."""

    def __init__(self, group: str) -> None:
        self._group = group
        self._next: dict[tuple[str, int], int] = {}

    def at(self, place: Place, offset: int | None) -> None:
        """The partition is ours, and this is the next offset to be handled; None where nobody knows yet."""
        if offset is not None:
            self._next[place.topic, place.partition] = offset

    def end(self, place: Place, end: int | None) -> None:
        """The offset that the next record of the partition will have; None where nobody knows."""
        at = self._next.get((place.topic, place.partition))
        if end is not None and at is not None:
            metrics.CONSUMER_LAG.labels(place.topic, self._group, str(place.partition)).set(max(0, end - at))

    def forget(self, place: Place) -> None:
        """The partition is another's."""
        if self._next.pop((place.topic, place.partition), None) is not None:
            metrics.CONSUMER_LAG.remove(place.topic, self._group, str(place.partition))

    async def keep_looking(self, ends: Ends) -> None:
        """Asks the broker again and again; while it does not answer, what was known stands."""
        while True:
            await asyncio.sleep(LOOK_S)
            try:
                for place, end in await ends():
                    self.end(place, end)
            except Exception as error:  # a client that is stopping, or lost a partition, says so in many ways
                log.debug("lag is not known", extra={"group": self._group, "reason": repr(error)})
