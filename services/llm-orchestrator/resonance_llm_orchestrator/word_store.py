"""Where words are kept that would not come out the same a second time."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Any, Final, Protocol, cast

from redis.asyncio import Redis
from redis.exceptions import RedisError

from resonance_contracts.pb.resonance.v1 import alert_pb2
from resonance_runtime.errors import Unavailable

# As long as explanations are kept on their topic: a record that can be read again finds its words.
TTL_S: Final = 7 * 24 * 3600
PREFIX: Final = "resonance:enriched:"
# Which words are about a user, as a set of their ids.
OF_USER: Final = "resonance:enriched-of:"


class WordStore(Protocol):
    """Keeps the first enriched alert of an id."""

    async def find(self, id_: str) -> alert_pb2.EnrichedAlert | None:
        """What is kept under an id.

        Raises:
            Unavailable: The store does not answer.
        """

    async def keep(self, id_: str, alert: alert_pb2.EnrichedAlert) -> alert_pb2.EnrichedAlert:
        """Keeps an alert unless one is kept already; returns the one that is.

        Raises:
            Unavailable: The store does not answer.
        """

    async def forget(self, user_key: str) -> None:
        """Removes everything about a user.

        Raises:
            Unavailable: The store does not answer.
        """

    async def close(self) -> None:
        """Closes the connections."""


class RedisWordStore:
    """Words in Redis; SET with NX decides between two writers, GET tells who won (Redis 6.2 has no NX with GET)."""

    def __init__(self, url: str) -> None:
        self._redis = Redis.from_url(url, socket_timeout=1.0, socket_connect_timeout=1.0)

    async def find(self, id_: str) -> alert_pb2.EnrichedAlert | None:
        """See `WordStore.find`."""
        try:
            found = cast(bytes | None, await self._redis.get(PREFIX + id_))  # str only with decode_responses
        except RedisError as error:
            raise _unavailable(error) from error
        return None if found is None else alert_pb2.EnrichedAlert.FromString(found)

    async def keep(self, id_: str, alert: alert_pb2.EnrichedAlert) -> alert_pb2.EnrichedAlert:
        """See `WordStore.keep`."""
        try:
            async with self._redis.pipeline(transaction=True) as pipeline:
                pipeline.sadd(OF_USER + alert.alert.user_key, id_)
                pipeline.expire(OF_USER + alert.alert.user_key, TTL_S)
                pipeline.set(PREFIX + id_, alert.SerializeToString(deterministic=True), nx=True, ex=TTL_S)
                await pipeline.execute()
        except RedisError as error:
            raise _unavailable(error) from error
        kept = await self.find(id_)
        if kept is None:  # evicted in between: nobody else can have published other words for it
            return alert
        return kept

    async def forget(self, user_key: str) -> None:
        """See `WordStore.forget`."""
        try:
            ids = cast(set[bytes], await cast(Awaitable[Any], self._redis.smembers(OF_USER + user_key)))
            await self._redis.delete(OF_USER + user_key, *(PREFIX + id_.decode() for id_ in ids))
        except RedisError as error:
            raise _unavailable(error) from error

    async def close(self) -> None:
        """See `WordStore.close`."""
        await self._redis.aclose()


def _unavailable(error: RedisError) -> Unavailable:
    return Unavailable(f"Redis does not answer, so written alerts cannot be kept: {error}.")
