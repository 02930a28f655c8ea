"""Who subscribed to what, and fan-out to them; within one gateway."""

from __future__ import annotations

from typing import Any, Protocol

from resonance_gateway.sockets.frames import publication_frame
from resonance_gateway.tracking.activity import Stream


class Subscriber(Protocol):
    """One connection, as channels see it."""

    def publish(self, text: str) -> None:
        """Queues a text for the client without waiting for it."""


class Channels:
    """Subscriptions by stream and channel: a replay's publications do not reach live clients."""

    def __init__(self) -> None:
        self._subscribers: dict[tuple[Stream, str], set[Subscriber]] = {}

    def join(self, stream: Stream, channels: tuple[str, ...], subscriber: Subscriber) -> None:
        """Subscribe; once is enough."""
        for channel in channels:
            self._subscribers.setdefault((stream, channel), set()).add(subscriber)

    def leave(self, stream: Stream, channels: tuple[str, ...], subscriber: Subscriber) -> None:
        """End subscriptions; those that are not there are passed over."""
        for channel in channels:
            subscribers = self._subscribers.get((stream, channel))
            if subscribers is None:
                continue
            subscribers.discard(subscriber)
            if not subscribers:
                del self._subscribers[stream, channel]

    def fan_out(self, stream: Stream, channel: str, data: Any) -> int:
        """Pass a value on to everyone who subscribed; returns how many."""
        subscribers = self._subscribers.get((stream, channel))
        if not subscribers:
            return 0
        text = publication_frame(channel, data)
        for subscriber in subscribers:
            subscriber.publish(text)
        return len(subscribers)

    def __len__(self) -> int:
        return len(self._subscribers)
