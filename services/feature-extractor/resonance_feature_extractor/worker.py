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
from collections.abc import AsyncIterator, Sequence
from typing import Any, Final

import faust
from faust.types import TP

from resonance_contracts.topics import ACTIVITY_OBSERVED
from resonance_feature_extractor.settings import FeatureExtractorSettings
from resonance_feature_extractor.transport import transport_with_fetch_wait
from resonance_runtime.keyed import KeyedHandling, KeyedState
from resonance_runtime.objects import ObjectStore
from resonance_runtime.partition import OwnedPartition
from resonance_runtime.service import Runtime

log = logging.getLogger(__name__)

Event = Any  # faust.types.EventT, whose type parameters faust itself leaves open

GROUP: Final = "feature-extractor"
# Batches waiting in a lane: bounds memory, and is the back pressure on faust's fetcher.
LANE_LENGTH: Final = 256
MOST_AT_ONCE: Final = 64
# Batches handled but not kept yet, because the store is away: beyond that a lane waits for it.
MOST_UNKEPT: Final = 20_000


class Lane:
    """The batches of one partition, handled in order; acknowledged once they are kept."""

    def __init__(self, partition: OwnedPartition) -> None:
        self.partition = partition
        self._waiting: asyncio.Queue[Event] = asyncio.Queue(LANE_LENGTH)
        self._handled: deque[Event] = deque()
        self._idle = asyncio.Event()
        self._idle.set()
        self._room = asyncio.Event()
        self._room.set()

    async def put(self, event: Event) -> None:
        """Adds an event; one that the state holds already is acknowledged at once."""
        if self.partition.done is not None and event.message.offset < self.partition.done:
            event.ack()
            return
        self._idle.clear()
        await self._waiting.put(event)

    async def run(self) -> None:
        """Handles what comes, until cancelled."""
        while True:
            await self._room.wait()
            events = [await self._waiting.get()]
            while len(events) < MOST_AT_ONCE and not self._waiting.empty():
                events.append(self._waiting.get_nowait())
            await self.partition.handle([_Raw(event) for event in events])
            self._handled += events
            if len(self._handled) >= MOST_UNKEPT:
                self._room.clear()
            if self._waiting.empty():
                self._idle.set()

    async def acknowledge(self, kept: int) -> None:
        """Lets faust commit everything before `kept`."""
        while self._handled and self._handled[0].message.offset < kept:
            self._handled.popleft().ack()
        if len(self._handled) < MOST_UNKEPT:
            self._room.set()

    async def drained(self) -> None:
        """Returns when nothing waits."""
        await self._idle.wait()


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

    def __init__(self, runtime: Runtime[FeatureExtractorSettings], state: KeyedState, objects: ObjectStore) -> None:
        self._runtime = runtime
        self._state = state
        self._objects = objects
        topics = {ACTIVITY_OBSERVED.name: ACTIVITY_OBSERVED}
        self._handling = KeyedHandling(GROUP, topics, state, runtime.publisher, runtime.health)
        self._lanes: dict[TP, Lane] = {}
        self._tasks: dict[TP, asyncio.Task[None]] = {}
        self._opening = asyncio.Lock()
        self._assigned = runtime.health.wait_for(f"assignment of {GROUP}", f"Group {GROUP} has no assignment yet.")
        self._app = self._make_app()

    async def start(self) -> None:
        """Joins the group and begins."""
        await self._runtime.patiently(self._app.start)
        self._runtime.spawn("feature-extractor snapshots", self._keep_keeping())

    async def stop(self) -> None:
        """Handles what was fetched, keeps the state, commits, and leaves the group."""
        for tp in list(self._lanes):
            await self._give_up(tp)
        await self._app.consumer.commit()
        await self._app.stop()

    def _make_app(self) -> faust.App:
        settings = self._runtime.settings
        rebalance_s = settings.kafka_rebalance_ms / 1000
        app = faust.App(
            GROUP,
            broker=[f"kafka://{address.strip()}" for address in settings.kafka_bootstrap.split(",")],
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
            tp = event.message.tp
            if tp in self._app.consumer.assignment():
                lane = await self._lane(tp)
                await lane.put(event)

    async def _lane(self, tp: TP) -> Lane:
        """The lane of a partition, restored from its snapshot where it is new."""
        async with self._opening:
            lane = self._lanes.get(tp)
            if lane is None:
                partition = OwnedPartition(GROUP, tp.topic, tp.partition, self._handling, self._runtime.health)
                await partition.restore(self._state, self._objects, f"{GROUP}/{tp.topic}/{tp.partition}/")
                lane = self._lanes[tp] = Lane(partition)
                self._tasks[tp] = self._runtime.spawn(f"lane {tp.partition}", lane.run())
            return lane

    async def _on_assigned(self, _app: Any, assigned: set[TP], *_: Any, **__: Any) -> None:
        for tp in assigned:
            if tp.topic == ACTIVITY_OBSERVED.name:
                await self._lane(tp)
        self._assigned.met()

    async def _on_revoked(self, _app: Any, revoked: set[TP], *_: Any, **__: Any) -> None:
        for tp in revoked:
            await self._give_up(tp)

    async def _give_up(self, tp: TP) -> None:
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
        self._tasks.pop(tp).cancel()
        lane.partition.forget()

    async def _keep_keeping(self) -> None:
        while True:
            await asyncio.sleep(self._runtime.settings.snapshot_interval_s)
            for lane in list(self._lanes.values()):
                if lane.partition.unkept:
                    await lane.partition.keep(lane.acknowledge)
