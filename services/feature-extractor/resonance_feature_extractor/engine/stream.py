"""One stream in one partition: its users, its watermark, and what follows from its events."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from resonance_contracts.shards import SHARDS
from resonance_feature_extractor.engine.applying import Events, apply, find_users
from resonance_feature_extractor.engine.emitting import VECTORS, Emitted, full
from resonance_feature_extractor.engine.eviction import forget_before, remove
from resonance_feature_extractor.engine.layout import CHANGED, HOUR, LIVE, SECOND, SHARD
from resonance_feature_extractor.engine.quiet import ROW, Quiet, close, push_open
from resonance_feature_extractor.engine.saving import Part, load, rows_of_shards, save
from resonance_feature_extractor.engine.table import FRESH_ROW, Users, find_key
from resonance_feature_extractor.engine.writing import record

# An origin whose watermark is this far behind the newest is not waited for: it is gone, or has nothing to say.
ORIGIN_PATIENCE_US: Final = 5 * SECOND
ORIGIN_MEMORY_US: Final = 60 * SECOND
# How far the watermark moves before it is told to readers without a vector.
WATERMARK_STEP_US: Final = SECOND


class Mark(msgspec.Struct):
    """Where a stream stands; microseconds since the epoch.

    Attributes:
        watermark_us: No event is expected to be earlier.
        told_us: The watermark that readers were told last.
        swept_us: Watermark at the last eviction.
        live_us: Watermark of the live stream when this one was heard of last.
        origins: Watermark of each origin that was heard of lately.
    """

    watermark_us: int = 0
    told_us: int = 0
    swept_us: int = 0
    live_us: int = 0
    origins: dict[str, int] = msgspec.field(default_factory=dict)


class Stream:
    """Users of one stream.

    Attributes:
        users: What is known of them.
        mark: Where the stream stands.
    """

    def __init__(self, name: str, max_age_us: int, mark: Mark | None = None) -> None:
        self.name = name
        self.users = Users()
        self.mark = mark or Mark()
        self._max_age_us = max_age_us
        self._quiet = Quiet.empty()
        self._removed: dict[int, list[bytes]] = {}

    def apply(self, events: Events, begin: int, end: int, out: Emitted, room: NDArray[np.uint8]) -> Iterator[bytes]:
        """Applies events from `begin` to before `end`; gives the records of vectors that follow and had no room.

        Args:
            out, room: Room to work in.
        """
        done = begin
        while (done := find_users(self.users.table, events, done, end)) < end:
            self.users.make_room()
        done = begin
        while (done := apply(self.users.table, self._quiet, events, done, end, out)) < end:
            if full(out):
                yield self._record(out, room)
            else:
                self.users.make_room()
                self._quiet = self._quiet.room(end - done)

    def flush(self, out: Emitted, room: NDArray[np.uint8]) -> Iterator[bytes]:
        """Gives the record of the vectors that have followed so far, if there are any."""
        if out.fill[VECTORS]:
            yield self._record(out, room)

    def forget(self, key: bytes) -> None:
        """Forgets a user as if they had never been; their shard is to be dumped whole, and no vector may wait."""
        row = find_key(self.users.table, key)
        if row < 0:
            return
        remove(self.users, np.array([row], np.int64))
        if (self._quiet.entries[: int(self._quiet.size[0]), ROW] == row).any():
            # Another user may get the row, with a place in the order that is not this entry's.
            self.reopen()

    def hear(self, heard: tuple[str, int], out: Emitted, room: NDArray[np.uint8]) -> Iterator[bytes]:
        """Takes in what an origin says of time, after its events; gives the records of all vectors that follow.

        Args:
            heard: An origin, and its watermark.
            out, room: Room to work in, with the vectors of the events.
        """
        if self._hear(*heard):
            while not close(self.users.table, self._quiet, self.mark.watermark_us, out):
                yield self._record(out, room)
        if out.fill[VECTORS] or self.mark.watermark_us - self.mark.told_us >= WATERMARK_STEP_US:
            self.mark.told_us = self.mark.watermark_us
            yield self._record(out, room)
        self._evict()

    def shards(self) -> set[int]:
        """Shards that have users."""
        marks = self.users.table.marks
        return set(np.unique(marks[marks[:, LIVE] == 1, SHARD]).tolist())

    def save(self, whole: Collection[int]) -> Iterator[tuple[int, Part]]:
        """All users of the shards in `whole`, and of the others what changed since they were saved last."""
        table = self.users.table
        fresh = int(table.gauges[FRESH_ROW])
        marks = table.marks[:fresh]
        asked = np.zeros(SHARDS, np.bool_)
        asked[list(whole)] = True
        rows = np.flatnonzero((marks[:, LIVE] == 1) & ((marks[:, CHANGED] == 1) | asked[marks[:, SHARD]]))
        by_shard = rows_of_shards(table, rows)
        nobody = np.zeros(0, np.int64)
        for shard in by_shard.keys() | self._removed.keys():
            removed = [] if shard in whole else self._removed.get(shard, [])
            yield shard, save(table, self.name, by_shard.get(shard, nobody), removed)
        self._removed.clear()

    def load(self, part: Part) -> None:
        """Takes saved users in."""
        # A user may be gone, come back and be gone again between two dumps.
        gone = {find_key(self.users.table, key) for key in part.removed} - {-1}
        remove(self.users, np.array(sorted(gone), np.int64))
        load(self.users, part)

    def reopen(self) -> None:
        """Finds the users with events that no vector was emitted for: after everything was loaded, or one is gone."""
        self._quiet = Quiet.empty().room(len(self.users))
        push_open(self.users.table, self._quiet)

    def _record(self, out: Emitted, room: NDArray[np.uint8]) -> bytes:
        # A record that others follow must not tell the new watermark yet: their vectors may be earlier.
        return record(self.users.table, out, self.name, self.mark.told_us, room)

    def _hear(self, origin: str, watermark_us: int) -> bool:
        """Takes in an origin's watermark; True where the stream's own moved.

        It is the least of all origins that are not far behind.
        """
        origins = self.mark.origins
        if watermark_us > origins.get(origin, 0):
            origins[origin] = watermark_us
        newest = max(origins.values(), default=0)
        for name in [name for name, us in origins.items() if us < newest - ORIGIN_MEMORY_US]:
            del origins[name]
        least = min((us for us in origins.values() if us >= newest - ORIGIN_PATIENCE_US), default=0)
        moved = least > self.mark.watermark_us
        self.mark.watermark_us = max(self.mark.watermark_us, least)
        return moved

    def _evict(self) -> None:
        """Forgets users who were quiet for too long, looked for once an hour of event time."""
        if self.mark.watermark_us - self.mark.swept_us < HOUR:
            return
        self.mark.swept_us = self.mark.watermark_us
        for shard, key in forget_before(self.users, self.mark.watermark_us - self._max_age_us):
            self._removed.setdefault(shard, []).append(key)
