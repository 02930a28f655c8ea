"""Reads whole topics without a group: every replica sees every record."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from contextlib import nullcontext
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import ConsumerStoppedError, KafkaError

from resonance_contracts.topics import Topic
from resonance_runtime import metrics
from resonance_runtime.beginning import begin_group
from resonance_runtime.errors import Reject, Unavailable
from resonance_runtime.handling import Handler
from resonance_runtime.kafka import connection
from resonance_runtime.records import RawRecord, Record, decode
from resonance_runtime.retry import delays
from resonance_runtime.runtime import Runtime
from resonance_runtime.spans.handled import asked_for, processing

log = logging.getLogger(__name__)


class TopicReader:
    """Reads all partitions of some topics, or chosen ones, from the beginning or from now on.

    A record that cannot be decoded, or that the handler rejects, is logged, counted and passed over: the
    group that owns the topic's work sends it to the dead letters, readers like this one only look.

    Args:
        runtime: Of the service.
        topics: What is read.
        handle: Takes records.
        from_start: Whether from the beginning, or from now on.
        name: Of the reader, for logs and health.
        partitions: Only these; all where none are named.
        pause_s: Time between two looks, for what need not be known at once: a fetch costs the broker and this process
            far more than a record.
        after: Waited for before the first look, for what is to take no time from something that is more urgent.
        traced: Whether what is done with a record is a step of its trace; what was there at the start never is.

    Attributes:
        caught_up: Set once everything that was there at the start has been handled.
    """

    def __init__(
        self,
        runtime: Runtime[Any],
        topics: Sequence[Topic],
        handle: Handler,
        *,
        from_start: bool,
        name: str = "reader",
        partitions: Sequence[int] | None = None,
        pause_s: float = 0.0,
        after: Callable[[], Awaitable[None]] | None = None,
        traced: bool = False,
    ) -> None:
        self._runtime = runtime
        self._topics = {t.name: t for t in topics}
        self._handle = handle
        self._from_start = from_start
        self._label = f"{runtime.service}-{name}"
        begin_group(self._label, self._topics)
        self._pause_s = pause_s
        self._after = after
        self._traced = traced
        self._only = None if partitions is None else set(partitions)
        self._progress = runtime.health.progress(self._label)
        self._condition = runtime.health.wait_for(self._label, f"{self._label} has not read its topics yet.")
        self.caught_up = asyncio.Event()
        self._consumer = AIOKafkaConsumer(
            **connection(runtime.settings),
            client_id=f"{self._label}-{runtime.settings.instance}",
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            fetch_max_wait_ms=runtime.settings.kafka_fetch_wait_ms,
        )

    async def start(self) -> None:
        """Begins to read; returns at once."""
        await self._runtime.patiently(self._label, self._consumer.start)
        tps = [TopicPartition(name, p) for name in self._topics for p in await self._partitions_of(name)]
        self._consumer.assign(tps)
        await self._runtime.patiently(self._label, lambda: self._place(tps))
        self._runtime.spawn(f"{self._label} poll", self._poll())

    async def stop(self) -> None:
        """Stops reading."""
        await self._consumer.stop()

    async def again(self) -> None:
        """Reads everything once more, from the beginning, beside what comes."""
        await self._consumer.seek_to_beginning(*self._consumer.assignment())

    async def _partitions_of(self, topic: str) -> list[int]:
        count = await self._runtime.publisher.partitions(topic)
        return [p for p in range(count) if self._only is None or p in self._only]

    async def _place(self, tps: list[TopicPartition]) -> None:
        self._ends = await self._consumer.end_offsets(tps)
        begins = await self._consumer.beginning_offsets(tps)
        for tp in tps:
            self._consumer.seek(tp, begins[tp] if self._from_start else self._ends[tp])
        self._ends = {tp: end for tp, end in self._ends.items() if self._from_start and end > begins[tp]}
        self._look_for_end()

    async def _poll(self) -> None:
        if self._after is not None:
            await self._after()
            self._after = None
            self._look_for_end()
        while True:
            try:
                batches = await self._consumer.getmany(timeout_ms=200, max_records=1000)
            except ConsumerStoppedError:
                return
            except KafkaError as error:
                log.warning("poll failed", extra={"group": self._label, "reason": repr(error)})
                await asyncio.sleep(0.5)
                continue
            for tp, records in batches.items():
                self._progress.busy()
                await self._handle_all(tp, records)
                self._progress.idle()
            await asyncio.sleep(self._pause_s)

    async def _handle_all(self, tp: TopicPartition, raws: list[RawRecord]) -> None:
        records = [record for raw in raws if (record := self._decode(raw)) is not None]
        for record in records:
            asked_for(record)
        if records:
            with processing(records, self._label) if self._traced and self.caught_up.is_set() else nullcontext():
                await self._attempt(records)
        metrics.RECORDS_CONSUMED.labels(topic=tp.topic, group=self._label).inc(len(raws))
        if tp in self._ends and raws[-1].offset + 1 >= self._ends[tp]:
            del self._ends[tp]
            self._look_for_end()

    def _decode(self, raw: RawRecord) -> Record[Any] | None:
        if raw.value is None and self._topics[raw.topic].compacted:
            # Of a key that is gone.
            return None
        try:
            return decode(self._topics[raw.topic], raw)
        except Reject as reject:
            log.warning("record passed over", extra={"topic": raw.topic, "offset": raw.offset, "reason": str(reject)})
            return None

    async def _attempt(self, records: list[Record[Any]]) -> None:
        for delay in delays():
            try:
                await self._handle(records)
                return self._runtime.health.clear(self._label)
            except Reject as reject:
                return await self._one_by_one(records, reject)
            except Unavailable as fault:
                metrics.RETRIES.labels(group=self._label, cause="unavailable").inc()
                self._runtime.health.degraded(self._label, str(fault))
                self._progress.moved()
            await asyncio.sleep(delay)

    async def _one_by_one(self, records: list[Record[Any]], reject: Reject) -> None:
        if len(records) > 1:
            for record in records:
                await self._attempt([record])
            return
        where = {"topic": records[0].topic.name, "offset": records[0].offset, "reason": str(reject)}
        log.warning("record passed over", extra=where)

    def _look_for_end(self) -> None:
        if not self._ends and self._after is None:
            self._condition.met()
            self.caught_up.set()
