"""Reads the newest value of a user."""

from __future__ import annotations

from typing import Generic, TypeVar, cast

from google.protobuf.message import Message
from redis.asyncio import Redis
from redis.exceptions import RedisError

from resonance_runtime.errors import Unavailable
from resonance_runtime.online.kinds import Kind
from resonance_runtime.online.versions import is_tombstone
from resonance_runtime.online.writer import TIMEOUT_S

M = TypeVar("M", bound=Message)


class OnlineReader(Generic[M]):
    """Reads one kind: `OnlineReader(url, FEATURES)` gives vectors, with PREDICTIONS it gives predictions."""

    def __init__(self, url: str, kind: Kind[M]) -> None:
        self._kind = kind
        self._redis = Redis.from_url(url, socket_timeout=TIMEOUT_S, socket_connect_timeout=TIMEOUT_S)

    async def newest(self, user_key: str) -> M | None:
        """The newest value of a user, or None: never seen, quiet for longer than the time to live, evicted, or erased.

        Raises:
            Unavailable: Redis does not answer.
        """
        try:
            found = cast(bytes | None, await self._redis.get(self._kind.key(user_key)))
        except RedisError as error:
            raise Unavailable(f"Redis does not answer: {error}.") from error
        return None if found is None or is_tombstone(found) else self._kind.message.FromString(found)

    async def close(self) -> None:
        """Closes the connections."""
        await self._redis.aclose()
