"""Who is explained next, of all partitions together: who waited longest; under a flood, the gravest. Pure."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from heapq import heappop, heappush
from itertools import count
from typing import Final, Generic, Protocol, TypeVar

from resonance_contracts.pb.resonance.v1.detection_pb2 import SEVERITY_HIGH, Anomaly
from resonance_runtime.erasures import received_us

Clock = Callable[[], float]

FULL: Final = 64
"""Records of a batch: a fifth of a second's work."""


class Waiting(Protocol):
    """An anomaly that waits, with whatever belongs to it."""

    @property
    def anomaly(self) -> Anomaly:
        """The anomaly."""


W = TypeVar("W", bound=Waiting)


@dataclass(frozen=True, slots=True)
class Patience:
    """When those who wait are part of a flood.

    Attributes:
        full: One partition gave so many at once: there are more behind them.
        waited_s: One of them was received so many seconds ago.
        since_s: When this process began to explain: what waited because nobody was there is no flood, seconds since the
            epoch.
        clock: The same of now.
    """

    full: int = FULL
    waited_s: float = 1.0
    since_s: float = 0.0
    clock: Clock = time.time

    def waited(self, received_us: int) -> bool:
        """Whether it was received too long ago, microseconds since the epoch."""
        return self.clock() - max(received_us / 1e6, self.since_s) > self.waited_s


@dataclass(frozen=True, slots=True)
class Turn(Generic[W]):
    """Some whose turn it is, and whether they are explained in brief."""

    those: Sequence[W]
    brief: bool


class Line(Generic[W]):
    """Those who wait.

    By when an explanation is to be there goes by when its anomaly was received, so the oldest first is the order that
    keeps most of them in time, while all can be. Under a flood they cannot: then all who wait are sorted once, the
    gravest first, and those who come meanwhile wait until all of these had their turn, so that nobody waits for ever.
    """

    def __init__(self, patience: Patience) -> None:
        self._patience = patience
        self._oldest: list[tuple[int, int, bool, W]] = []
        self._grave: deque[W] = deque()
        self._rest: deque[W] = deque()
        self._crowded = 0
        self._number = count()

    def __len__(self) -> int:
        return len(self._oldest) + len(self._grave) + len(self._rest)

    def join(self, batch: Sequence[W]) -> None:
        """A batch of one partition comes."""
        crowded = len(batch) >= self._patience.full
        for one in batch:
            heappush(self._oldest, (received_us(one.anomaly), next(self._number), crowded, one))
        self._crowded += crowded * len(batch)

    def next(self, most: int) -> Turn[W]:
        """Lets up to so many go; none where nobody waits."""
        if not self._grave and not self._rest and self._lost():
            self._sort()
        for some, brief in ((self._grave, False), (self._rest, True)):
            if some:
                return Turn([some.popleft() for _ in range(min(most, len(some)))], brief)
        return Turn([self._pop() for _ in range(min(most, len(self._oldest)))], brief=False)

    def _lost(self) -> bool:
        return bool(self._crowded) and self._patience.waited(self._oldest[0][0])

    def _sort(self) -> None:
        for *_, one in sorted(self._oldest, key=_gravest_first):
            (self._grave if one.anomaly.severity >= SEVERITY_HIGH else self._rest).append(one)
        self._oldest.clear()
        self._crowded = 0

    def _pop(self) -> W:
        _, _, crowded, one = heappop(self._oldest)
        self._crowded -= crowded
        return one


def _gravest_first(entry: tuple[int, int, bool, Waiting]) -> tuple[int, int, int]:
    received, number, _, one = entry
    return -one.anomaly.severity, received, number
