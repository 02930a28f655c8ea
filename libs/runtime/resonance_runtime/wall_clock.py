"""How far a clock is from the broker's, by when the broker stored a record; and a clock that all services share.

Machines differ. What one service writes for another to compare with its own now, as a deadline, goes by the broker's
clock: everybody knows that one, from what the broker says of their reports.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

from resonance_runtime.publisher import Publisher
from resonance_runtime.records import Outgoing

BEARABLE_US: Final = 2_000_000
"""A clock that is further off is wrong: events of gateways that are so far apart do not fit together."""
_MS: Final = 1000
_SECOND: Final = 1_000_000


def now_us() -> int:
    """This machine's clock, microseconds since the epoch."""
    return time.time_ns() // 1000


class SharedClock:
    """The broker's clock, as far as it is known here: this machine's until then. It does not jump with the machine's.

    Args:
        wall_us: The machine's clock, microseconds since the epoch.
        monotonic_us: Microseconds, ascending.
    """

    def __init__(
        self, wall_us: Callable[[], int] = now_us, monotonic_us: Callable[[], int] = lambda: time.monotonic_ns() // 1000
    ) -> None:
        self._wall_us, self._monotonic_us = wall_us, monotonic_us
        self._offset_us = wall_us() - monotonic_us()
        self._ahead_us = 0

    def learn(self, ahead_us: int) -> None:
        """Takes in how far the machine's clock is ahead of the broker's now."""
        self._offset_us = self._wall_us() - ahead_us - self._monotonic_us()
        self._ahead_us = ahead_us

    @property
    def doubtful(self) -> bool:
        """Whether the machine's clock was set since: after it was suspended, the broker's may be another as well."""
        return abs(self._wall_us() - self.now_us() - self._ahead_us) > BEARABLE_US

    def now_us(self) -> int:
        """Now by the broker, microseconds since the epoch."""
        return self._monotonic_us() + self._offset_us

    def left_s(self, deadline_ms: int) -> float:
        """Time until a deadline, seconds; the deadline in milliseconds since the epoch."""
        return (deadline_ms * _MS - self.now_us()) / _SECOND


async def ahead_us(publisher: Publisher, outgoing: Outgoing, clock: Callable[[], int] = now_us) -> int | None:
    """Sends a record; how far the clock is at least ahead of the broker's, microseconds.

    Args:
        publisher: Sends it.
        outgoing: On a topic whose times are the broker's.
        clock: Microseconds since the epoch.

    Returns:
        Negative where it is behind; 0 where it may be right; None where the topic has no times of the broker.

    Raises:
        Unavailable: The broker did not take the record.
    """
    sent = clock()
    stored_ms = await publisher.send_timed(outgoing)
    return None if stored_ms is None else between(sent, stored_ms, clock())


def between(sent_us: int, stored_ms: int, answered_us: int) -> int:
    """The same, from the times at which a record was sent, stored and answered."""
    earliest, latest = stored_ms * _MS, (stored_ms + 1) * _MS
    return max(0, sent_us - latest) or min(0, answered_us - earliest)


SHARED: Final = SharedClock()
"""A process has one machine, and one broker."""


def wrong(ahead: int) -> str | None:
    """A sentence where a clock that is so far ahead is wrong."""
    if abs(ahead) <= BEARABLE_US:
        return None
    way = "ahead of" if ahead > 0 else "behind"
    return f"The clock here is {abs(ahead) / _SECOND:,.0f} s {way} the broker's. Set the one that is wrong."
