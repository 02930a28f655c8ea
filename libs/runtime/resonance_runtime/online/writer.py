"""Writes to Redis what is not older than what is there."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha1
from typing import Final

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import NoScriptError, RedisError

from resonance_runtime.errors import Unavailable

# KEYS: keys. ARGV: time to live in seconds, then the value of each key, which begins with its version (see `versions`).
# A version alone is a tombstone: it replaces any value, and is there for a minute. Returns how many were taken.
NEWEST: Final = """
local taken = 0
for i, key in ipairs(KEYS) do
  local new, old = ARGV[i + 1], redis.pcall('GETRANGE', key, 0, 17)
  local gone = #new == 18
  local newer = gone or type(old) ~= 'string' or #old < 18
  if not newer then
    local time, known = struct.unpack('<I8', new, 2), struct.unpack('<I8', old, 2)
    newer = time > known or (time == known and struct.unpack('<I8', new, 11) >= struct.unpack('<I8', old, 11))
  end
  if newer then
    redis.call('SET', key, new, 'EX', gone and 60 or ARGV[1])
    taken = taken + 1
  end
end
return taken
"""
NEWEST_SHA: Final = sha1(NEWEST.encode(), usedforsecurity=False).hexdigest()

# Keys of one script: it holds up Redis for half a millisecond.
KEYS_AT_ONCE: Final = 250
TIMEOUT_S: Final = 1.0


class NewestWriter:
    """One connection to Redis, made again when it breaks.

    A script compares versions, so that a writer that reads its input again cannot take others back. Redis Cluster,
    which spreads keys over nodes, is not supported.

    Args:
        url: As `RedisSettings.redis_url`.
        ttl_s: How long a value is kept after it was written, seconds.
    """

    def __init__(self, url: str, ttl_s: int) -> None:
        self._ttl_s = ttl_s
        self._redis = Redis.from_url(
            url, socket_timeout=TIMEOUT_S, socket_connect_timeout=TIMEOUT_S, retry=Retry(NoBackoff(), 0)
        )

    async def write(self, values: Sequence[tuple[str, bytes]]) -> int:
        """Writes values, in one round trip; returns how many were not older than what was there.

        Raises:
            Unavailable: Redis does not answer, or refuses; some may be written.
        """
        try:
            taken = await self._run(values)
            if any(isinstance(one, NoScriptError) for one in taken):  # Redis was started again, or is another one
                await self._redis.script_load(NEWEST)
                taken = await self._run(values)
        except (RedisError, OSError) as error:
            raise Unavailable(f"Redis does not answer: {error}.") from error
        refused = next((one for one in taken if isinstance(one, Exception)), None)
        if refused is not None:
            raise Unavailable(f"Redis refuses values: {refused}.") from refused
        return sum(one for one in taken if isinstance(one, int))

    async def close(self) -> None:
        """Closes the connection."""
        await self._redis.aclose()

    async def _run(self, values: Sequence[tuple[str, bytes]]) -> list[object]:
        pipeline = self._redis.pipeline(transaction=False)
        for i in range(0, len(values), KEYS_AT_ONCE):
            keys, contents = zip(*values[i : i + KEYS_AT_ONCE], strict=True)
            pipeline.execute_command("EVALSHA", NEWEST_SHA, len(keys), *keys, self._ttl_s, *contents)
        return list(await pipeline.execute(raise_on_error=False))
