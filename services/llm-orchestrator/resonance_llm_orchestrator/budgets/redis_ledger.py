"""A ledger that all replicas share: one script in Redis looks and adds, so nobody comes in between.

While Redis does not answer nothing is spent: money that nobody counts is not given out, and our own writer needs none.
"""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Any, Final, cast

from redis.asyncio import BlockingConnectionPool, Redis
from redis.exceptions import RedisError

from resonance_llm_orchestrator.budgets.ledger import Allowance, Reservation, Spent, Today, utc_day
from resonance_runtime.errors import Unavailable

TTL_S: Final = 2 * 24 * 3600
"""Sums of a day are kept until every request of it has surely been settled."""

CONNECTIONS: Final = 4
WAIT_S: Final = 2.0
"""Of one step; a question's own deadline ends the wait before, where it is nearer."""

# KEYS: sum of the day, sum of the task. ARGV: amount, both limits (-1 for none), seconds to keep.
RESERVE: Final = """
local day, task = tonumber(redis.call('GET', KEYS[1]) or '0'), tonumber(redis.call('GET', KEYS[2]) or '0')
local amount, most, most_of_task = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
if (most >= 0 and day + amount > most) or (most_of_task >= 0 and task + amount > most_of_task) then
  return {0, day, task}
end
day, task = redis.call('INCRBY', KEYS[1], ARGV[1]), redis.call('INCRBY', KEYS[2], ARGV[1])
redis.call('EXPIRE', KEYS[1], ARGV[4])
redis.call('EXPIRE', KEYS[2], ARGV[4])
return {1, day, task}
"""
# KEYS as above. ARGV: what is added. Sums that are gone stay gone.
SETTLE: Final = """
local sums = {}
for i = 1, 2 do
  sums[i] = 0
  if redis.call('EXISTS', KEYS[i]) == 1 then
    sums[i] = redis.call('INCRBY', KEYS[i], ARGV[1])
  end
end
return sums
"""


class RedisLedger:
    """See `Ledger`."""

    def __init__(self, url: str, allowance: Allowance, today: Today = utc_day) -> None:
        # Few connections, waited for: a burst of requests must not become a burst of connections.
        pool = BlockingConnectionPool.from_url(
            url, max_connections=CONNECTIONS, timeout=WAIT_S, socket_timeout=WAIT_S, socket_connect_timeout=WAIT_S
        )
        self._redis = Redis.from_pool(pool)
        self._reserve = self._redis.register_script(RESERVE)
        self._settle = self._redis.register_script(SETTLE)
        self._allowance = allowance
        self._today = today

    @property
    def allowance(self) -> Allowance:
        """See `Ledger.allowance`."""
        return self._allowance

    async def reserve(self, task: str, amount: int) -> tuple[Reservation | None, Spent]:
        """See `Ledger.reserve`."""
        day = self._today()
        limits = (self._allowance.day, self._allowance.of(task))
        arguments = [amount, *(-1 if limit is None else limit for limit in limits), TTL_S]
        given, whole, of_task = await self._run(self._reserve(keys=_keys(day, task), args=arguments))
        return (Reservation(day, task, amount) if given else None), Spent(whole, of_task)

    async def settle(self, reservation: Reservation, cost: int) -> Spent:
        """See `Ledger.settle`."""
        keys = _keys(reservation.day, reservation.task)
        whole, of_task = await self._run(self._settle(keys=keys, args=[cost - reservation.amount]))
        return Spent(whole, of_task)

    async def close(self) -> None:
        """See `Ledger.close`."""
        await self._redis.aclose()

    async def _run(self, script: Awaitable[Any]) -> list[int]:
        try:
            return cast(list[int], await script)
        except RedisError as error:
            raise Unavailable(f"Redis does not answer, so spending cannot be counted: {error}.") from error


def _keys(day: str, task: str) -> list[str]:
    """The braces keep both sums on one node of a cluster, where the script can see them."""
    return [f"resonance:llm-spent:{{{day}}}", f"resonance:llm-spent:{{{day}}}:{task}"]
