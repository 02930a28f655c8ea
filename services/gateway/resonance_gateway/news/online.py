"""The newest vectors of users in the online store, for who asks about one of them."""

from __future__ import annotations

from resonance_contracts.pb.resonance.v1 import online_pb2
from resonance_gateway.tracking.clock import Clock
from resonance_runtime.online.cleaner import OnlineCleaner
from resonance_runtime.online.kinds import FEATURES
from resonance_runtime.online.reader import OnlineReader


class OnlineVectors:
    """Reads and cleans up; a component of the service. Connects when it is asked first.

    Args:
        url: Redis, where the feature-extractor writes.
        clock: Time at the gateway.
    """

    def __init__(self, url: str, clock: Clock) -> None:
        self._reader = OnlineReader(url, FEATURES)
        self._cleaner = OnlineCleaner(url, FEATURES)
        self._clock = clock

    async def start(self) -> None:
        """Nothing to begin."""

    async def stop(self) -> None:
        """Closes the connections."""
        await self._reader.close()
        await self._cleaner.close()

    async def newest(self, user_key: str) -> online_pb2.OnlineVector | None:
        """The newest vector of a user, None where there is none; raises Unavailable."""
        return await self._reader.newest(user_key)

    async def drop_older(self, age_us: int) -> int:
        """Drops vectors that are older, and returns how many; raises Unavailable."""
        return await self._cleaner.drop_older(self._clock.now_us() - age_us)
