"""What is known of one user in one stream: enough for the next vector, bounded in size."""

from __future__ import annotations

from typing import Final

import msgspec

from resonance_contracts.pb.resonance.v1.activity_pb2 import (
    ACTIVITY_KIND_CONNECT,
    ACTIVITY_KIND_DISCONNECT,
    ACTIVITY_KIND_LIMITED,
    ACTIVITY_KIND_LOGIN,
    ACTIVITY_KIND_MESSAGE,
)
from resonance_feature_extractor.events import Event
from resonance_feature_extractor.rings import Ring

SECOND: Final = 1_000_000
SHORT_BUCKET: Final = 5 * SECOND
LONG_BUCKET: Final = 60 * SECOND
HOUR_BUCKET: Final = 300 * SECOND
SHORT_BUCKETS: Final = 12
LONG_BUCKETS: Final = 10
HOUR_BUCKETS: Final = 12
HOUR: Final = HOUR_BUCKETS * HOUR_BUCKET

# More are not told apart: a bound on memory, far above what a person does.
MOST_CHANNELS: Final = 256
MOST_ADDRESSES: Final = 256
MOST_TOKENS: Final = 64
MOST_CONNECTIONS: Final = 64
MOST_SOURCES: Final = 256
RECENT_MESSAGES: Final = 33
RECENT_LOGINS: Final = 9


class Pending(msgspec.Struct, array_like=True):
    """Events since the last vector; `first_us` is 0 where there are none."""

    first_us: int = 0
    last_us: int = 0
    messages: int = 0
    first_received_us: int = 0
    last_received_us: int = 0


def _ring(length: int) -> Ring:
    return Ring.of(length)


