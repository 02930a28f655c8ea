"""What a session subscribed to and how far it got, so that after a cut it goes on where it was; without I/O."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Final

from resonance_client.frames import ClientFrame, Position, Publication, Subscribed, subscribe

MOST_AT_ONCE: Final = 64
"""Channels that one frame may name."""


class Subscriptions:
    """Channels of a session, each with the position of the newest publication that came."""

    def __init__(self) -> None:
        self._channels: dict[str, Position | None] = {}

    def written(self, frame: ClientFrame) -> None:
        """Take note of a frame that goes to the gateway."""
        if frame.type == "subscribe":
            for channel in frame.channels:
                self._channels.setdefault(channel, None)
        elif frame.type == "unsubscribe":
            for channel in frame.channels:
                self._channels.pop(channel, None)

    def subscribed(self, frame: Subscribed) -> None:
        """Take note of where channels stand; after `recovered` what was missed is still to come."""
        for channel, standing in frame.channels.items():
            if channel in self._channels and standing.position is not None and not standing.recovered:
                self._channels[channel] = standing.position

    def published(self, frame: Publication) -> None:
        """Take note of a publication."""
        if frame.position is not None and frame.channel in self._channels:
            self._channels[frame.channel] = frame.position

    def again(self) -> Iterator[ClientFrame]:
        """Frames that subscribe to everything once more, and recover what was missed."""
        channels = iter(self._channels.items())
        while some := dict(islice(channels, MOST_AT_ONCE)):
            known = {channel: position for channel, position in some.items() if position is not None}
            yield subscribe(list(some), recover=known)
