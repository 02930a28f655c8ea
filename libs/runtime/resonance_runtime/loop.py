"""The Kafka loop: one member of a consumer group.

- Each partition has at most one batch in work; behind it as much as makes another one waits in its inbox, and
  no more is fetched: that bounds memory and is the back pressure. `concurrency` bounds the batches in work
  together.
- A batch is committed after it was handled to the end (see `handling`); with keyed state, after the
  snapshot that holds it (see `keyed`).
- Before a partition is given up, its batch ends, its state is kept and its offset committed.
- Progress is watched: a batch that does not end makes the service not alive.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from aiokafka import TopicPartition
from aiokafka.errors import CommitFailedError, ConsumerStoppedError, IllegalStateError, KafkaError

from resonance_contracts.topics import Topic
from resonance_runtime.beginning import begin_group
from resonance_runtime.errors import Unavailable
from resonance_runtime.handling import Handler, Handling
from resonance_runtime.inbox import Inbox
from resonance_runtime.keyed import KeyedHandling, KeyedState
from resonance_runtime.lag import LagGauge
from resonance_runtime.member import HEARTBEAT_MS, Rebalances, leave, member_of
from resonance_runtime.membership import Membership
from resonance_runtime.objects import ObjectStore
from resonance_runtime.partition import BatchHandling, OwnedPartition
from resonance_runtime.patience import persistently
from resonance_runtime.places import Misplaced, Place
from resonance_runtime.records import Outgoing, RawRecord
from resonance_runtime.runtime import Runtime
from resonance_runtime.waiting import until

log = logging.getLogger(__name__)

LOOK_S: Final = 0.5
CATCH_UP_LOOK_S: Final = 0.05
COMMIT_INTERVAL_S: Final = 0.2
IDLE_WAIT_MS: Final = 100
BUSY_WAIT_MS: Final = 3


@dataclass(slots=True)
class _Seat:
    """A partition that is ours, what waits for it, and the task that works on it while something does."""

    partition: OwnedPartition
    inbox: Inbox
    work: asyncio.Task[None] | None = None

    @property
    def working(self) -> bool:
        return self.work is not None and not self.work.done()


class RecordLoop:
    """One member of a consumer group; a component of a service.

    Give it either `handle`, for work without state, or `state` and `objects`, for keyed state, or `handling`, for
    records that are not ours; `stored` is told what the broker has of what followed from state. A service that does
    more than read this group is ready before the group has met: `needed` is False then. With `leading`, all partitions
    are one member's, which is told so before its first record, with True, and after its last one, with False.
    """

    def __init__(
        self,
        runtime: Runtime[Any],
        *,
        group: str,
        topics: Sequence[Topic],
        handle: Handler | None = None,
        handling: BatchHandling | None = None,
        state: KeyedState | None = None,
        objects: ObjectStore | None = None,
        max_batch: int = 500,
        concurrency: int = 4,
        stored: Callable[[Sequence[Outgoing]], None] | None = None,
        needed: bool = True,
        leading: Callable[[bool], Awaitable[None]] | None = None,
    ) -> None:
        if [handle, handling, state].count(None) != 2 or (state is None) != (objects is None):
            raise ValueError("a loop takes either handle, or handling, or state and objects")
        self._runtime = runtime
        self._group = group
        self._topics = {t.name: t for t in topics}
        self._lag = LagGauge(group)
        begin_group(group, self._topics)
        self._state, self._objects = state, objects
        self._membership = Membership(group, (self._session_ms - HEARTBEAT_MS) / 1000)
        self._handling: BatchHandling
        if handling is not None:
            self._handling = handling
        elif handle is not None:
            self._handling = Handling(group, self._topics, handle, runtime.publisher, runtime.health)
        elif state is not None:
            self._handling = KeyedHandling(
                group,
                self._topics,
                state,
                runtime.publisher,
                runtime.health,
                stored=stored,
                membership=self._membership,
            )
        self._max_batch = max_batch
        self._slots = asyncio.Semaphore(concurrency)
        self._seats: dict[TopicPartition, _Seat] = {}
        self._assigned = runtime.health.wait_for(f"assignment of {group}", f"Group {group} has no assignment yet.")
        self._needed = needed
        self._leading = leading
        if not needed:
            self._assigned.met()
        self._wake = asyncio.Event()
        self._stopping = self._joined = False
        self._running: list[asyncio.Task[None]] = []
        self._taking: asyncio.Task[None] | None = None
        self._listener = Rebalances(
            self._take_over_unless_stopped, self._give_up, partial(runtime.crash, f"{group} rebalance")
        )
        self._consumer = member_of(
            group, runtime.settings, self._session_ms, self._lasting_name, alone=leading is not None
        )

    async def start(self) -> None:
        """Begins; returns at once, since joining a group takes as long as its other members need."""
        self._running = [self._runtime.spawn(f"{self._group} loop", self._run())]

    async def stop(self) -> None:
        """Ends the batches in work, keeps their state, commits, and leaves the group."""
        self._stopping = True
        if not self._joined:
            for task in self._running:
                task.cancel()
        if self._taking is not None:
            self._taking.cancel()
            await asyncio.wait([self._taking])
        await self._give_up(list(self._seats))
        await leave(self._group, self._consumer)

    def require(self) -> None:
        """Raises Conflict where what this member owned may be another's by now: see `Membership`."""
        self._membership.require()

    async def caught_up(self, seconds: float) -> None:
        """Waits until what stood in its partitions when it got them is handled, or so many seconds."""
        until = time.monotonic() + seconds
        ends: dict[TopicPartition, int] = {}
        while time.monotonic() < until:
            # A partition may be given up while this waits: what is known of the others is looked at in one go after it.
            seen, given = set(ends), await self._given(ends)
            found = {tp: self._consumer.highwater(tp) for tp in self._seats.keys() & self._consumer.assignment()}
            ends = {tp: ends.get(tp, end) for tp, end in found.items() if end is not None}
            known = self._assigned.reason is None and seen == set(self._seats)
            if known and given and not self._behind(ends):
                return
            await asyncio.sleep(CATCH_UP_LOOK_S)

    async def _given(self, ends: Mapping[TopicPartition, int]) -> bool:
        """Whether what stood there was handed to the partitions: until then one that has no work may have some soon."""
        try:
            return all([await self._consumer.position(tp) >= end for tp, end in ends.items()])
        except IllegalStateError:
            return False  # One of them was given up meanwhile.

    def _behind(self, ends: Mapping[TopicPartition, int]) -> bool:
        """Whether a partition has work, and is not at its end."""
        seats = ((self._seats[tp], end) for tp, end in ends.items())
        return any(seat.working and (seat.partition.done or 0) < end for seat, end in seats)

    async def change_state(self, change: Callable[[int], Awaitable[None]]) -> None:
        """Applies `change` to every partition's state between two batches, and keeps it before the next one.

        What follows from a record may therefore depend on the change: a replay finds it in the snapshot. Partitions do
        not wait for each other: one may be writing what it changed before.
        """
        seats = list(self._seats.items())
        await asyncio.gather(*(seat.partition.change(change, self._committer(tp)) for tp, seat in seats))

    @property
    def _lasting_name(self) -> str | None:
        """Keyed state is taken over by the terms of `membership`, which go by sessions."""
        return self._runtime.settings.lasting_name if self._state is None else None

    @property
    def _session_ms(self) -> int:
        """Time without a heartbeat after which the group goes on without this member, milliseconds."""
        return max(6000, int(self._runtime.settings.kafka_rebalance_ms))

    async def _run(self) -> None:
        self._consumer.subscribe(list(self._topics), listener=self._listener)
        await self._runtime.patiently(f"group {self._group}", self._consumer.start, needed=self._needed)
        self._joined = True
        self._runtime.spawn(f"{self._group} membership", self._keep_looking())
        self._runtime.spawn(f"{self._group} commit", self._keep_committing())
        self._runtime.spawn(f"{self._group} lag", self._lag.keep_looking(self._ends))
        await self._poll()

    async def _keep_looking(self) -> None:
        while True:
            self._membership.look()
            await asyncio.sleep(LOOK_S)

    async def _poll(self) -> None:
        while not self._stopping:
            wanted = [tp for tp, seat in self._seats.items() if not seat.inbox.full]
            if not wanted:
                await self._until_wanted()
                continue
            try:
                # A partition that gets room meanwhile is not among those waited for, so the wait is short then.
                wait_ms = IDLE_WAIT_MS if len(wanted) == len(self._seats) else BUSY_WAIT_MS
                batches = await self._consumer.getmany(*wanted, timeout_ms=wait_ms, max_records=self._max_batch)
            except ConsumerStoppedError:
                return
            except (KafkaError, ValueError) as error:
                # A partition that was taken away between the two lines is a ValueError.
                log.info("poll failed", extra={"group": self._group, "reason": repr(error)})
                await asyncio.sleep(0.1)
                continue
            for tp, raws in batches.items():
                self._deliver(tp, raws)

    def _deliver(self, tp: TopicPartition, raws: Sequence[RawRecord]) -> None:
        """Gives a partition of ours what was fetched of it, and lets it begin."""
        seat = self._seats.get(tp)
        if seat is None or not raws:
            return
        if seat.partition.done is None and not seat.working:
            self._lag.at(tp, raws[0].offset)
        seat.inbox.put(raws)
        if not seat.working:
            seat.work = asyncio.create_task(self._work(tp, seat))

    async def _until_wanted(self) -> None:
        """Waits until a partition may have room; a rebalance is noticed within the time-out."""
        self._wake.clear()
        await until(self._wake, 0.2)

    async def _work(self, tp: TopicPartition, seat: _Seat) -> None:
        """Handles what waits for a partition, batch after batch, until nothing does."""
        try:
            while raws := seat.inbox.take():
                self._wake.set()
                async with self._slots:
                    await seat.partition.handle(raws)
                self._observe_lag(tp, seat.partition)
        except Exception as fault:
            self._runtime.crash(f"{self._group} work", fault)

    def _observe_lag(self, tp: TopicPartition, partition: OwnedPartition) -> None:
        if tp in self._seats:
            self._lag.at(tp, partition.done)
            self._lag.end(tp, self._consumer.highwater(tp))

    async def _ends(self) -> list[tuple[TopicPartition, int]]:
        """What the broker says of our partitions; where one has no work yet, from where we read it."""
        for tp, seat in list(self._seats.items()):
            if seat.partition.done is None and not seat.working:
                self._lag.at(tp, await self._consumer.position(tp))
        ends: Mapping[TopicPartition, int] = await self._consumer.end_offsets(list(self._seats)) if self._seats else {}
        # The embedded broker tells of the last batch only where it begins; what was fetched knows better then.
        return [(tp, max(end, self._consumer.highwater(tp) or 0)) for tp, end in ends.items() if tp in self._seats]

    async def _keep_committing(self) -> None:
        interval = COMMIT_INTERVAL_S if self._state is None else self._runtime.settings.snapshot_interval_s
        while not self._stopping:
            await asyncio.sleep(interval)
            for tp, seat in list(self._seats.items()):
                if seat.partition.due:
                    await seat.partition.keep(self._committer(tp))

    def _committer(self, tp: TopicPartition) -> Callable[[int], Awaitable[None]]:
        async def commit(offset: int) -> None:
            try:
                await self._consumer.commit({tp: offset})
            except CommitFailedError:
                log.info("commit refused: the partition moved on", extra={"group": self._group, "partition": str(tp)})
            except KafkaError as error:
                # The next one holds this one; until then the records would be read again, which is harmless.
                log.warning("commit failed", extra={"group": self._group, "reason": repr(error)})

        return commit

    async def _take_over_unless_stopped(self, tps: Iterable[TopicPartition]) -> None:
        """Takes partitions over; is ended where this member stops: whoever comes next does it anew."""
        if self._stopping:
            return
        self._taking = asyncio.create_task(self._take_over(tps))
        try:
            await asyncio.wait([self._taking])
            if not self._taking.cancelled():
                self._taking.result()
        finally:
            self._taking.cancel()
            self._taking = None

    async def _take_over(self, tps: Iterable[TopicPartition]) -> None:
        """Restores the state of partitions before their first record; takes none where state is misplaced."""
        taken = list(tps)
        self._membership.renew()
        if self._leading is not None and taken:
            await self._leading(True)
        try:
            prefixes = {tp: await self._prefix(tp, self._objects) for tp in taken} if self._objects else {}
        except Misplaced as fault:
            log.error("partitions not taken over", extra={"group": self._group, "reason": str(fault)})
            return self._assigned.unmet(str(fault))
        for tp in taken:
            partition = OwnedPartition(self._group, tp.topic, tp.partition, self._handling, self._runtime.health)
            if self._state is not None and self._objects is not None:
                begin = await partition.restore(self._state, self._objects, prefixes[tp])
                if begin is None:
                    await self._consumer.seek_to_beginning(tp)
                else:
                    self._consumer.seek(tp, begin)
            self._seats[tp] = _Seat(partition, Inbox(self._max_batch))
        self._assigned.met()
        self._wake.set()

    async def _prefix(self, tp: TopicPartition, objects: ObjectStore) -> str:
        """Prefix of the state of a partition.

        Raises:
            Misplaced: It belongs to another number of partitions.
        """
        place = Place(self._group, tp.topic, len(self._consumer.partitions_for_topic(tp.topic) or ()))
        find = partial(place.find, objects, tp.partition)
        return await persistently(find, self._runtime.health, f"{self._group} restore")

    async def _give_up(self, tps: Iterable[TopicPartition]) -> None:
        """Ends the work on partitions before another member gets them: on all of them, whatever becomes of one.

        Side by side: together they take no longer than the one that takes longest. One that stayed would go on with the
        state that its successor in this process is given under the same number.

        Raises:
            Conflict: Another member has one of them already.
        """
        seats = [(tp, seat) for tp in tps if (seat := self._seats.pop(tp, None)) is not None]
        for _, seat in seats:
            seat.inbox.clear()
        ended = await asyncio.gather(*(self._finish(tp, seat) for tp, seat in seats), return_exceptions=True)
        faults = [fault for fault in ended if isinstance(fault, Exception)]
        for _, seat in seats:
            seat.partition.forget()
        for tp, _ in seats:
            self._lag.forget(tp)
        if self._leading is not None:
            await self._leading(False)
        if faults:
            raise faults[0]

    async def _finish(self, tp: TopicPartition, seat: _Seat) -> None:
        try:
            async with asyncio.timeout(self._runtime.settings.drain_s):
                if seat.work is not None:
                    await asyncio.wait([seat.work])
                if seat.partition.unkept:
                    await seat.partition.keep(self._committer(tp))
        except (TimeoutError, Unavailable) as fault:
            # Not finished, so not kept: whoever owns the partition next does it again under the same ids.
            log.warning(
                "given up unfinished", extra={"group": self._group, "partition": str(tp), "reason": repr(fault)}
            )
            if seat.work is not None:
                seat.work.cancel()