class User(msgspec.Struct, array_like=True):
    """State of one user in one stream.

    Attributes:
        now_us: Newest event time; windows end here.
        ordinal: Vectors emitted so far.
        sources: Highest sequence number taken from each source, the most recently used last.
        addresses: Frames per address in each bucket of the hour.
        tokens: Newest bucket of the hour in which each token was used from each address.
        channels: Newest bucket of the ten minutes in which each channel was named.
        connections: Open connections and when they were opened.
        dropped: Events that came too late for every window.
    """

    now_us: int = 0
    ordinal: int = 0
    pending: Pending = msgspec.field(default_factory=Pending)
    sources: dict[str, int] = msgspec.field(default_factory=dict)
    short_messages: Ring = msgspec.field(default_factory=lambda: _ring(SHORT_BUCKETS))
    messages: Ring = msgspec.field(default_factory=lambda: _ring(LONG_BUCKETS))
    bytes: Ring = msgspec.field(default_factory=lambda: _ring(LONG_BUCKETS))
    errors: Ring = msgspec.field(default_factory=lambda: _ring(LONG_BUCKETS))
    frames: Ring = msgspec.field(default_factory=lambda: _ring(LONG_BUCKETS))
    limited: Ring = msgspec.field(default_factory=lambda: _ring(LONG_BUCKETS))
    channels: dict[str, int] = msgspec.field(default_factory=dict)
    addresses: dict[str, Ring] = msgspec.field(default_factory=dict)
    tokens: dict[str, dict[str, int]] = msgspec.field(default_factory=dict)
    recent: list[int] = msgspec.field(default_factory=list)
    logins: list[int] = msgspec.field(default_factory=list)
    connections: dict[str, int] = msgspec.field(default_factory=dict)
    dropped: int = 0

    def seen(self, source: str, sequence: int) -> bool:
        """Whether this event was applied before; remembers it if not. Sequences ascend within a source."""
        if sequence <= self.sources.get(source, 0):
            return True
        self.sources.pop(source, None)
        self.sources[source] = sequence
        if len(self.sources) > MOST_SOURCES:
            del self.sources[next(iter(self.sources))]
        return False

    def apply(self, event: Event) -> None:
        """Counts an event into every window it belongs to."""
        if event.time_us > self.now_us:
            self.now_us = event.time_us
        elif self.now_us - event.time_us > HOUR:
            self.dropped += 1
            return
        self._count(event)
        self._session(event)
        self._addresses(event)
        if event.kind != ACTIVITY_KIND_DISCONNECT:
            self._wait(event)

    def advance(self) -> None:
        """Moves every window up to the newest event."""
        self.short_messages.advance(self.now_us // SHORT_BUCKET)
        for ring in (self.messages, self.bytes, self.errors, self.frames, self.limited):
            ring.advance(self.now_us // LONG_BUCKET)
        self._forget_channels()
        self._forget_addresses()
        self._forget_tokens()

    def _count(self, event: Event) -> None:
        minute = event.time_us // LONG_BUCKET
        self.frames.add(minute, 1)
        if event.kind == ACTIVITY_KIND_LIMITED:
            self.limited.add(minute, 1)
        if event.channel:
            self._name_channel(event.channel, minute)
        if event.kind != ACTIVITY_KIND_MESSAGE:
            return
        self.short_messages.add(event.time_us // SHORT_BUCKET, 1)
        self.messages.add(minute, 1)
        self.bytes.add(minute, event.size)
        if event.error:
            self.errors.add(minute, 1)
        if not self.recent or event.time_us >= self.recent[-1]:
            self.recent.append(event.time_us)
            del self.recent[:-RECENT_MESSAGES]

    def _name_channel(self, channel: str, minute: int) -> None:
        known = self.channels.get(channel)
        if known is None and len(self.channels) >= MOST_CHANNELS:
            self._forget_channels()
            if len(self.channels) >= MOST_CHANNELS:
                return
        self.channels[channel] = max(minute, known or 0)

    def _session(self, event: Event) -> None:
        if event.kind == ACTIVITY_KIND_CONNECT:
            self.connections[event.source] = event.time_us
            if len(self.connections) > MOST_CONNECTIONS:
                del self.connections[next(iter(self.connections))]
        elif event.kind == ACTIVITY_KIND_DISCONNECT:
            self.connections.pop(event.source, None)
        elif event.kind == ACTIVITY_KIND_LOGIN and (not self.logins or event.time_us >= self.logins[-1]):
            self.logins.append(event.time_us)
            del self.logins[:-RECENT_LOGINS]

    def _addresses(self, event: Event) -> None:
        if not event.address:
            return
        bucket = event.time_us // HOUR_BUCKET
        ring = self.addresses.get(event.address)
        if ring is None:
            if len(self.addresses) >= MOST_ADDRESSES:
                self._forget_addresses()
                if len(self.addresses) >= MOST_ADDRESSES:
                    return
            ring = self.addresses[event.address] = _ring(HOUR_BUCKETS)
        ring.add(bucket, 1)
        if event.token:
            self._use_token(event.token, event.address, bucket)

    def _use_token(self, token: str, address: str, bucket: int) -> None:
        uses = self.tokens.get(token)
        if uses is None:
            if len(self.tokens) >= MOST_TOKENS:
                self._forget_tokens()
                if len(self.tokens) >= MOST_TOKENS:
                    return
            uses = self.tokens[token] = {}
        uses[address] = max(bucket, uses.get(address, 0))

    def _forget_channels(self) -> None:
        oldest = self.now_us // LONG_BUCKET - LONG_BUCKETS
        for channel in [c for c, minute in self.channels.items() if minute <= oldest]:
            del self.channels[channel]

    def _forget_addresses(self) -> None:
        head = self.now_us // HOUR_BUCKET
        for address, ring in list(self.addresses.items()):
            ring.advance(head)
            if not ring.total():
                del self.addresses[address]

    def _forget_tokens(self) -> None:
        oldest = self.now_us // HOUR_BUCKET - HOUR_BUCKETS
        for token, uses in list(self.tokens.items()):
            for address in [a for a, bucket in uses.items() if bucket <= oldest]:
                del uses[address]
            if not uses:
                del self.tokens[token]

    def _wait(self, event: Event) -> None:
        pending = self.pending
        if pending.first_us == 0:
            pending.first_us = event.time_us
            pending.first_received_us = event.received_us
        pending.last_us = max(pending.last_us, event.time_us)
        pending.last_received_us = max(pending.last_received_us, event.received_us)
        if event.kind in (ACTIVITY_KIND_MESSAGE, ACTIVITY_KIND_LIMITED):
            pending.messages += 1
