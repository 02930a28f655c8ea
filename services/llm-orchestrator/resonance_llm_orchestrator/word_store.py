"""Where words are kept that would not come out the same a second time."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Mapping
from typing import Any, Final, Protocol, cast

from redis.asyncio import Redis
from redis.exceptions import RedisError

from resonance_contracts.pb.resonance.v1 import alert_pb2
from resonance_runtime.errors import Unavailable

# As long as explanations are kept on their topic: a record that can be read again finds its words.
TTL_S: Final = 7 * 24 * 3600
PREFIX: Final = "resonance:enriched:"
FACTS_PREFIX: Final = "resonance:enriched-facts:"
# Which words are about a user, as a set of their ids.
OF_USER: Final = "resonance:enriched-of:"


class WordStore(Protocol):
    """Keeps the first enriched alert of an id."""

    async def find(self, id_: str) -> alert_pb2.EnrichedAlert | None:
        """What is kept under an id.

        Raises:
            Unavailable: The store does not answer.
        """

    async def keep(
        self, id_: str, alert: alert_pb2.EnrichedAlert, facts: Mapping[str, Any] | None = None
    ) -> alert_pb2.EnrichedAlert:
        """Keeps an alert unless one is kept already; returns the one that is.

        Args:
            id_: Under which it is kept.
            alert: In words.
            facts: That they were made from, as values of JSON, for whoever judges them soon; None where nobody will.

        Raises:
            Unavailable: The store does not answer.
        """

    async def facts(self, id_: str) -> Mapping[str, Any] | None:
        """What an alert's words were made from; None where it was kept too long ago, or not at all.

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
    """Words in Redis; SET with NX decides between two writers, GET tells who won (Redis 6.2 has no NX with GET).

    Args:
        url: Of Redis.
        facts_ttl_s: How long facts are kept, seconds.
    """

    def __init__(self, url: str, facts_ttl_s: float = 600.0) -> None:
        self._redis = Redis.from_url(url, socket_timeout=1.0, socket_connect_timeout=1.0)
        self._facts_ttl_ms = round(facts_ttl_s * 1000)

    async def find(self, id_: str) -> alert_pb2.EnrichedAlert | None:
        """See `WordStore.find`."""
        found = await self._get(PREFIX + id_)
        return None if found is None else alert_pb2.EnrichedAlert.FromString(found)

    async def facts(self, id_: str) -> Mapping[str, Any] | None:
        """See `WordStore.facts`."""
        found = await self._get(FACTS_PREFIX + id_)
        return None if found is None else cast(Mapping[str, Any], json.loads(found))

    async def keep(
        self, id_: str, alert: alert_pb2.EnrichedAlert, facts: Mapping[str, Any] | None = None
    ) -> alert_pb2.EnrichedAlert:
        """See `WordStore.keep`."""
        try:
            async with self._redis.pipeline(transaction=True) as pipeline:
                pipeline.sadd(OF_USER + alert.alert.user_key, id_)
                pipeline.expire(OF_USER + alert.alert.user_key, TTL_S)
                pipeline.set(PREFIX + id_, alert.SerializeToString(deterministic=True), nx=True, ex=TTL_S)
                if facts is not None:
                    pipeline.set(FACTS_PREFIX + id_, json.dumps(facts), nx=True, px=self._facts_ttl_ms)
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
            kept = (prefix + id_.decode() for id_ in ids for prefix in (PREFIX, FACTS_PREFIX))
            await self._redis.delete(OF_USER + user_key, *kept)
        except RedisError as error:
            raise _unavailable(error) from error

    async def close(self) -> None:
        """See `WordStore.close`."""
        await self._redis.aclose()

    async def _get(self, key: str) -> bytes | None:
        try:
            return cast(bytes | None, await self._redis.get(key))  # str only with decode_responses
        except RedisError as error:
            raise _unavailable(error) from error


def _unavailable(error: RedisError) -> Unavailable:
    return Unavailable(f"Redis does not answer, so written alerts cannot be kept: {error}.")
