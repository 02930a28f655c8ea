"""Takes events in, brings them to the broker in batches, and says what time it is on every stream.

Memory is bounded: `capacity` events may wait. When more come, connections that can wait (replays, and clients that
asked for acknowledgements) are not read until there is room; events of all others are dropped and counted.
"""

from __future__ import annotations

import asyncio
import secrets
from collections import Counter
from collections.abc import Sequence
from functools import partial
from time import monotonic
from typing import Final

from resonance_contracts.shards import partition_of
from resonance_gateway.tracking.activity import LIVE_STREAM, Activity, Kind, Stream
from resonance_gateway.tracking.clock import Clock
from resonance_gateway.tracking.lane import Lane, Sender, Spawn
from resonance_gateway.tracking.receipts import Receipt
from resonance_gateway.tracking.watermarks import Watermarks
from resonance_gateway.tracking.whereabouts import Whereabouts
from resonance_runtime import metrics
from resonance_runtime.health import Health

# Between two flushes events gather, at least for so long; the first after a pause goes at once.
FLUSH_S: Final = 0.003
# Longer where they go to many partitions, because a record costs its readers more than the events in it do.
_FLUSH_A_LANE_S: Final = 0.0015
# And as long as this where so many events come that larger records are worth more than a few milliseconds.
_LONGEST_FLUSH_S: Final = 0.02
_MANY_A_SECOND: Final = 20_000
# The watermark of a stream is that of the gateway that told its own last, and what quiet users did waits for it: of the
# 500 ms that an anomaly may take, 250 are the vector's, and this.
HEARTBEAT_S: Final = 0.1
# A replay without connections for this long is over.
REPLAY_IDLE_S: Final = 600.0

# The broker stores while a batch was stored within this time.
_STORES_S: Final = 0.5
_RELIEF_S: Final = 0.01

_SESSION_KINDS: Final = frozenset({Kind.CONNECT, Kind.LOGIN, Kind.DISCONNECT})


