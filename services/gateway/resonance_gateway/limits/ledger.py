"""Buckets that replicas share, in Redis: one key a bucket, with the time at which it would be full again.

The clock is that of Redis. Gateways say and hear how far ahead of now a bucket is, never at what time, so their clocks
are nowhere compared.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha1
from math import ceil
from struct import Struct, iter_unpack
from typing import Final, NamedTuple

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import NoScriptError, RedisError

from resonance_gateway.limits.limiter import SECOND_US, Limits
from resonance_runtime.errors import Unavailable

# KEYS: buckets. ARGV[1]: of each three integers of 8 bytes, in microseconds: how far ahead its gateway has it, what was
# spent of that and not told yet, and how far ahead it may be at most. Returns how far ahead each is now, 8 bytes each.
# What was spent counts from where the bucket was, or from when it was spent, whichever is later.
SPEND: Final = """
local clock = redis.call('TIME')
local now = clock[1] * 1000000 + clock[2]
local said, at, told = ARGV[1], 1, {}
for i, key in ipairs(KEYS) do
  local ahead, spent, most
  ahead, spent, most, at = struct.unpack('<i8i8i8', said, at)
  local known = redis.pcall('GET', key)
  known = type(known) == 'string' and tonumber(known) or nil
  local new = known and known + spent - now or ahead
  if new < ahead then new = ahead end
  if new > most then new = most end
  if new > 0 and (not known or new ~= known - now) then
    redis.call('SET', key, string.format('%.0f', now + new), 'PX', math.ceil(new / 1000) + 1000)
  end
  told[i] = struct.pack('<i8', new)
end
return table.concat(told)
"""
SPEND_SHA: Final = sha1(SPEND.encode(), usedforsecurity=False).hexdigest()

# Buckets of one script: it holds up Redis for a millisecond or two.
AT_ONCE: Final = 250
TIMEOUT_S: Final = 1.0
# What replicas let pass too much is owed, up to so many bursts or seconds, whichever is more: a clock in Redis that is
# set back must not block anybody for long.
MOST_OWED: Final = 8
MOST_OWED_S: Final = 10
_SAID: Final = Struct("<qqq")
# A limit so low that a token takes longer than this is shared as if it took no longer: ten years.
_LONGEST_US: Final = 3e14


class Spent(NamedTuple):
    """What a gateway says of one bucket.

    Attributes:
        key, limits: Whose it is; under other limits it is another bucket.
        ahead_us: How far ahead of now the time lies at which it would be full; below 0 where it has been full.
        spent: Frames in it that Redis was not told of.
    """

    key: str
    limits: Limits
    ahead_us: float
    spent: int

    @property
    def name(self) -> str:
        """Key in Redis."""
        return f"resonance:limits:{self.key}:{self.limits.name}"


class Ledger:
    """One connection to Redis, made again when it breaks. Redis Cluster is not supported.

    Args:
        url: As `GatewaySettings.redis_url`.
    """

    def __init__(self, url: str) -> None:
        self._redis = Redis.from_url(
            url, socket_timeout=TIMEOUT_S, socket_connect_timeout=TIMEOUT_S, retry=Retry(NoBackoff(), 0)
        )

    async def spend(self, spent: Sequence[Spent]) -> list[float]:
        """Tells of buckets and hears how far ahead each of them is, with what all replicas spent, in microseconds.

        Raises:
            Unavailable: Redis does not answer, or refuses; some may have been counted.
        """
        try:
            answers = await self._run(spent)
            if any(isinstance(one, NoScriptError) for one in answers):  # Redis was started again, or is another one
                await self._redis.script_load(SPEND)
                answers = await self._run(spent)
        except (RedisError, OSError) as error:
            raise Unavailable(f"Redis does not answer: {error}.") from error
        ahead: list[float] = []
        for answer in answers:
            if not isinstance(answer, bytes):
                raise Unavailable(f"Redis refuses limits: {answer}.")
            ahead += [one for (one,) in iter_unpack("<q", answer)]
        return ahead

    async def ping(self) -> None:
        """Returns if Redis answers; raises Unavailable."""
        try:
            await self._redis.ping()
        except (RedisError, OSError) as error:
            raise Unavailable(f"Redis does not answer: {error}.") from error

    async def close(self) -> None:
        """Closes the connection."""
        await self._redis.aclose()

    async def _run(self, spent: Sequence[Spent]) -> list[object]:
        pipeline = self._redis.pipeline(transaction=False)
        for i in range(0, len(spent), AT_ONCE):
            some = spent[i : i + AT_ONCE]
            said = b"".join(map(_said, some))
            pipeline.execute_command("EVALSHA", SPEND_SHA, len(some), *[one.name for one in some], said)
        return list(await pipeline.execute(raise_on_error=False))


def _said(one: Spent) -> bytes:
    interval_us, fill_us = min(one.limits.interval_us, _LONGEST_US), min(one.limits.fill_us, _LONGEST_US)
    most = min(fill_us + max(MOST_OWED * fill_us, MOST_OWED_S * SECOND_US), _LONGEST_US)
    return _SAID.pack(int(one.ahead_us), round(one.spent * interval_us), ceil(most))
