"""Words that replicas share through Redis, with those of this process before it."""

from __future__ import annotations

import logging
from collections.abc import Awaitable
from typing import Any, Final, cast

from redis.asyncio import Redis
from redis.exceptions import RedisError

from resonance_llm_orchestrator.caching.local import LocalCache
from resonance_llm_orchestrator.caching.words import Kept
from resonance_runtime.errors import Unavailable

log = logging.getLogger(__name__)

PREFIX: Final = "resonance:llm-words:"
# Which words are about a user, as a set of their keys.
OF_USER: Final = "resonance:llm-words-of:"


class SharedCache:
    """See `Cache`. While Redis does not answer, words are found and kept in this process alone."""

    def __init__(self, url: str, entries: int, ttl_s: int) -> None:
        self._redis = Redis.from_url(url, socket_timeout=0.25, socket_connect_timeout=0.25)
        self._ttl_s = ttl_s
        self._local = LocalCache(entries, ttl_s)

    async def find(self, key: str) -> Kept | None:
        """See `Cache.find`."""
        if (kept := await self._local.find(key)) is not None or self._ttl_s == 0:
            return kept
        try:
            found = cast(bytes | None, await self._redis.get(PREFIX + key))
            return None if found is None else Kept.decode(found)
        except (RedisError, ValueError, KeyError, TypeError) as error:
            log.warning("words could not be looked up", extra={"reason": repr(error)})
            return None

    async def keep(self, key: str, kept: Kept, user_key: str, since: int) -> None:
        """See `Cache.keep`."""
        if since != self.moment(user_key) or self._ttl_s == 0:
            return
        await self._local.keep(key, kept, user_key, since)
        try:
            async with self._redis.pipeline(transaction=True) as pipeline:
                if user_key:
                    pipeline.sadd(OF_USER + user_key, key)
                    pipeline.expire(OF_USER + user_key, self._ttl_s)
                pipeline.set(PREFIX + key, kept.encode(), ex=self._ttl_s)
                await pipeline.execute()
        except RedisError as error:
            log.warning("words could not be kept", extra={"reason": repr(error)})
            return
        if since != self.moment(user_key):  # forgotten while they were on their way
            await self.forget(user_key)

    def moment(self, user_key: str) -> int:
        """See `Cache.moment`."""
        return self._local.moment(user_key)

    async def forget(self, user_key: str) -> None:
        """See `Cache.forget`."""
        await self._local.forget(user_key)
        try:
            keys = cast(set[bytes], await cast(Awaitable[Any], self._redis.smembers(OF_USER + user_key)))
            await self._redis.delete(OF_USER + user_key, *(PREFIX + key.decode() for key in keys))
        except RedisError as error:
            raise Unavailable(f"Redis does not answer, so words cannot be forgotten: {error}.") from error

    async def close(self) -> None:
        """See `Cache.close`."""
        await self._redis.aclose()
