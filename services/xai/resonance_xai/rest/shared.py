"""Answers that replicas share, in Redis with a time to live: each under its name, and its name with each method."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final, TypeVar, cast

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from resonance_runtime.errors import Unavailable
from resonance_xai.asked.methods import Method

T = TypeVar("T")

PREFIX: Final = "resonance:xai:"
TIMEOUT_S: Final = 0.5
_AT_ONCE: Final = 500


class SharedAnswers:
    """One Redis; a component of a service.

    Args:
        url: As `RedisSettings.redis_url`.
        ttl_s: How long an answer is kept after it was given, seconds.
    """

    def __init__(self, url: str, ttl_s: int) -> None:
        self._ttl_s = ttl_s
        self._redis = Redis.from_url(
            url, socket_timeout=TIMEOUT_S, socket_connect_timeout=TIMEOUT_S, retry=Retry(NoBackoff(), 0)
        )

    async def start(self) -> None:
        """Whether Redis is there shows when it is asked."""

    async def stop(self) -> None:
        """Closes the connections."""
        await self._redis.aclose()

    async def get(self, name: str) -> bytes | None:
        """What is kept under a name. Raises Unavailable."""
        return cast(bytes | None, await self._call(lambda: self._redis.get(PREFIX + name)))

    async def put(self, name: str, methods: frozenset[Method], data: bytes) -> None:
        """Keeps something under a name, and the name with each of its methods. Raises Unavailable."""

        async def write() -> None:
            pipeline = self._redis.pipeline(transaction=True)
            pipeline.set(PREFIX + name, data, ex=self._ttl_s)
            for method in methods:
                pipeline.sadd(_index(method), name)
                pipeline.expire(_index(method), self._ttl_s)
            await pipeline.execute()

        await self._call(write)

    async def clear(self, method: Method | None) -> None:
        """Forgets everything, or what a method had a part in. Raises Unavailable."""
        await self._call(lambda: self._forget_all() if method is None else self._forget(method))

    async def _forget(self, method: Method) -> None:
        while names := await cast(Awaitable[list[bytes]], self._redis.spop(_index(method), _AT_ONCE)):
            await self._redis.unlink(*(PREFIX.encode() + name for name in names))

    async def _forget_all(self) -> None:
        keys = []
        async for key in self._redis.scan_iter(match=f"{PREFIX}*", count=_AT_ONCE):
            keys.append(key)
            if len(keys) == _AT_ONCE:
                await self._redis.unlink(*keys)
                keys = []
        if keys:
            await self._redis.unlink(*keys)

    async def _call(self, call: Callable[[], Awaitable[T]]) -> T:
        try:
            return await call()
        except (RedisError, OSError) as error:
            raise Unavailable(f"Redis does not answer: {error}.") from error


def _index(method: Method) -> str:
    return f"{PREFIX}of:{method}"
