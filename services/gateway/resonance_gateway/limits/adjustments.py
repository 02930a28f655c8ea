"""Limits of single clients, set by operators, actions and models; free of I/O.

Of several for one client, an operator's is in force before an action's, and an action's before a model's. Each ends at
its time, when it is taken back, or when the same source sets another one.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import Final, NamedTuple

from resonance_gateway.limits.limiter import Limits


class Scope(StrEnum):
    """What is limited."""

    USER = "user"
    ADDRESS = "address"


class Source(IntEnum):
    """Who set a limit; a higher one outranks a lower one."""

    MODEL = 1
    ACTION = 2
    OPERATOR = 3

    @property
    def label(self) -> str:
        """Its name for people and keys."""
        return self.name.lower()


class Place(NamedTuple):
    """Whose limit it is and who set it: of two for one place, the later one counts."""

    scope: Scope
    key: str
    source: Source

    @property
    def record_key(self) -> bytes:
        """Key of its records."""
        return f"{self.scope}/{self.key}/{self.source.label}".encode()


@dataclass(frozen=True, slots=True)
class Adjustment:
    """A limit of one client.

    Attributes:
        place: Whose it is and who set it.
        limits: What may be sent; None where the source takes its limit back.
        reason: A sentence for operators.
        adjusted_us: When it was set, microseconds since the epoch.
        expires_us: When it ends; 0 where it does not end by itself.
    """

    place: Place
    limits: Limits | None
    reason: str
    adjusted_us: int
    expires_us: int

    def ended(self, now_us: int) -> bool:
        """Whether it is not in force any more."""
        return self.limits is None or 0 < self.expires_us <= now_us


# Some 50 MB.
MOST: Final = 100_000


class TooMany(Exception):
    """There is no room for one more; operators always have some."""


class Adjustments:
    """Those that have not ended, by client. A pseudonym is that of a user or of an address, so it is enough of a key.

    Args:
        most: Of actions and models, at most.
    """

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._of: dict[str, dict[Source, Adjustment]] = {}
        self._ends: list[tuple[int, str]] = []

    def __len__(self) -> int:
        return len(self._of)

    def take(self, adjustment: Adjustment, now_us: int) -> None:
        """The newest of its place; raises TooMany."""
        key, source = adjustment.place.key, adjustment.place.source
        if adjustment.ended(now_us):
            self._drop(key, source)
            return
        if key not in self._of and len(self._of) >= self._most and source is not Source.OPERATOR:
            raise TooMany
        self._of.setdefault(key, {})[source] = adjustment
        if adjustment.expires_us:
            heapq.heappush(self._ends, (adjustment.expires_us, key))
            if len(self._ends) > 2 * len(Source) * (len(self._of) + 100):
                self._ends = sorted({(a.expires_us, k) for k, of in self._of.items() for a in of.values()})

    def of(self, key: str, now_us: int) -> list[Adjustment]:
        """Those of a client; the first is in force."""
        of = self._of.get(key)
        if of is None:
            return []
        return [of[source] for source in sorted(of, reverse=True) if not of[source].ended(now_us)]

    def forget(self, key: str) -> None:
        """Forgets those of a client."""
        self._of.pop(key, None)

    def expire(self, now_us: int) -> list[str]:
        """Forgets what has ended; returns whose limits that may have changed."""
        changed = []
        while self._ends and self._ends[0][0] <= now_us:
            _, key = heapq.heappop(self._ends)
            for source in [s for s, a in self._of.get(key, {}).items() if a.ended(now_us)]:
                self._drop(key, source)
            changed.append(key)
        return changed

    def _drop(self, key: str, source: Source) -> None:
        of = self._of.get(key)
        if of is not None:
            of.pop(source, None)
            if not of:
                del self._of[key]
