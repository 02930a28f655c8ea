"""Drops what is older than it may be, before its time to live is over."""

from __future__ import annotations

from typing import Any, Final

from redis.asyncio import Redis
from redis.exceptions import RedisError

from resonance_runtime.errors import Unavailable
from resonance_runtime.online.kinds import Kind
from resonance_runtime.online.writer import TIMEOUT_S

KEYS_A_ROUND: Final = 1000

# KEYS: keys. ARGV: microseconds since the epoch. Compares the version that every value begins with (see `versions`)
# and deletes in one step, so a newer value that is written meanwhile stays. Tombstones stay. Returns how many went.
OLDER: Final = """
local dropped = 0
local before = tonumber(ARGV[1])
for _, key in ipairs(KEYS) do
  local value = redis.pcall('GETRANGE', key, 0, 18)
  if type(value) == 'string' and #value > 18 and struct.unpack('<i8', value, 2) < before then
    dropped = dropped + redis.call('DEL', key)
  end
end
return dropped
"""


class OnlineCleaner:
    """Cleans one kind of values up: `OnlineCleaner(url, FEATURES)`."""

    def __init__(self, url: str, kind: Kind[Any]) -> None:
        self._kind = kind
        self._redis = Redis.from_url(url, socket_timeout=TIMEOUT_S, socket_connect_timeout=TIMEOUT_S)

    async def drop_older(self, before_us: int) -> int:
        """Drops values whose last event was before a time; returns how many.

        Goes through all keys, a thousand a round trip: values that are written meanwhile may be seen or not.

        Args:
            before_us: Microseconds since the epoch.

        Raises:
            Unavailable: Redis does not answer.
        """
        dropped, cursor = 0, 0
        try:
            while True:
                cursor, keys = await self._redis.scan(cursor, match=self._kind.key("*"), count=KEYS_A_ROUND)
                if keys:
                    dropped += await self._redis.eval(OLDER, len(keys), *keys, before_us)
                if cursor == 0:
                    return dropped
        except RedisError as error:
            raise Unavailable(f"Redis does not answer: {error}.") from error

    async def close(self) -> None:
        """Closes the connections."""
        await self._redis.aclose()
