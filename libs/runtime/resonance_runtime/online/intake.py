"""From batches to the newest value of each user: offering a batch costs nothing, whatever is in it."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any, Final

from google.protobuf.message import DecodeError

from resonance_runtime.online.kinds import STREAM, Kind
from resonance_runtime.online.versions import tombstone

log = logging.getLogger(__name__)

# Field 1 of a batch is its stream.
FIELD_1: Final = b"\x0a"
LIVE: Final = FIELD_1 + bytes([len(STREAM)]) + STREAM.encode()


class Intake:
    """Serialized batches that wait to be read, oldest first.

    Args:
        most_bytes: Of batches that wait; beyond, the oldest are dropped.
    """

    def __init__(self, kind: Kind[Any], most_bytes: int) -> None:
        self._kind = kind
        self._most_bytes = most_bytes
        self._bytes = 0
        self._dropped = 0
        self._waiting: deque[bytes] = deque()

    def add(self, raw: bytes) -> None:
        """Adds a batch; one that plainly belongs to a replay is left out at once."""
        if raw.startswith(FIELD_1) and not raw.startswith(LIVE):
            return
        self._waiting.append(raw)
        self._bytes += len(raw)
        while self._bytes > self._most_bytes:
            self._bytes -= len(self._waiting.popleft())
            self._dropped += 1

    def values(self) -> Iterator[tuple[str, bytes] | None]:
        """Takes what waits; None for each batch that is read, then key and last value of each user in them.

        A user who was erased has a tombstone at once, and a value only from what came after.
        """
        raws, self._waiting, self._bytes = self._waiting, deque(), 0
        read: list[Callable[[int], bytes]] = []
        # Index into `read` << 32 | number within the batch: numbers are nothing to a collection of garbage.
        last: dict[str, int] = {}
        while raws:
            batch = self._parsed(raws.popleft())
            if batch is not None and batch.stream == STREAM:
                for user_key, erased_us in zip(batch.erased, batch.erased_us, strict=True):
                    last.pop(user_key, None)
                    yield self._kind.key(user_key), tombstone(erased_us)
                first = len(read) << 32
                read.append(self._kind.values(batch))
                last.update(zip(batch.user_key, range(first, first + len(batch.user_key)), strict=True))
            yield None
        while last:
            user_key, place = last.popitem()
            yield self._kind.key(user_key), read[place >> 32](place & 0xFFFFFFFF)

    def take_dropped(self) -> int:
        """Batches dropped since this was asked last."""
        dropped, self._dropped = self._dropped, 0
        return dropped

    def _parsed(self, raw: bytes) -> Any:
        try:
            return self._kind.topic.message.FromString(raw)
        except DecodeError as error:
            self._dropped += 1
            log.error(
                "a batch for the online store is malformed", extra={"kind": self._kind.name, "reason": str(error)}
            )
            return None
