"""The faust worker: batches of activity in, one lane per partition.

Faust joins the group, fetches and balances. What it is not asked to do: acknowledge, keep tables, declare
topics. An event is acknowledged after the snapshot that holds it, so faust commits nothing that could be
lost; each partition is handled in its own lane, in order, by the runtime's keyed handling.
"""

from __future__ import annotations

import asyncio
import logging
import tempfile
from collections import deque
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from functools import partial
from typing import Any, Final

import faust
from faust.types import TP

from resonance_contracts.topics import ACTIVITY_OBSERVED
from resonance_feature_extractor.credentials import credentials
from resonance_feature_extractor.order import Order, Verdict
from resonance_feature_extractor.settings import FeatureExtractorSettings
from resonance_feature_extractor.transport import transport_with_fetch_wait
from resonance_runtime import metrics
from resonance_runtime.beginning import begin_group
from resonance_runtime.errors import Conflict, RuntimeFault
from resonance_runtime.keyed import KeyedHandling, KeyedState
from resonance_runtime.lag import LagGauge
from resonance_runtime.objects import ObjectStore
from resonance_runtime.partition import OwnedPartition
from resonance_runtime.patience import persistently
from resonance_runtime.places import Misplaced, Place
from resonance_runtime.records import Outgoing
from resonance_runtime.service import Runtime

log = logging.getLogger(__name__)

Event = Any  # faust.types.EventT, whose type parameters faust itself leaves open

GROUP: Final = "feature-extractor"
# Batches waiting in a lane: bounds memory, and is the back pressure on faust's fetcher.
LANE_LENGTH: Final = 256
# Of large records few: while what follows from them is sent, another partition's are handled.
MOST_AT_ONCE: Final = 64
MOST_BYTES_AT_ONCE: Final = 800_000
# Batches handled but not kept yet, because the store is away: beyond that a lane waits for it.
MOST_UNKEPT: Final = 100_000
# How often to look whether faust still works.
CRASH_LOOK_S: Final = 0.5


class Lane:
    """The batches of one partition, handled in order; acknowledged once they are kept.

    Attributes:
        partition: What handles them.
        order: Which one is the next to be added.
    """

    def __init__(self, partition: OwnedPartition) -> None:
        self.partition = partition
        self.order = Order(partition.done)
        self._closed = False
        self._first: int | None = None
        self._keeping: asyncio.Task[None] | None = None
        self._waiting: asyncio.Queue[Event] = asyncio.Queue(LANE_LENGTH)
        self._handled: deque[Event] = deque()
        self._idle = asyncio.Event()
        self._idle.set()
        self._room = asyncio.Event()
        self._room.set()

    async def put(self, event: Event) -> bool:
        """Adds an event, unless it was added before; returns False where one before it is missing."""
        offset = event.message.offset
        verdict = self.order.judge(offset)
        if verdict is Verdict.REPEATED and offset < (self.partition.kept or 0):
            event.ack()
        if verdict is Verdict.TAKE and not self._closed:
            self._idle.clear()
            self._first = offset if self._first is None else self._first
            await self._waiting.put(event)
        return verdict is not Verdict.EARLY

    async def run(self) -> None:
        """Handles what comes, until cancelled."""
        while True:
            await self._room.wait()
            events = [await self._waiting.get()]
            size = len(events[0].message.value or b"")
            while len(events) < MOST_AT_ONCE and size < MOST_BYTES_AT_ONCE and not self._waiting.empty():
                events.append(self._waiting.get_nowait())
                size += len(events[-1].message.value or b"")
            await self.partition.handle([_Raw(event) for event in events])
            for event in events:
                _lighten(event)
            self._handled += events
            if len(self._handled) >= MOST_UNKEPT:
                self._room.clear()
            if self._waiting.empty():
                self._idle.set()

    @property
    def at(self) -> int | None:
        """Next offset to be handled; None where nothing came yet."""
        if self.partition.done is None and self._first is not None:
            return self._first
        return self.partition.done

    @property
    def due(self) -> bool:
        """Whether the partition should be kept now."""
        return self.partition.due or (self.partition.unkept and not self._room.is_set())

    async def acknowledge(self, kept: int) -> None:
        """Lets faust commit everything before `kept`."""
        while self._handled and self._handled[0].message.offset < kept:
            self._handled.popleft().ack()
        if len(self._handled) < MOST_UNKEPT:
            self._room.set()

    async def keep(self) -> None:
        """Keeps the partition and acknowledges; returns early where the lane is closed meanwhile.

        Raises:
            Conflict: Another process has the partition.
        """
        task = self._keeping = asyncio.create_task(self.partition.keep(self.acknowledge))
        await asyncio.wait([task])
        if not task.cancelled():
            task.result()

    async def drained(self) -> None:
        """Returns when nothing waits."""
        await self._idle.wait()

    def close(self) -> None:
        """Nothing is handled or kept any more; whoever waits to add an event waits no longer."""
        self._closed = True
        if self._keeping is not None:
            self._keeping.cancel()
        while not self._waiting.empty():
            self._waiting.get_nowait()


