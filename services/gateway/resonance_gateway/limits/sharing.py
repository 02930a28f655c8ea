"""Replicas learn what a client spent at the others, through Redis; no frame ever waits for it.

A gateway decides by its own buckets. Every tenth of a second, or less often where that would take more than a tenth of
the process, it tells Redis what was taken from those that were used, and Redis answers what all replicas took. A client
that is new here is asked about with the next exchange, while its first frames pass.

What r replicas let pass in t seconds is at most

    burst + rate x t + (r - 1) x (burst + rate x 2T)

where T is the time between two exchanges of one replica, round trip included: one replica tells, another one hears. The
last term is for a client that comes to all replicas at once with a full bucket. It is owed, and later frames wait for
it, so in the long run it is the rate, at whichever replica the client is; what is owed beyond eight bursts, or ten
seconds where those are more, is forgiven. While Redis is away each replica limits by itself, so r times the rate
passes; that is not owed afterwards.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from collections.abc import Iterable
from typing import Final

from resonance_gateway.limits.buckets import Bucket
from resonance_gateway.limits.gate import Gate
from resonance_gateway.limits.ledger import Ledger, Spent
from resonance_gateway.tracking.clock import Clock
from resonance_runtime import metrics
from resonance_runtime.errors import Unavailable
from resonance_runtime.health import Health
from resonance_runtime.online.budget import Metered
from resonance_runtime.retry import delays

log = logging.getLogger(__name__)

INTERVAL_S: Final = 0.1
# A tenth of the process: after each round trip it rests eleven times as long as that one ran. The rest is for what is
# done between them.
REST: Final = 11
# Buckets of one round trip: so long others wait, some one or two milliseconds.
ROUND_TRIP: Final = 250
# Buckets that wait, at most; those that were used longest ago are not told of.
MOST_WAITING: Final = 200_000
LAST_WORDS_S: Final = 1.0
_WHAT: Final = "shared limits"


class Sharing:
    """Keeps a gate in step with those of other replicas, and ends what has expired.

    Args:
        gate: Whose buckets.
        ledger: Redis; None where there is none.
        clock: That of the gateway.
        health: Told whether replicas know of each other.
        interval_s: Least time between two exchanges, seconds.
    """

    def __init__(
        self, gate: Gate, ledger: Ledger | None, clock: Clock, health: Health, *, interval_s: float = INTERVAL_S
    ) -> None:
        self._gate = gate
        self._ledger = ledger
        self._clock = clock
        self._health = health
        self._interval_s = interval_s
        self._waiting: deque[Bucket] = deque(maxlen=MOST_WAITING)
        self._tasks: list[asyncio.Task[None]] = []
        health.details[_WHAT] = (
            "off: RESONANCE_REDIS_URL is not set, so each gateway limits by itself" if ledger is None else "in Redis"
        )

    async def start(self) -> None:
        """Begins; whether Redis is there shows later."""
        self._tasks = [asyncio.create_task(self._keep_expiring(), name="limits: expire")]
        if self._ledger is not None:
            self._tasks.append(asyncio.create_task(self._keep_sharing(self._ledger), name="limits: share"))

    async def stop(self) -> None:
        """Tells what was spent last, if Redis answers at once."""
        while any(not task.done() for task in self._tasks):
            # Asked for again: a cancellation that meets a time-out of the client is lost in it.
            for task in self._tasks:
                task.cancel()
            await asyncio.wait(self._tasks, timeout=0.05)
        if self._ledger is None:
            return
        waiting = [*self._waiting, *self._gate.take_changed()]
        try:
            async with asyncio.timeout(LAST_WORDS_S):
                for i in range(0, len(waiting), ROUND_TRIP):
                    await self.exchange(waiting[i : i + ROUND_TRIP])
        except (TimeoutError, Unavailable):
            log.warning("what was spent last is not known to other replicas")
        await self._ledger.close()

    async def exchange(self, buckets: Iterable[Bucket]) -> None:
        """One round trip: what was spent of some buckets goes, what all replicas spent comes.

        Raises:
            Unavailable: Redis does not answer; what was spent is not told again.
        """
        told = [bucket for bucket in buckets if not bucket.limits.blocked]
        if not told or self._ledger is None:
            return
        asked_us = self._clock.now_us()
        spent = [Spent(one.key, one.limits, one.full_at - asked_us, one.spent) for one in told]
        _forgive(told)
        started = time.perf_counter()
        answers = await self._ledger.spend(spent)
        metrics.GATEWAY_LIMIT_SYNC_SECONDS.observe(time.perf_counter() - started)
        for bucket, said, ahead_us in zip(told, spent, answers, strict=True):
            # From when it was asked, not from now: times may only be too early, or round trips would add up.
            full_at = asked_us + ahead_us + bucket.spent * bucket.interval_us
            if bucket.limits is said.limits and full_at > bucket.full_at:
                bucket.full_at = full_at

    async def _keep_expiring(self) -> None:
        while True:
            self._gate.expire(self._clock.now_us())
            metrics.GATEWAY_LIMITS_ADJUSTED.set(len(self._gate.adjustments))
            await asyncio.sleep(INTERVAL_S)

    async def _keep_sharing(self, ledger: Ledger) -> None:
        back_off, failed, began = delays(), False, -self._interval_s
        while True:
            if not self._waiting:
                await asyncio.sleep(began + self._interval_s - time.monotonic())
                began = time.monotonic()
                self._waiting.extend(self._gate.take_changed())
            if failed:
                _forgive(self._waiting)
            some = [self._waiting.popleft() for _ in range(min(ROUND_TRIP, len(self._waiting)))]
            work = Metered(self.exchange(some) if some else ledger.ping())
            try:
                await work
                self._health.clear(_WHAT)
                back_off, failed, pause_s = delays(), False, 0.0
            except Unavailable as fault:
                self._fail(str(fault))
                failed, pause_s = True, next(back_off)
            except Exception as fault:  # whatever is wrong here must not end the service
                log.exception("limits could not be shared")
                self._fail(f"{type(fault).__name__}: {fault}.")
                failed, pause_s = True, next(back_off)
            await asyncio.sleep(max(pause_s, REST * work.own_s))

    def _fail(self, reason: str) -> None:
        self._waiting.clear()
        self._health.degraded(_WHAT, f"{reason} Each gateway limits by itself.")
        metrics.GATEWAY_LIMIT_SYNC_FAILURES.inc()


def _forgive(buckets: Iterable[Bucket]) -> None:
    """What was spent of these is not told again."""
    for bucket in buckets:
        bucket.spent = 0
