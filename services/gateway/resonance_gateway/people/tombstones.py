"""What compacted topics keep of a person: limits of their own, until a record without a value takes their place."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from resonance_contracts.topics import LIMITS_ADJUSTED
from resonance_gateway.limits.adjustments import Place, Scope, Source


class Buries(Protocol):
    """The part of the runtime's publisher that is needed here."""

    async def send_raw(
        self, topic: str, key: bytes | None, value: bytes | None, headers: Sequence[tuple[str, bytes]]
    ) -> None:
        """Returns once the bytes are stored; raises Unavailable or Reject."""


class Tombstones:
    """Removes the limits of users from their topic; gateways forget them when they read of the erasure."""

    def __init__(self, publisher: Buries) -> None:
        self._publisher = publisher

    async def bury(self, user_keys: Sequence[str]) -> None:
        """Removes those of all sources; raises Unavailable."""
        for user_key in user_keys:
            for source in Source:
                place = Place(Scope.USER, user_key, source)
                await self._publisher.send_raw(LIMITS_ADJUSTED.name, place.record_key, None, [])
