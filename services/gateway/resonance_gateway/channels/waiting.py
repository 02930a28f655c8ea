"""Publications that wait for Redis, and those of which nobody knows whether Redis took them."""

from __future__ import annotations

import secrets
from collections import deque
from itertools import cycle
from typing import Final, NamedTuple

from resonance_gateway.channels.remote import Told

ID_SIZE: Final = 16
MOST_WAITING_BYTES: Final = 16 * 1024 * 1024
# A round trip holds up Redis for some milliseconds at most.
_MOST_AT_ONCE: Final = 512
_BYTES_AT_ONCE: Final = 1024 * 1024
_MOST_DOUBTFUL: Final = 10_000


class Entry(NamedTuple):
    """One publication.

    Attributes:
        channel: Its channel.
        content: As it is kept in Redis: its id, then its value as JSON.
        told: Called with its position.
    """

    channel: str
    content: bytes
    told: Told | None

    @property
    def data(self) -> bytes:
        """Its value, as JSON."""
        return self.content[ID_SIZE:]


class Outgoing:
    """Publications in order, bounded in bytes."""

    def __init__(self) -> None:
        self._entries: deque[Entry] = deque()
        self._size = 0
        self._prefix = secrets.token_hex(4).encode()
        # Eight hexadecimal digits, for as long as a publication can be in doubt.
        self._numbers = cycle(range(16**8))

    def __len__(self) -> int:
        return len(self._entries)

    def entry(self, channel: str, data: bytes, told: Told | None) -> Entry:
        """A publication under an id of its own, unique over gateways and restarts."""
        return Entry(channel, self._prefix + b"%08x" % next(self._numbers) + data, told)

    def add(self, entry: Entry) -> bool:
        """Takes a publication; False where too many wait."""
        if self._size + len(entry.content) > MOST_WAITING_BYTES:
            return False
        self._entries.append(entry)
        self._size += len(entry.content)
        return True

    def take(self, everything: bool = False) -> dict[str, list[Entry]]:
        """Takes those that wait longest, by channel: as many as go at once, or all."""
        taken: dict[str, list[Entry]] = {}
        size = number = 0
        while self._entries and (everything or (number < _MOST_AT_ONCE and size < _BYTES_AT_ONCE)):
            entry = self._entries.popleft()
            taken.setdefault(entry.channel, []).append(entry)
            size += len(entry.content)
            number += 1
        self._size -= size
        return taken


class Doubtful:
    """Ids of publications that were passed on here although Redis may have taken them, so that none comes twice."""

    def __init__(self) -> None:
        self._ids: dict[bytes, None] = {}

    def add(self, entry: Entry) -> None:
        """Remembers one; the oldest are forgotten."""
        self._ids[entry.content[:ID_SIZE]] = None
        if len(self._ids) > _MOST_DOUBTFUL:
            del self._ids[next(iter(self._ids))]

    def value(self, content: bytes) -> bytes | None:
        """The value of what came from Redis, None where it was passed on before."""
        return None if self._ids and content[:ID_SIZE] in self._ids else content[ID_SIZE:]
