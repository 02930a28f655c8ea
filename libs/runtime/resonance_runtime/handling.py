"""Handles a batch of records to the end: retried, split, or sent to the dead letters, never skipped.

batch ──▶ handler ──▶ done
             │ Unavailable: something outside is down. Waits and tries again, for ever.
             │ Reject, or the last of a few attempts failed:
             │      more than one record ──▶ each alone, so that one cannot take others with it
             ▼      one record ──▶ dead letters, with the reason
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from resonance_contracts.topics import Topic
from resonance_runtime import metrics
from resonance_runtime.dead_letters import bury
from resonance_runtime.errors import Reject, Unavailable
from resonance_runtime.health import Health, Progress
from resonance_runtime.patience import persistently
from resonance_runtime.publisher import Publisher
from resonance_runtime.records import RawRecord, Record, decode
from resonance_runtime.retry import delays
from resonance_runtime.spans.handled import processing

log = logging.getLogger(__name__)

Handler = Callable[[Sequence[Record[Any]]], Awaitable[None]]

ATTEMPTS: Final = 3


@dataclass(frozen=True, slots=True)
class Handling:
    """How one group handles records."""

    group: str
    topics: dict[str, Topic]
    handler: Handler
    publisher: Publisher
    health: Health

    async def run(self, raws: Sequence[RawRecord], progress: Progress | None = None) -> None:
        """Returns when every record was handled or is in the dead letters."""
        decoded: list[tuple[RawRecord, Record[Any]]] = []
        for raw in raws:
            try:
                decoded.append((raw, decode(self.topics[raw.topic], raw)))
            except Reject as reject:
                await self._bury(raw, str(reject), progress)
        if decoded:
            started = time.perf_counter()
            await self._handle(decoded, progress)
            metrics.HANDLE_SECONDS.labels(group=self.group).observe(time.perf_counter() - started)
        for raw in raws:
            metrics.RECORDS_CONSUMED.labels(topic=raw.topic, group=self.group).inc()

    async def _handle(self, batch: list[tuple[RawRecord, Record[Any]]], progress: Progress | None) -> None:
        reason = await self._attempts([record for _, record in batch], progress)
        if reason is None:
            return
        if len(batch) == 1:
            await self._bury(batch[0][0], reason, progress)
            return
        for one in batch:
            await self._handle([one], progress)

    async def _attempts(self, records: list[Record[Any]], progress: Progress | None) -> str | None:
        """None when handled, else why not."""
        failed = 0
        for delay in delays():
            try:
                with processing(records, self.group):
                    await self._handled(records, failed + 1)
                self.health.clear(self.group)
                return None
            except Reject as reject:
                return str(reject)
            except Unavailable as fault:
                metrics.RETRIES.labels(group=self.group, cause="unavailable").inc()
                self.health.degraded(self.group, str(fault))
                log.warning("waiting for what is down", extra={"group": self.group, "reason": str(fault)})
                if progress is not None:
                    progress.moved()
            except Exception as fault:  # whatever a handler raises must not end the consumer
                failed += 1
                metrics.RETRIES.labels(group=self.group, cause="error").inc()
                if failed == ATTEMPTS:
                    return f"{type(fault).__name__}: {fault}"
            await asyncio.sleep(delay)
        raise AssertionError("delays() has no end")

    async def _handled(self, records: list[Record[Any]], attempt: int) -> None:
        """Logs what fails while its trace is known."""
        try:
            await self.handler(records)
        except (Reject, Unavailable):
            raise
        except Exception:
            log.exception("handling failed", extra={"group": self.group, "attempt": attempt})
            raise

    async def _bury(self, raw: RawRecord, reason: str, progress: Progress | None) -> None:
        topic = self.topics[raw.topic]
        await persistently(
            lambda: bury(self.publisher, topic, self.group, raw, reason),
            self.health,
            f"{self.group} dead letters",
            progress,
        )
