"""The engine of one partition: batches of activity in, batches of vectors out, free of I/O.

A vector is emitted for every tenth message, or when 250 ms of activity have passed since the first event
after the last vector, whichever is first; the stream's watermark closes what quiet users left open. What a
vector says depends on the user's own events in the order they arrived, and on nothing else.
"""

from __future__ import annotations

from hashlib import blake2b
from heapq import heappop, heappush
from typing import Final

import msgspec

from resonance_contracts.features import CATALOGUE_VERSION, WIDTH
from resonance_contracts.pb.resonance.v1 import activity_pb2, features_pb2
from resonance_contracts.shards import shard_of
from resonance_feature_extractor.events import BadBatch, Event, events_of
from resonance_feature_extractor.user import HOUR, SECOND, Pending, User
from resonance_feature_extractor.vector import vector

MESSAGES_PER_VECTOR: Final = 10
ACTIVITY_US: Final = 250_000
# How far the watermark moves before it is told to readers without a vector.
WATERMARK_STEP_US: Final = SECOND


class Stream(msgspec.Struct):
    """What is known of one stream in this partition; microseconds since the epoch.

    Attributes:
        watermark_us: No event is expected to be earlier.
        told_us: The watermark that readers were told last.
        swept_us: Watermark at the last eviction.
    """

    watermark_us: int = 0
    told_us: int = 0
    swept_us: int = 0


class Header(msgspec.Struct):
    """What a snapshot keeps beside the users."""

    streams: dict[str, Stream]


class PartitionEngine:
    """State of all users in one partition.

    Args:
        max_age_us: Users without an event for longer than this, in event time, are forgotten.
    """

    def __init__(self, max_age_us: int = 24 * HOUR) -> None:
        self._max_age_us = max_age_us
        self._shards: dict[int, dict[tuple[str, str], User]] = {}
        self._streams: dict[str, Stream] = {}
        self._open: dict[str, list[tuple[int, str]]] = {}
        self._dirty: set[int] = set()

    def apply(self, batch: activity_pb2.ActivityBatch) -> features_pb2.VectorBatch | None:
        """Applies a batch and returns what follows from it, or None where nothing does.

        Raises:
            BadBatch: The batch is malformed; nothing of it was applied.
        """
        if not batch.stream:
            raise BadBatch('field stream is empty; expected "live" or "replay:<id>"')
        events = list(events_of(batch))
        stream = self._streams.setdefault(batch.stream, Stream())
        out = features_pb2.VectorBatch(stream=batch.stream, catalogue_version=CATALOGUE_VERSION, width=WIDTH)
        for event in events:
            self._take(batch.stream, event, out)
        if batch.watermark_us > stream.watermark_us:
            stream.watermark_us = batch.watermark_us
            self._close_quiet(batch.stream, stream.watermark_us, out)
            self._evict(batch.stream, stream)
        out.watermark_us = stream.watermark_us
        if not out.vector_id and stream.watermark_us - stream.told_us < WATERMARK_STEP_US:
            return None
        stream.told_us = stream.watermark_us
        return out

    def users(self) -> int:
        """Users known now, each counted once for every stream."""
        return sum(map(len, self._shards.values()))

    def dump(self) -> tuple[bytes, dict[int, bytes]]:
        """Header, and the shards that changed since the last dump; an empty one holds nobody any more."""
        changed = {s: self._dump_shard(s) for s in self._dirty}
        self._dirty.clear()
        return msgspec.msgpack.encode(Header(self._streams)), changed

    @classmethod
    def restore(cls, header: bytes, shards: dict[int, bytes], max_age_us: int = 24 * HOUR) -> PartitionEngine:
        """An engine exactly as it was when these were dumped."""
        engine = cls(max_age_us)
        engine._streams = msgspec.msgpack.decode(header, type=Header).streams
        for shard, data in shards.items():
            users = msgspec.msgpack.decode(data, type=list[tuple[str, str, User]])
            engine._shards[shard] = {(stream, key): user for stream, key, user in users}
            for stream, key, user in users:
                if user.pending.first_us:
                    engine._remember_open(stream, key, user.pending)
        return engine

    def _dump_shard(self, shard: int) -> bytes:
        users = self._shards.get(shard)
        if not users:
            return b""
        return msgspec.msgpack.encode([(stream, key, user) for (stream, key), user in users.items()])

    def _take(self, stream: str, event: Event, out: features_pb2.VectorBatch) -> None:
        shard = shard_of(event.user)
        user = self._shards.setdefault(shard, {}).setdefault((stream, event.user), User())
        self._dirty.add(shard)
        if user.seen(event.source, event.sequence):
            return
        pending = user.pending
        if pending.first_us and event.time_us >= pending.first_us + ACTIVITY_US:
            self._emit(stream, event.user, user, features_pb2.EMISSION_REASON_TIME, out)
        opened = not user.pending.first_us
        user.apply(event)
        if user.pending.messages >= MESSAGES_PER_VECTOR:
            self._emit(stream, event.user, user, features_pb2.EMISSION_REASON_COUNT, out)
        elif opened:
            self._remember_open(stream, event.user, user.pending)

    def _remember_open(self, stream: str, key: str, pending: Pending) -> None:
        if pending.first_us:
            heappush(self._open.setdefault(stream, []), (pending.first_us + ACTIVITY_US, key))

    def _close_quiet(self, stream: str, watermark_us: int, out: features_pb2.VectorBatch) -> None:
        """Emits what users left open, in the order of time and then of key."""
        waiting = self._open.get(stream, [])
        while waiting and waiting[0][0] <= watermark_us:
            due_us, key = heappop(waiting)
            user = self._shards.get(shard_of(key), {}).get((stream, key))
            if user is not None and user.pending.first_us and user.pending.first_us + ACTIVITY_US == due_us:
                self._dirty.add(shard_of(key))
                self._emit(stream, key, user, features_pb2.EMISSION_REASON_TIME, out)

    def _emit(
        self, stream: str, key: str, user: User, reason: features_pb2.EmissionReason, out: features_pb2.VectorBatch
    ) -> None:
        pending, user.pending = user.pending, Pending()
        user.ordinal += 1
        out.vector_id.append(vector_id(stream, key, user.ordinal, pending.last_us))
        out.user_key.append(key)
        out.ordinal.append(user.ordinal)
        out.start_us.append(pending.first_us)
        out.end_us.append(pending.last_us)
        out.values.extend(vector(user))
        out.reason.append(reason)
        out.first_received_us.append(pending.first_received_us)
        out.last_received_us.append(pending.last_received_us)

    def _evict(self, name: str, stream: Stream) -> None:
        """Forgets users who were quiet for too long, looked for once an hour of event time."""
        if stream.watermark_us - stream.swept_us < HOUR:
            return
        stream.swept_us = stream.watermark_us
        oldest = stream.watermark_us - self._max_age_us
        for shard, users in self._shards.items():
            gone = [key for key, user in users.items() if key[0] == name and user.now_us < oldest]
            if gone:
                self._dirty.add(shard)
            for key in gone:
                del users[key]


def vector_id(stream: str, key: str, ordinal: int, end_us: int) -> str:
    """Id of a vector: "v_" and 32 hexadecimal digits, a function of what it was made from."""
    text = f"{stream}\0{key}\0{ordinal}\0{end_us}"
    return "v_" + blake2b(text.encode(), digest_size=16).hexdigest()
