"""Takes the records of the public topic in: handled once their events are stored, so committed after that.

At least once, like everything: a gateway that dies between the two leaves the records to another, which makes the same
events of them, and readers drop the repeats.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Sequence
from typing import Final, cast

from resonance_contracts.topics import ACTIVITY_SUBMITTED, Service
from resonance_gateway.ingestion.intake import Intake, Storing
from resonance_gateway.ingestion.judging import Judge
from resonance_gateway.ingestion.models import Reason
from resonance_gateway.ingestion.submitted import NotTaken, SubmittedRecord, submitted
from resonance_gateway.tracking.activity import BACKENDS_STREAM, Activity
from resonance_gateway.tracking.clock import Clock
from resonance_runtime import metrics
from resonance_runtime.dead_letters import bury
from resonance_runtime.errors import Reject
from resonance_runtime.health import Health, Progress
from resonance_runtime.patience import persistently
from resonance_runtime.publisher import Publisher
from resonance_runtime.records import RawRecord

log = logging.getLogger(__name__)

GROUP: Final = f"{Service.GATEWAY}.submitted"
WAY: Final = "topic"
_PATIENCE_S: Final = 1.0


class SubmittedHandling:
    """Handles batches of records, each to the end; see `resonance_runtime.loop`.

    Args:
        intake: Stores events.
        judge: Makes events of what backends tell.
        clock: The gateway's clock.
        publisher: Takes dead letters.
        health: Told when these cannot be sent.
    """

    def __init__(self, intake: Intake, judge: Judge, clock: Clock, publisher: Publisher, health: Health) -> None:
        self._intake = intake
        self._judge = judge
        self._clock = clock
        self._publisher = publisher
        self._health = health

    async def run(self, raws: Sequence[RawRecord], progress: Progress | None = None) -> None:
        """Returns when the event of every record is stored, or the record is in the dead letters."""
        started = time.perf_counter()
        await self._room(progress)
        events: list[Activity] = []
        good: list[RawRecord] = []
        for raw in raws:
            try:
                events += self._events(raw)
            except NotTaken as refusal:
                await self._bury(raw, refusal, progress)
            else:
                good.append(raw)
        await self._store(good, events, progress)
        metrics.GATEWAY_EVENTS_RECEIVED.labels(way=WAY).inc(len(good))
        metrics.RECORDS_CONSUMED.labels(topic=ACTIVITY_SUBMITTED.name, group=GROUP).inc(len(raws))
        metrics.HANDLE_SECONDS.labels(group=GROUP).observe(time.perf_counter() - started)

    async def _room(self, progress: Progress | None) -> None:
        """Returns when events may come: one who waits for the broker is alive."""
        while True:
            try:
                async with asyncio.timeout(_PATIENCE_S):
                    return await self._intake.room()
            except TimeoutError:
                _moved(progress)

    def _events(self, raw: RawRecord) -> list[Activity]:
        now_us = self._clock.now_us()
        try:
            one = submitted(cast(SubmittedRecord, raw), now_us)
            return list(self._judge.activities(one.event, one.source, one.sequence, one.time_us, now_us))
        except NotTaken:
            raise
        except Exception as fault:  # whatever somebody writes must not end the gateway
            log.exception("a submitted record could not be read", extra={"offset": raw.offset})
            raise NotTaken(Reason.FAILED, f"{type(fault).__name__} in the gateway; its log says more") from fault

    async def _store(self, raws: Sequence[RawRecord], events: Sequence[Activity], progress: Progress | None) -> None:
        storing: Storing = self._intake.store(BACKENDS_STREAM, events)
        try:
            while not (await asyncio.wait([storing.done], timeout=_PATIENCE_S))[0]:
                _moved(progress)
            storing.done.result()
        except Reject as reject:
            for raw in raws:
                await self._bury(raw, NotTaken(Reason.FAILED, str(reject)), progress)

    async def _bury(self, raw: RawRecord, refusal: NotTaken, progress: Progress | None) -> None:
        metrics.GATEWAY_EVENTS_REFUSED.labels(way=WAY, reason=refusal.reason).inc()
        await persistently(
            lambda: bury(self._publisher, ACTIVITY_SUBMITTED, GROUP, raw, str(refusal)),
            self._health,
            f"{GROUP} dead letters",
            progress,
        )


def _moved(progress: Progress | None) -> None:
    if progress is not None:
        progress.moved()
