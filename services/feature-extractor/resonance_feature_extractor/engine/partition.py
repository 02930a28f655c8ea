"""The engine of one partition: batches of activity in, batches of vectors out, free of I/O.

A vector is emitted for every tenth message, or when 250 ms of activity have passed since the first event
after the last vector, whichever is first; the stream's watermark closes what quiet users left open. What a
vector says depends on the user's own events in the order they arrived, and on nothing else.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Final

import msgspec
import numpy as np
from google.protobuf.message import DecodeError

from resonance_contracts.pb.resonance.v1 import activity_pb2
from resonance_contracts.shards import shard_of
from resonance_feature_extractor.engine.applying import UNKNOWN, Events, prepare
from resonance_feature_extractor.engine.checking import FINE, LONGEST_STRING, BadBatch, characters, check, sentence
from resonance_feature_extractor.engine.emitting import Emitted
from resonance_feature_extractor.engine.erasing import erased_record, erasures, user_of
from resonance_feature_extractor.engine.layout import HOUR
from resonance_feature_extractor.engine.reading import (
    COLUMNS,
    HEAD,
    MALFORMED,
    NO_ROOM,
    ORIGIN_AT,
    ORIGIN_SIZE,
    STREAM_AT,
    STREAM_SIZE,
    STRINGS,
    USER,
    WATERMARK,
    read,
)
from resonance_feature_extractor.engine.saving import Part
from resonance_feature_extractor.engine.siphash import siphash
from resonance_feature_extractor.engine.stream import Mark, Stream
from resonance_feature_extractor.engine.table import FORGOTTEN_SOURCES, LATE, REPEATED
from resonance_feature_extractor.engine.writing import room
from resonance_runtime.snapshots import Piece

LIVE: Final = "live"
# A replay that was not heard of for this long, by the live stream's time, is over.
REPLAY_MEMORY_US: Final = HOUR
FORMAT: Final = 2

_COUNTS: Final = {"repeated": REPEATED, "late": LATE, "forgotten_sources": FORGOTTEN_SOURCES}


class BadState(ValueError):
    """Saved state that this version cannot read; the text says why."""


class Header(msgspec.Struct):
    """What a snapshot keeps beside the users."""

    format: int
    streams: dict[str, Mark]


class Scratch:
    """Room to work in, shared by the engines of one thread."""

    def __init__(self) -> None:
        self.out = Emitted.empty()
        self.room = room()
        self.head = np.zeros(HEAD, np.int64)
        self.lengths = np.zeros(COLUMNS, np.int64)
        self.data = np.zeros(1 << 16, np.uint8)
        self._make(1 << 10)

    def take(self, value: bytes) -> Events:
        """A message read into columns.

        Raises:
            BadBatch: It is no `ActivityBatch`.
        """
        size = len(value)
        if size > len(self.data):
            self.data = np.zeros(2 * size, np.uint8)
        self.data[:size] = np.frombuffer(value, np.uint8)
        data = self.data[:size]
        while (status := read(data, self.head, self.columns, self.lengths, self.strings)) == NO_ROOM:
            self._make(2 * self.columns.shape[1])
        if status == MALFORMED:
            raise BadBatch(f"the value is not a resonance.v1.ActivityBatch{_why(value)}")
        return Events(data, self.columns, self.strings, self.names, self.rows)

    def _make(self, events: int) -> None:
        self.columns = np.zeros((COLUMNS, events), np.int64)
        self.strings = np.zeros((2 * events, 2), np.int64)
        self.names = np.zeros(2 * events, np.int64)
        self.rows = np.zeros(2 * events, np.int64)


class PartitionEngine:
    """State of all users in one partition.

    Args:
        max_age_us: Users without an event for longer than this, in event time, are forgotten.
        scratch: Room to work in; engines that are used in turn can share one.
    """

    def __init__(self, max_age_us: int = 24 * HOUR, scratch: Scratch | None = None) -> None:
        self._max_age_us = max_age_us
        self._scratch = scratch or Scratch()
        self._streams: dict[str, Stream] = {}
        # Shards to be dumped whole: they held users of a stream that is over, or users who were erased.
        self._stale: set[int] = set()
        self._erased = False

    def apply(self, value: bytes) -> list[bytes]:
        """Applies a serialized `ActivityBatch` and returns what follows from it, as serialized `VectorBatch`es.

        Raises:
            BadBatch: The batch is malformed; nothing of it was applied.
        """
        scratch = self._scratch
        scratch.out.fill[:] = 0
        events = scratch.take(value)
        head = scratch.head
        strings = int(head[STRINGS])
        fault, a, b = check(events.data, events.columns, scratch.lengths, events.strings, strings)
        count = int(scratch.lengths[USER])
        if fault != FINE:
            raise BadBatch(sentence(fault, a, b, count))
        name = self._text(value, "stream", int(head[STREAM_AT]), int(head[STREAM_SIZE]))
        if not name:
            raise BadBatch('field stream is empty; expected "live" or "replay:<id>"')
        origin = self._text(value, "origin", int(head[ORIGIN_AT]), int(head[ORIGIN_SIZE]))
        watermark_us = int(head[WATERMARK])
        prepare(events, strings)
        stream = self._streams.get(name)
        if stream is None:
            stream = self._streams[name] = Stream(name, self._max_age_us)
        out, begin = (scratch.out, scratch.room), 0
        records: list[bytes] = []
        for at in erasures(events, count) if a else ():
            records.extend(stream.apply(events, begin, at, *out))
            records.extend(stream.flush(*out))
            self._erase(events, at)
            records.append(erased_record(name, stream.mark.told_us, events, at))
            begin = at + 1
        records.extend(stream.apply(events, begin, count, *out))
        records.extend(stream.hear((origin, watermark_us), *out))
        self._end_replays(stream)
        return records

    @property
    def live_watermark_us(self) -> int:
        """Watermark of the live stream, microseconds since the epoch; 0 where nothing was heard of it."""
        live = self._streams.get(LIVE)
        return 0 if live is None else live.mark.watermark_us

    def users(self) -> int:
        """Users known now, each counted once for every stream."""
        return sum(len(stream.users) for stream in self._streams.values())

    def take_counts(self) -> dict[str, int]:
        """How many events were repeats or late, and how many sources were forgotten early, since the last call."""
        found = dict.fromkeys(_COUNTS, 0)
        for stream in self._streams.values():
            gauges = stream.users.table.gauges
            for name, place in _COUNTS.items():
                found[name] += int(gauges[place])
                gauges[place] = 0
        return found

    def take_erased(self) -> bool:
        """Whether users were erased since the last call; what was dumped before holds them."""
        erased, self._erased = self._erased, False
        return erased

    def nbytes(self) -> int:
        """Bytes that the users take."""
        return sum(stream.users.nbytes() for stream in self._streams.values())

    def dump(self, whole: Collection[int] = ()) -> tuple[bytes, dict[int, Piece]]:
        """Header, and the shards that changed since the last dump.

        Args:
            whole: Shards that are wanted whole, changed or not.
        """
        whole = self._stale | set(whole)
        parts: dict[int, list[Part]] = {shard: [] for shard in whole}
        for stream in self._streams.values():
            for shard, part in stream.save(whole):
                parts.setdefault(shard, []).append(part)
        self._stale.clear()
        header = Header(FORMAT, {name: stream.mark for name, stream in self._streams.items()})
        return msgspec.msgpack.encode(header), {
            shard: Piece(msgspec.msgpack.encode(found) if found else b"", shard in whole)
            for shard, found in parts.items()
        }

    @classmethod
    def restore(
        cls,
        header: bytes,
        shards: Mapping[int, Sequence[bytes]],
        max_age_us: int = 24 * HOUR,
        scratch: Scratch | None = None,
    ) -> PartitionEngine:
        """An engine exactly as it was when these were dumped.

        Args:
            shards: Pieces of each shard in the order they were dumped, the last whole one first.

        Raises:
            BadState: They are of another version, or damaged.
        """
        engine = cls(max_age_us, scratch)
        try:
            head = msgspec.msgpack.decode(header, type=Header)
            if head.format != FORMAT:
                raise BadState(f"the saved state has format {head.format}; this version reads format {FORMAT}")
            for name, mark in head.streams.items():
                engine._streams[name] = Stream(name, max_age_us, mark)
            for piece in (piece for pieces in shards.values() for piece in pieces if piece):
                for part in msgspec.msgpack.decode(piece, type=list[Part]):
                    if part.stream in engine._streams:
                        engine._streams[part.stream].load(part)
        except (msgspec.DecodeError, ValueError) as error:
            raise BadState(
                f"the saved state of this partition cannot be read: {error}; remove it from the store to begin anew"
            ) from error
        for stream in engine._streams.values():
            stream.reopen()
        return engine

    def _text(self, value: bytes, field: str, at: int, size: int) -> str:
        if size > 4 * LONGEST_STRING or characters(self._scratch.data, at, size) < 0:
            raise BadBatch(f"field {field} is no text of at most {LONGEST_STRING} characters")
        return value[at : at + size].decode()

    def _erase(self, events: Events, at: int) -> None:
        """Forgets the user of an event in all streams."""
        key = user_of(events, at)
        events.rows[:] = UNKNOWN
        for stream in self._streams.values():
            stream.forget(key)
        # What was dumped may hold them even where they are not known any more.
        self._stale.add(shard_of(key.decode()))
        self._erased = True

    def _end_replays(self, stream: Stream) -> None:
        """Forgets replays that were not heard of for long by the time of the live stream."""
        now_us = self.live_watermark_us
        stream.mark.live_us = now_us
        if stream is not self._streams.get(LIVE):
            return
        for name, other in list(self._streams.items()):
            if other.mark.live_us == 0:
                other.mark.live_us = now_us
            elif other.mark.live_us < now_us - REPLAY_MEMORY_US:
                self._stale |= other.shards()
                del self._streams[name]


def vector_id(stream: str, key: str, ordinal: int, end_us: int) -> str:
    """Id of a vector: "v_" and 32 hexadecimal digits, a function of what it was made from.

    They are the SipHash of the four, joined by zero bytes, and that of the same with a zero byte more.
    """
    text = np.frombuffer(f"{stream}\0{key}\0{ordinal}\0{end_us}\0".encode(), np.uint8).copy()
    halves = (siphash(text, 0, len(text) - 1), siphash(text, 0, len(text)))
    return "v_" + "".join(f"{half:016x}" for half in halves)


def _why(value: bytes) -> str:
    try:
        activity_pb2.ActivityBatch.FromString(value)
    except DecodeError as error:
        return f": {error}"
    return ""