def _lighten(event: Event) -> None:
    """Lets go of what a batch brought: from now on only its offset counts."""
    event.key = event.value = event.headers = None
    event.message.key = event.message.value = event.message.headers = None


class _Raw:
    """An event as the runtime's raw record."""

    def __init__(self, event: Event) -> None:
        message = event.message
        self.topic: str = message.topic
        self.partition: int = message.partition
        self.offset: int = message.offset
        self.key: bytes | None = message.key
        self.value: bytes | None = message.value
        self.headers: Sequence[tuple[str, bytes]] = list(message.headers or ())


class FeatureWorker:
    """The faust app as a component of the service."""

    def __init__(
        self,
        runtime: Runtime[FeatureExtractorSettings],
        state: KeyedState,
        objects: ObjectStore,
        stored: Callable[[Sequence[Outgoing]], None],
    ) -> None:
        self._runtime = runtime
        self._state = state
        self._objects = objects
        topics = {ACTIVITY_OBSERVED.name: ACTIVITY_OBSERVED}
        self._handling = KeyedHandling(
            GROUP, topics, state, runtime.publisher, runtime.health, parse=False, stored=stored
        )
        self._lanes: dict[TP, Lane] = {}
        self._tasks: dict[TP, asyncio.Task[None]] = {}
        self._lag = LagGauge(GROUP)
        begin_group(GROUP, topics)
        metrics.RECORDS_LOST.labels(topic=ACTIVITY_OBSERVED.name, group=GROUP)
        # Held while a partition is taken over or given up.
        self._changing = asyncio.Lock()
        self._rebalances = 0
        # Set while partitions are ours for good: faust lets events through while they are still taken over.
        self._settled = asyncio.Event()
        self._assigned = runtime.health.wait_for(f"assignment of {GROUP}", f"Group {GROUP} has no assignment yet.")
        self._app = self._make_app()

    async def start(self) -> None:
        """Joins the group and begins."""
        await self._runtime.patiently(f"group {GROUP}", self._app.start)
        self._runtime.spawn("feature-extractor snapshots", self._keep_keeping())
        self._runtime.spawn("feature-extractor lag", self._lag.keep_looking(self._ends))
        self._runtime.spawn("faust", self._fail_with_faust())

    async def stop(self) -> None:
        """Handles what was fetched, keeps the state, commits, and leaves the group."""
        try:
            for tp in list(self._lanes):
                await self._give_up(tp)
            await self._app.consumer.commit()
        finally:
            await self._app.stop()

    def _make_app(self) -> faust.App:
        settings = self._runtime.settings
        rebalance_s = settings.kafka_rebalance_ms / 1000
        app = faust.App(
            GROUP,
            broker=[f"kafka://{address.strip()}" for address in settings.kafka_bootstrap.split(",")],
            broker_credentials=credentials(settings),
            broker_client_id=f"{GROUP}-{settings.instance}",
            broker_commit_interval=0.5,
            broker_rebalance_timeout=rebalance_s,
            broker_session_timeout=max(6.0, rebalance_s),
            broker_heartbeat_interval=1.0,
            # Liveness is our own; see the runtime's loop.
            broker_max_poll_interval=3600.0,
            consumer_auto_offset_reset="earliest",
            stream_buffer_maxsize=LANE_LENGTH,
            stream_wait_empty=False,
            store="memory://",
            datadir=tempfile.mkdtemp(prefix="faust-"),
            topic_allow_declare=False,
            topic_disable_leader=True,
            web_enabled=False,
            key_serializer="raw",
            value_serializer="raw",
        )
        app.transport = transport_with_fetch_wait(settings.kafka_fetch_wait_ms)(app.conf.broker_consumer, app)
        topic = app.topic(ACTIVITY_OBSERVED.name, key_type=bytes, value_type=bytes)
        app.agent(topic, name="activity")(self._receive)
        app.on_partitions_assigned.connect(self._on_assigned, weak=False)  # type: ignore[arg-type]  # faust types its signals too narrowly
        app.on_partitions_revoked.connect(self._on_revoked, weak=False)  # type: ignore[arg-type]  # faust types its signals too narrowly
        return app

    async def _receive(self, stream: Any) -> None:
        events: AsyncIterator[Event] = stream.noack().events()
        async for event in events:
            tp, rebalance = event.message.tp, self._rebalances
            await self._settled.wait()
            # One from before a rebalance, or of a partition that was not taken over, is passed over: it is not
            # acknowledged, so whoever has the partition next gets it.
            lane = self._lanes.get(tp) if rebalance == self._rebalances else None
            if lane is not None and not await lane.put(event):
                await self._skip_what_is_gone(tp, lane, event)

    async def _skip_what_is_gone(self, tp: TP, lane: Lane, event: Event) -> None:
        """Goes on with an event although others are missing before it, where the broker deleted those.

        If they are there but were not fetched, the service ends, since nothing may be left out.
        """
        missing, offset = lane.order.next, event.message.offset
        lane.order.skip_to((await self._app.consumer.earliest_offsets(tp))[tp])
        if await lane.put(event):
            metrics.RECORDS_LOST.labels(topic=tp.topic, group=GROUP).inc(offset - (missing or 0))
            log.error("events are gone", extra={"partition": tp.partition, "from": missing, "to": offset})
            return
        fault = RuntimeFault(f"Partition {tp.partition} goes on at offset {offset}; {missing} was expected.")
        self._runtime.crash(GROUP, fault)
        await asyncio.Event().wait()

    async def _take_over(self, tp: TP) -> bool:
        """Opens the lane of a partition, restored from its snapshot; False where that is misplaced.

        There is one state a partition, so the lane before must have been given up to the end.
        """
        async with self._changing:
            if tp in self._lanes:
                return True
            try:
                prefix = await self._prefix(tp)
            except Misplaced as fault:
                log.error("partition not taken over", extra={"partition": tp.partition, "reason": str(fault)})
                self._assigned.unmet(str(fault))
                return False
            partition = OwnedPartition(GROUP, tp.topic, tp.partition, self._handling, self._runtime.health)
            await partition.restore(self._state, self._objects, prefix)
            lane = self._lanes[tp] = Lane(partition)
            self._tasks[tp] = self._runtime.spawn(f"lane {tp.partition}", lane.run())
            return True

    async def _prefix(self, tp: TP) -> str:
        """Prefix of the state of a partition.

        Raises:
            Misplaced: It belongs to another number of partitions.
        """
        place = Place(GROUP, tp.topic, await self._runtime.publisher.partitions(tp.topic))
        find = partial(place.find, self._objects, tp.partition)
        return await persistently(find, self._runtime.health, f"{GROUP} restore")

    async def _on_assigned(self, _app: Any, assigned: set[TP], *_: Any, **__: Any) -> None:
        ours = [tp for tp in assigned if tp.topic == ACTIVITY_OBSERVED.name]
        if all([await self._take_over(tp) for tp in ours]):
            self._assigned.met()
        self._settled.set()

    async def _on_revoked(self, _app: Any, revoked: set[TP], *_: Any, **__: Any) -> None:
        self._rebalances += 1
        self._settled.clear()
        for tp in revoked:
            await self._give_up(tp)

    async def _give_up(self, tp: TP) -> None:
        async with self._changing:
            lane = self._lanes.pop(tp, None)
            if lane is None:
                return
            try:
                async with asyncio.timeout(self._runtime.settings.drain_s):
                    await lane.drained()
                    if lane.partition.unkept:
                        await lane.partition.keep(lane.acknowledge)
            except TimeoutError:
                log.warning("given up unfinished", extra={"partition": tp.partition})
            except Conflict as fault:
                # We were away for too long, and the one who took over has done this work.
                log.warning("given up late", extra={"partition": tp.partition, "reason": str(fault)})
            lane.close()
            task = self._tasks.pop(tp)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            lane.partition.forget()
            self._lag.forget(tp)

    async def _ends(self) -> list[tuple[TP, int]]:
        """Where each of our partitions ends, as the broker says; where we are is told to the gauge."""
        ours = dict(self._lanes)
        if not ours:
            return []
        consumer = self._app.consumer
        # Who has handled nothing of a partition begins at its first record.
        new = [tp for tp, lane in ours.items() if lane.at is None]
        begins: Mapping[TP, int] = await consumer.earliest_offsets(*new) if new else {}
        ends: Mapping[TP, int] = await consumer.highwaters(*ours)
        for tp, lane in ours.items():
            self._lag.at(tp, begins.get(tp) if lane.at is None else lane.at)
        return [(tp, end) for tp, end in ends.items() if tp in self._lanes]

    async def _fail_with_faust(self) -> None:
        """Raises when a part of faust failed: it stops then, and nothing would be handled any more."""
        while not self._app.crashed:
            await asyncio.sleep(CRASH_LOOK_S)
        raise self._app.crash_reason or RuntimeFault("A part of faust failed without saying why.")

    async def _keep_keeping(self) -> None:
        while True:
            await asyncio.sleep(self._runtime.settings.snapshot_interval_s)
            for lane in list(self._lanes.values()):
                if lane.due:
                    await lane.keep()
