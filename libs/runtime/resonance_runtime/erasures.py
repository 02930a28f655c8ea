"""Who was erased, for everyone who holds something about people outside of keyed state.

Whoever keeps what was read of users reads `resonance.users.erased.v1` from its start as well, forgets what it holds of
a user who is erased, and asks `covers` of whatever it reads: the past may be read again for as long as topics keep it,
and in any order with the erasures. Keyed state is told in its own input instead, in order.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

from resonance_contracts.pb.resonance.v1.detection_pb2 import Alert, Anomaly
from resonance_contracts.pb.resonance.v1.people_pb2 import UserErased
from resonance_contracts.topics import USERS_ERASED
from resonance_runtime.records import Record
from resonance_runtime.runtime import Runtime
from resonance_runtime.tables import TopicReader

# Until every gateway has read of an erasure and closed the user's connections, more of the same person may come.
SETTLING_US: Final = 5_000_000

Forget = Callable[[str], None]


def received_us(found: Anomaly | Alert) -> int:
    """When the gateway received what something was found in, microseconds since the epoch.

    Not the event time: a replay's is whatever its record says.
    """
    if found.last_received_us:
        return found.last_received_us
    return found.end_us if isinstance(found, Anomaly) else found.opened_us


class Erasures:
    """When each user was erased last.

    Args:
        forget: Called with the key of each user who is erased: everything that is held of them goes.
    """

    def __init__(self, *forget: Forget) -> None:
        self._forget = list(forget)
        self._erased_us: dict[str, int] = {}

    def also(self, forget: Forget) -> None:
        """One more that holds something."""
        self._forget.append(forget)

    @property
    def any(self) -> bool:
        """Whether anybody was erased."""
        return bool(self._erased_us)

    def covers(self, user_key: str, received_us: int) -> bool:
        """Whether what the gateway received of a user at this time is to be forgotten; microseconds since the epoch."""
        if not self._erased_us:
            return False
        erased_us = self._erased_us.get(user_key)
        return erased_us is not None and received_us <= erased_us + SETTLING_US

    async def handle(self, records: Sequence[Record[UserErased]]) -> None:
        """Takes records of erasures; repeats are harmless."""
        for record in records:
            self.take(record.value)

    def take(self, erased: UserErased) -> None:
        """Takes one erasure, and lets everyone forget the user."""
        self._erased_us[erased.user_key] = max(erased.erased_us, self._erased_us.get(erased.user_key, 0))
        for forget in self._forget:
            forget(erased.user_key)

    def reader(self, runtime: Runtime[Any]) -> TopicReader:
        """The component that reads them, from the start."""
        return TopicReader(runtime, [USERS_ERASED], self.handle, from_start=True, name="erasures")
