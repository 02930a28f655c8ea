"""Keeps the newest value of each user in Redis, beside the work and never in its way."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Sequence
from typing import Any, Final

from resonance_runtime import metrics
from resonance_runtime.beginning import begin_online
from resonance_runtime.errors import Unavailable
from resonance_runtime.health import Health
from resonance_runtime.online.budget import Metered
from resonance_runtime.online.intake import Intake
from resonance_runtime.online.kinds import Kind
from resonance_runtime.online.versions import versioned
from resonance_runtime.online.waiting import Waiting
from resonance_runtime.online.writer import NewestWriter
from resonance_runtime.records import Outgoing
from resonance_runtime.retry import delays

log = logging.getLogger(__name__)

INTERVAL_S: Final = 0.2
# A tenth of the process in all: reading batches rests 14 times as long as it ran, writing to Redis 30 times.
TAKE_REST: Final = 14
WRITE_REST: Final = 30
# Others have the process after a millisecond: so long is taken in, and so long does a round trip of these take.
STEP_S: Final = 0.001
ROUND_TRIP: Final = 500
# At some 450 bytes a value, 45 MB; and batches of a quarter of a second at 100,000 vectors a second, many times over.
MOST_VALUES: Final = 100_000
MOST_OFFERED_BYTES: Final = 32 * 1024 * 1024
REMEMBER_DROPS_S: Final = 60.0
LAST_WRITES_S: Final = 1.0


class OnlineStore:
    """A component of a service. Give it what is newest: it never waits and never raises.

    Args:
        url: As `OnlineSettings.redis_url`; None where there is no Redis: then it does nothing.
        ttl_s: How long a value is kept after it was written, seconds.
        interval_s: Least time between two looks at what came, seconds.
        most_values, most_offered_bytes: What may wait, see `Waiting` and `Intake`.
    """

    def __init__(
        self,
        url: str | None,
        kind: Kind[Any],
        ttl_s: int,
        health: Health,
        *,
        interval_s: float = INTERVAL_S,
        most_values: int = MOST_VALUES,
        most_offered_bytes: int = MOST_OFFERED_BYTES,
    ) -> None:
        self._kind = kind
        begin_online(kind.name)
        self._health = health
        self._interval_s = interval_s
        self._intake = Intake(kind, most_offered_bytes)
        self._found = self._intake.values()
        self._waiting = Waiting(most_values)
        self._writer = None if url is None else NewestWriter(url, ttl_s)
        self._tasks: list[asyncio.Task[None]] = []
        self._dropped_at: float | None = None
        health.details[f"online {kind.name}"] = (
            "off: RESONANCE_REDIS_URL is not set" if url is None else f"kept in Redis for {ttl_s} s"
        )

    def stored(self, outgoing: Sequence[Outgoing]) -> None:
        """Takes the records of its topic among those that the broker has."""
        if self._writer is not None:
            for one in outgoing:
                if one.topic is self._kind.topic and (value := one.encoded()) is not None:
                    self._intake.add(value)

    def offer(self, batch: bytes) -> None:
        """Takes a serialized batch: of each user in it, the last value. Replays are left out."""
        if self._writer is not None:
            self._intake.add(batch)

    def put(self, user_key: str, end_us: int, ordinal: int, rest: bytes) -> None:
        """Takes one value, as `versions.versioned` takes it."""
        if self._writer is not None:
            self._waiting.put(self._kind.key(user_key), versioned(end_us, ordinal, rest))

    async def start(self) -> None:
        """Begins; whether Redis is there shows later."""
        if self._writer is not None:
            self._tasks = [
                asyncio.create_task(self._keep_taking(), name=f"online {self._kind.name}: take"),
                asyncio.create_task(self._keep_writing(self._writer), name=f"online {self._kind.name}: write"),
            ]

    async def stop(self) -> None:
        """Writes what waits, for about a second at most."""
        if self._writer is None:
            return
        try:
            async with asyncio.timeout(LAST_WRITES_S):
                await self._end_tasks()
                for _ in range(2):  # what was begun, and what came since
                    while self._take(time.thread_time() + STEP_S):
                        await asyncio.sleep(0)
                while len(self._waiting):
                    await self._write(self._writer)
        except (TimeoutError, Unavailable):
            log.warning("newest values were not written", extra={"kind": self._kind.name, "values": len(self._waiting)})
        except Exception:  # whatever is wrong here must not end the drain
            log.exception("newest values could not be written", extra={"kind": self._kind.name})
        await self._writer.close()

    async def _end_tasks(self) -> None:
        while any(not task.done() for task in self._tasks):
            # Asked for again: a cancellation that meets a time-out of the client is lost in it.
            for task in self._tasks:
                task.cancel()
            await asyncio.wait(self._tasks, timeout=0.05)

    async def _keep_taking(self) -> None:
        while True:
            started = time.thread_time()
            try:
                more = self._take(started + STEP_S)
            except Exception:  # whatever is wrong here must not end the service
                log.exception("newest values could not be read", extra={"kind": self._kind.name})
                self._found, more = iter(()), False
            self._report()
            rest_s = TAKE_REST * (time.thread_time() - started)
            await asyncio.sleep(rest_s if more else max(self._interval_s, rest_s))

    async def _keep_writing(self, writer: NewestWriter) -> None:
        what, back_off = f"online {self._kind.name}", delays()
        while True:
            work = Metered(self._write(writer))
            try:
                await work
                self._health.clear(what)
                back_off = delays()
                pause_s = 0.0 if len(self._waiting) >= ROUND_TRIP else self._interval_s
            except Unavailable as fault:
                self._fail(what, str(fault))
                pause_s = next(back_off)
            except Exception as fault:  # whatever is wrong here must not end the service
                log.exception("newest values could not be written", extra={"kind": self._kind.name})
                self._fail(what, f"{type(fault).__name__}: {fault}.")
                pause_s = next(back_off)
            await asyncio.sleep(max(pause_s, WRITE_REST * work.own_s))

    def _take(self, until_s: float) -> bool:
        """Goes on for some time with what was offered; returns whether some of it is left."""
        for found in self._found:
            if found is not None:
                self._waiting.put(*found)
            if time.thread_time() > until_s:
                return True
        self._found = self._intake.values()
        return False

    async def _write(self, writer: NewestWriter) -> None:
        """One round trip with those that wait longest."""
        values = self._waiting.first(ROUND_TRIP)
        if not values:
            return
        started = time.perf_counter()
        taken = await writer.write(values)
        self._waiting.written(values)
        kind = self._kind.name
        metrics.ONLINE_WRITE_SECONDS.labels(kind=kind).observe(time.perf_counter() - started)
        metrics.ONLINE_VALUES.labels(kind=kind, outcome="written").inc(taken)
        metrics.ONLINE_VALUES.labels(kind=kind, outcome="older").inc(len(values) - taken)

    def _fail(self, what: str, reason: str) -> None:
        self._health.degraded(what, reason)
        metrics.ONLINE_FAILURES.labels(kind=self._kind.name).inc()

    def _report(self) -> None:
        kind, values, batches = self._kind.name, self._waiting.take_dropped(), self._intake.take_dropped()
        metrics.ONLINE_WAITING.labels(kind=kind).set(len(self._waiting))
        metrics.ONLINE_VALUES.labels(kind=kind, outcome="dropped").inc(values)
        metrics.ONLINE_BATCHES_DROPPED.labels(kind=kind).inc(batches)
        what, now = f"online {kind} of every user", time.monotonic()
        if values or batches:
            self._dropped_at = now
            self._health.degraded(
                what,
                "More changed than the online store takes; users whose value was dropped are behind until the next.",
            )
        elif self._dropped_at is not None and now - self._dropped_at > REMEMBER_DROPS_S:
            self._dropped_at = None
            self._health.clear(what)
