"""Whether this process may still take itself for a member of its group.

A process that stood still for longer than its session, suspended or on a machine that was, has lost its partitions and
not heard of it. Whoever has them now may go by other terms, under which the same record says something else: an alert
raised by nobody's state would never be resolved. So a member that stood still says nothing more until it got its
partitions anew. Its heartbeats come from the same loop as its work, so it sees that by its clock alone.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from resonance_runtime.errors import Conflict


class Membership:
    """The membership of a process in one group.

    Args:
        group: Which.
        session_s: Time without a heartbeat after which the others take its partitions over, less the time between two
            heartbeats, seconds.
        clock: Seconds, ascending.
    """

    def __init__(self, group: str, session_s: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._group = group
        self._session_s = session_s
        self._clock = clock
        self._looked = clock()
        self._stood_s = 0.0

    def look(self) -> None:
        """Look at the clock; to be called far more often than a session is long."""
        now = self._clock()
        self._stood_s = max(self._stood_s, now - self._looked)
        self._looked = now

    def renew(self) -> None:
        """The group gave it its partitions anew."""
        self._looked, self._stood_s = self._clock(), 0.0

    def require(self) -> None:
        """Whether something may be said in the name of the group.

        Raises:
            Conflict: It stood still for so long that its partitions may be another's.
        """
        self.look()
        if self._stood_s > self._session_s:
            raise Conflict(
                f"This process stood still for {self._stood_s:.1f} s, longer than its session in the group "
                f"{self._group}: its partitions may be another's by now."
            )