class Tracker:
    """Collects the events of all connections of this process; a component of the service.

    Args:
        sender: Takes records; the runtime's publisher.
        instance: Name of this process among its replicas.
        clock: The gateway's clock.
        health: Told when events cannot be stored.
        spawn: Starts tasks whose failure ends the service.
        capacity: How many events may wait.
        whereabouts: Told of what was stored.

    Attributes:
        unsent: Events that wait.
        dropped: Events that were lost since the start.
        full: Whether connections that can wait should.
    """

    def __init__(
        self,
        sender: Sender,
        instance: str,
        clock: Clock,
        health: Health,
        spawn: Spawn,
        capacity: int = 200_000,
        whereabouts: Whereabouts | None = None,
    ) -> None:
        self.whereabouts = Whereabouts() if whereabouts is None else whereabouts
        self._sender = sender
        self._ids = f"{instance}/{secrets.token_hex(6)}"
        self._clock = clock
        self._health = health
        self._spawn = spawn
        self._capacity = capacity
        self._partitions = 0
        self._partition_of: dict[str, int] = {}
        self._lanes: dict[tuple[int, Stream], Lane] = {}
        self._batches: Counter[int] = Counter()
        self._watermarks = Watermarks()
        self._waiting: list[Lane] = []
        self._stored_at = 0.0
        self._taken = self._taken_before = 0
        self._flushed_at = 0.0
        self._pause_s = FLUSH_S
        self._timer: asyncio.TimerHandle | None = None
        self._connections: Counter[Stream] = Counter()
        self._left_at: dict[Stream, float] = {}
        self._room = asyncio.Event()
        self._room.set()
        self._beating: asyncio.Task[None] | None = None
        self.unsent = 0
        self.full = False
        self.dropped = 0

    def begin(self, partitions: int) -> None:
        """Begins to tell watermarks; `partitions` is how many the topic has."""
        self._partitions = partitions
        self._beating = self._spawn("watermarks", self._beat())

    async def stop(self, deadline_s: float) -> bool:
        """Sends all that waits; False where it was not stored in time."""
        if self._beating is not None:
            self._beating.cancel()
        try:
            async with asyncio.timeout(deadline_s):
                while self.unsent:
                    self._flush()
                    await asyncio.sleep(FLUSH_S)
        except TimeoutError:
            return False
        return True

    # Connections

    def joined(self, stream: Stream) -> None:
        """A connection of a stream was opened."""
        self._connections[stream] += 1
        self._left_at.pop(stream, None)

    def left(self, stream: Stream) -> None:
        """A connection of a stream is gone."""
        self._connections[stream] -= 1
        if not self._connections[stream]:
            del self._connections[stream]
            if stream.is_replay:
                self._left_at[stream] = asyncio.get_running_loop().time()

    async def room(self) -> None:
        """Returns when there is room again."""
        await self._room.wait()

    @property
    def pressed(self) -> bool:
        """Whether more comes in than is stored, though the broker stores: then readers should pause a little.

        Where the broker does not store at all, nobody pauses: users go on, and events are dropped when no more may
        wait.
        """
        return self.unsent > self._capacity // 2 and monotonic() - self._stored_at < _STORES_S

    async def relief(self) -> None:
        """A little time for what waits to be stored."""
        await asyncio.sleep(_RELIEF_S)

    def offer(self, stream: Stream, event: Activity, receipt: Receipt | None) -> bool:
        """Takes an event.

        Args:
            stream: Stream it belongs to.
            event: The event.
            receipt: Of the connection, where the client wants acknowledgements.

        Returns:
            False where the event was dropped, which happens to live events without a receipt alone.
        """
        return self.take(self.lane(stream, event.user_key), event, receipt)

    def lane(self, stream: Stream, user_key: str) -> Lane:
        """The way of a user's events of a stream, for `take`; good while a connection of the stream is open."""
        return self._lane(self._partition(user_key), stream)

    def take(self, lane: Lane, event: Activity, receipt: Receipt | None) -> bool:
        """As `offer`, by one who has looked up the lane of the user."""
        if self.unsent >= self._capacity and receipt is None and not self._keeps(lane.stream, event):
            self._drop(1, f"Events are dropped: {self.unsent} wait for the broker, no more may.")
            return False
        if lane.is_replay:
            self._watermarks.saw(lane.stream, event.time_us)
        self.unsent += 1
        self._taken += 1
        if self.unsent >= self._capacity:
            self.full = True
            self._room.clear()
        if lane.add(event, receipt):
            self._waiting.append(lane)
            if self._timer is None:
                self._call_tick(self._flushed_at + self._pause_s - monotonic())
        return True

    def erase(self, user_key: str, source: str) -> asyncio.Future[None]:
        """Says in every stream that a user is erased, behind all that was taken of them, however full it is.

        Returns:
            Done when it is stored in all of them.
        """
        now_us = self._clock.now_us()
        streams = {LIVE_STREAM, *(stream for _, stream in self._lanes)}
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        unstored = set(streams)

        def stored(stream: Stream) -> None:
            unstored.discard(stream)
            if not unstored and not done.done():
                done.set_result(None)

        for stream in streams:
            time_us = max(1, self._watermark(stream)) if stream.is_replay else now_us
            event = Activity(user_key, source, 1, time_us, Kind.ERASED, 0, "", "", "", False, now_us)
            self.offer(stream, event, Receipt(source, partial(stored, stream)))
        self._partition_of.pop(user_key, None)
        return done

    def _keeps(self, stream: Stream, event: Activity) -> bool:
        """Whether an event is kept although there is no room.

        A replay is slowed down instead. Who is connected matters for long, so live connects and disconnects have as
        much room again.
        """
        return stream.is_replay or (event.kind in _SESSION_KINDS and self.unsent < 2 * self._capacity)

    # What lanes report

    def stored(self, events: Sequence[Activity]) -> None:
        """The events of a batch were stored."""
        self._stored_at = monotonic()
        self._release(len(events))
        metrics.GATEWAY_EVENTS_STORED.inc(len(events))
        self.whereabouts.saw(events)
        self._health.clear("activity")

    def refused(self, events: int, reason: str) -> None:
        """A batch can never be stored."""
        self._release(events)
        self._drop(events, f"Events were lost: {reason}.")

    def failed(self, reason: str) -> None:
        """The broker did not take a batch."""
        metrics.GATEWAY_SEND_FAILURES.inc()
        self._health.degraded("activity", f"Events are not stored now, {self.unsent} wait: {reason}")

    def _drop(self, events: int, sentence: str) -> None:
        self.dropped += events
        metrics.GATEWAY_EVENTS_DROPPED.inc(events)
        self._health.degraded("activity", sentence)

    def _release(self, events: int) -> None:
        self.unsent -= events
        self.full = self.unsent >= self._capacity
        if self.unsent <= self._capacity // 2:
            self._room.set()

    # Time

    def _call_tick(self, delay_s: float) -> None:
        self._timer = asyncio.get_running_loop().call_later(max(0.0, delay_s), self._tick)

    def _tick(self) -> None:
        """Flushes, unless so many events came of late that waiting makes fewer and larger records of them."""
        came, self._taken_before = self._taken - self._taken_before, self._taken
        if came >= _MANY_A_SECOND * self._pause_s and monotonic() - self._flushed_at < _LONGEST_FLUSH_S:
            return self._call_tick(self._pause_s)
        self._flush()

    def _flush(self) -> None:
        self._flushed_at = monotonic()
        self._pause_s = min(max(FLUSH_S, _FLUSH_A_LANE_S * len(self._waiting)), _LONGEST_FLUSH_S)
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        for lane in self._waiting:
            lane.flush()
        self._waiting = [lane for lane in self._waiting if lane.gathering]
        if self._waiting:
            self._call_tick(self._pause_s)

    async def _beat(self) -> None:
        while True:
            self._forget_replays()
            metrics.GATEWAY_EVENTS_UNSENT.set(self.unsent)
            for stream in [LIVE_STREAM, *self._replays()]:
                # Where events flow, their batches tell it; a replay that ends is told to its last microsecond.
                after_us = 0 if stream.is_replay else round(HEARTBEAT_S * 500_000)
                for partition in range(self._partitions):
                    self._lane(partition, stream).tell_watermark(after_us)
            await asyncio.sleep(HEARTBEAT_S)

    def _replays(self) -> set[Stream]:
        return {stream for _, stream in self._lanes if stream.is_replay}

    def _forget_replays(self) -> None:
        now = asyncio.get_running_loop().time()
        for stream in [s for s, left in self._left_at.items() if now - left > REPLAY_IDLE_S]:
            lanes = [key for key in self._lanes if key[1] == stream]
            if all(self._lanes[key].idle for key in lanes):
                del self._left_at[stream]
                self._watermarks.forget(stream)
                for key in lanes:
                    del self._lanes[key]

    def _partition(self, user_key: str) -> int:
        known = self._partition_of.get(user_key)
        if known is None:
            if len(self._partition_of) >= 100_000:
                self._partition_of.clear()
            known = self._partition_of[user_key] = partition_of(user_key, self._partitions)
        return known

    def _lane(self, partition: int, stream: Stream) -> Lane:
        lane = self._lanes.get((partition, stream))
        if lane is None:
            lane = self._lanes[partition, stream] = Lane(
                self._ids,
                partition,
                stream,
                self._sender,
                partial(self._next_id, partition),
                partial(self._watermark, stream),
                self,
                self._spawn,
            )
        return lane

    def _next_id(self, partition: int) -> str:
        self._batches[partition] += 1
        return f"{self._ids}/{partition}/{self._batches[partition]}"

    def _watermark(self, stream: Stream) -> int:
        return self._watermarks.of(stream, self._clock.now_us())
